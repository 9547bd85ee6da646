from __future__ import annotations

import json

import numpy as np
import pytest

from appliance.model_servers import exchange
from appliance.model_servers.exchange import ServiceError
from kernels.contract import Forecast, Horizon


def test_a_question_names_series_rows_and_coverage() -> None:
    asked = json.loads(exchange.question(np.array([1.0, 2.5]), Horizon(3, 0.8)))
    assert asked == {
        "input": [1.0, 2.5],
        "next_len": 3,
        "past_dynamic_real": [],
        "dynamic_real": [],
        "conf_interval": 0.8,
    }


def test_a_coverage_of_one_is_asked_for_as_servers_take_it() -> None:
    assert json.loads(exchange.question(np.ones(2), Horizon(1, 1.0)))["conf_interval"] == 0.9999


def test_bounds_never_cross_the_forecast() -> None:
    found = exchange.read_answer(b'{"output": [1, 2], "lower": [0, 3], "upper": [0.5, 4]}', 2)
    assert (found.low.tolist(), found.value.tolist(), found.high.tolist()) == ([0, 2], [1, 2], [1, 4])


def test_the_number_of_values_is_checked() -> None:
    with pytest.raises(ServiceError, match="result length is not identical, ts rows:3  res rows:2"):
        exchange.read_answer(b'{"output": [1, 2]}', 3)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": "no\\n memory"}', "no memory"),
        (b"<html>  oops", "<html> oops"),
        (b'{"error": 5}', '{"error": 5}'),
        (b"", "without a reason"),
        (b"x" * 1000, "x" * 300),
    ],
)
def test_a_servers_own_words_are_kept_short(body: bytes, reason: str) -> None:
    assert exchange.read_failure(body) == reason


def test_what_is_asked_is_what_is_read() -> None:
    asked = exchange.read_question(exchange.question(np.array([1.0, 2.5]), Horizon(3, 0.8)))
    assert (asked.raw, asked.several) == ([[1.0, 2.5]], False)
    assert (asked.horizon.rows, asked.horizon.conf) == (3, 0.8)


def test_what_is_answered_is_what_is_read() -> None:
    asked = exchange.read_question(exchange.question(np.array([1.0, 2.5]), Horizon(2)))
    low, value, high = np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([3.0, 4.0])
    found = exchange.read_answer(exchange.answer(asked, [Forecast(value, low, high)]), 2)
    assert (found.low.tolist(), found.value.tolist(), found.high.tolist()) == ([0, 1], [1, 2], [3, 4])


def test_a_failure_is_what_is_read() -> None:
    assert exchange.read_failure(exchange.failure("no memory")) == "no memory"

from __future__ import annotations

import json

import numpy as np
import pytest

from appliance.model_servers import replies
from appliance.model_servers.exchanges import forecast as exchange
from appliance.model_servers.replies import ServiceError
from kernels.contract import Forecast, Task
from models import table


def test_a_question_names_series_rows_and_coverage() -> None:
    asked = json.loads(exchange.question(Task.of(np.array([1.0, 2.5]), rows=3, conf=0.8)))
    assert asked == {
        "input": [1.0, 2.5],
        "next_len": 3,
        "past_dynamic_real": [],
        "dynamic_real": [],
        "conf_interval": 0.8,
    }


def test_covariates_are_handed_on_in_their_order_and_refused_by_a_model_that_has_no_use_for_them() -> None:
    task = Task.of([1.0, 2.5], rows=1, past={"a": np.array([3.0, 4.0])}, known={"b": np.arange(3.0)})
    body = exchange.question(task)
    asked = json.loads(body)
    assert (asked["past_dynamic_real"], asked["dynamic_real"]) == ([[3.0, 4.0]], [[0.0, 1.0, 2.0]])
    with pytest.raises(exchange.BadQuestion, match="covariate forecast is not supported yet"):
        exchange.read_question(body)


def test_a_coverage_of_one_is_asked_for_as_servers_take_it() -> None:
    assert json.loads(exchange.question(Task.of(np.ones(2), rows=1, conf=1.0)))["conf_interval"] == 0.9999


def test_bounds_never_cross_the_forecast() -> None:
    found = exchange.read_answer(b'{"output": [1, 2], "lower": [0, 3], "upper": [0.5, 4]}', Task.of([], rows=2))
    assert (found.low.tolist(), found.value.tolist(), found.high.tolist()) == ([0, 2], [1, 2], [1, 4])


def test_the_number_of_values_is_checked() -> None:
    with pytest.raises(ServiceError, match="result length is not identical, ts rows:3  res rows:2"):
        exchange.read_answer(b'{"output": [1, 2]}', Task.of([], rows=3))


def test_what_is_asked_is_what_is_read() -> None:
    asked = exchange.read_question(exchange.question(Task.of(np.array([1.0, 2.5]), rows=3, conf=0.8)))
    assert (asked.raw, asked.several) == ([[1.0, 2.5]], False)
    assert (asked.horizon.rows, asked.horizon.conf) == (3, 0.8)


def test_what_is_answered_is_what_is_read() -> None:
    asked = exchange.read_question(exchange.question(Task.of(np.array([1.0, 2.5]), rows=2)))
    low, value, high = np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([3.0, 4.0])
    found = exchange.read_answer(exchange.answer(asked, [Forecast(value, low, high)]), Task.of([], rows=2))
    assert (found.low.tolist(), found.value.tolist(), found.high.tolist()) == ([0, 1], [1, 2], [3, 4])


def test_a_failure_is_what_is_read() -> None:
    assert replies.read_failure(replies.failure("no memory")) == "no memory"


def test_times_go_along_and_no_more_rows_than_a_model_is_sent() -> None:
    rows = np.arange(3000.0)
    task = Task.of(rows, rows=3, times=np.arange(3000), past={"a": rows}, known={"b": np.arange(3003.0)})
    assert table.NEWEST_ROWS == {"moirai": 2880}
    for most, sent in ((2880, 2880), (None, 3000)):
        asked = json.loads(exchange.question(exchange.newest(task, most)))
        assert asked["input"] == asked["ts"] == asked["past_dynamic_real"][0] == rows[-sent:].tolist()
        assert asked["dynamic_real"] == [np.arange(3003.0)[-sent - 3 :].tolist()]

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from appliance.model_servers.exchanges import imputation as exchange
from appliance.model_servers.replies import ServiceError
from kernels.contract import Task

TASK = Task.of([1.0, 3.0, 4.0], times=np.array([0, 2000, 3000]), step=1000)
TOLD = {"status": "success", "ts": [0.0, 1000.0, 2000.0, 3000.0], "target": [9.0, 2.0, 3.0, 4.0], "mask": [0, 1, 0, 0]}


def test_a_question_names_series_times_and_step() -> None:
    assert json.loads(exchange.question(TASK)) == {
        "input": [1.0, 3.0, 4.0],
        "ts": [0, 2000, 3000],
        "precision": "ms",
        "freq": "1S",
    }


@pytest.mark.parametrize(
    ("step", "unit", "freq"),
    [(7 * 86_400, "s", "7D"), (90, "s", "90S"), (120, "s", "2T"), (20, "ms", "20L"), (1, "ns", "1N")],
)
def test_a_step_is_told_in_the_services_units(step: int, unit: str, freq: str) -> None:
    task = Task.of([1.0], times=np.array([0]), step=step, unit=unit)
    assert json.loads(exchange.question(task))["freq"] == freq


def test_what_was_given_is_kept_and_the_rest_is_filled_in() -> None:
    found = exchange.read_answer(json.dumps(TOLD).encode(), TASK)
    assert found.times.tolist() == [0, 1000, 2000, 3000]
    assert found.value.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert found.filled.tolist() == [False, True, False, False]
    assert found.error is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ts": [0.0, 1000.0]}, "has no ts and mask of one length"),
        ({"mask": None}, "has no ts and mask of one length"),
        ({"ts": [0.0, 1000.0, 1500.0, 3000.0]}, "has not the times that were given"),
        ({"ts": [3000.0, 2000.0, 1000.0, 0.0]}, "has not the times that were given"),
        ({"target": [1.0, None, 3.0, 4.0]}, "holds what is not a number"),
        ({"target": [1.0]}, "result length is not identical"),
    ],
)
def test_an_answer_that_cannot_be_used_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ServiceError, match=told):
        exchange.read_answer(json.dumps({**TOLD, **change}).encode(), TASK)

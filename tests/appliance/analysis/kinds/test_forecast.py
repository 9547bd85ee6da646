from __future__ import annotations

import numpy as np
import pytest

from appliance.analysis.kinds.forecast import KIND, confidence, times_ahead
from appliance.protocol.documents import BadRequest
from appliance.protocol.requests import Request
from kernels.contract import AlgorithmError, Forecast, Task

DATA = Task({"val": np.arange(20.0)}, 1_700_000_000_000 + 60_000 * np.arange(20), "ms")
BODY = {"start": 100, "every": 10, "forecast_rows": 3, "return_conf": 0}
TASK = KIND.task(BODY, {}, DATA)
VALUE = np.array([1.0, 2.0, 3.0])
ANSWER = Forecast(VALUE, VALUE - 1, VALUE + 1, 0.5, 4, {"model_info": "x"})


def asked(task: Task) -> Request:
    return Request("arima", "", {}, True, task)


def test_a_task_says_what_is_wanted() -> None:
    task = KIND.task({**BODY, "conf": 90, "return_conf": 1}, {}, DATA)
    assert (task.start, task.step, task.rows, task.levels, task.bounds) == (100, 10, 3, (0.9,), True)
    assert not TASK.bounds
    assert times_ahead(TASK).tolist() == [100, 110, 120]


def test_covariates_are_told_apart_by_their_names() -> None:
    columns = {"dynamic_real_1": np.zeros(23), "val": np.ones(20), "past_dynamic_real_1": np.zeros(20)}
    task = KIND.task(BODY, {}, Task(columns, DATA.times))
    assert (list(task.columns), list(task.known), list(task.past)) == (
        ["val"],
        ["dynamic_real_1"],
        ["past_dynamic_real_1"],
    )


def test_a_forecast_goes_on_where_the_rows_end() -> None:
    asked = KIND.question({}, DATA)
    assert (asked["forecast_rows"], asked["every"], asked["start"]) == (10, 60_000, 1_700_000_000_000 + 20 * 60_000)
    assert "conf" not in asked  # the wire's default
    assert KIND.question({"conf": "80"}, DATA)["conf"] == 80
    asked = KIND.question({"rows": "3", "every": "1h", "start": "2026-01-01"}, DATA)
    assert (asked["forecast_rows"], asked["every"], asked["start"]) == (3, 3_600_000, 1_767_225_600_000)
    with pytest.raises(BadRequest, match="rows must be an integer, got 'many'"):
        KIND.question({"rows": "many"}, DATA)


def with_steps(*steps: int) -> Task:
    times = np.cumsum([0, *steps])
    return Task({"val": np.zeros(len(times))}, times)


def test_gaps_are_left_out_of_the_step_and_no_rhythm_is_refused() -> None:
    gappy = with_steps(*[1000] * 10, 5000, *[1000] * 5)
    assert KIND.question({}, gappy)["every"] == 1000
    wild = with_steps(1, 100, 1000, 10, 10_000, 2, 30_000, 3)
    with pytest.raises(BadRequest, match="no usual step: . of 8 steps.*every sets one"):
        KIND.question({}, wild)
    assert KIND.question({"every": "1s"}, wild)["every"] == 1000


def test_coverage_is_a_share_or_a_percentage() -> None:
    assert confidence({}, {}) == 0.95
    assert confidence({"conf": 80}, {}) == confidence({"conf": 0.8}, {}) == confidence({}, {"conf": "80"}) == 0.8
    for wrong in ({"conf": -1}, {"conf": 0}, {"conf": 101}):
        with pytest.raises(BadRequest, match="invalid value of conf"):
            confidence(wrong, {})
    with pytest.raises(BadRequest, match="^conf must be a number, got 'high'$"):
        confidence({}, {"conf": "high"})


def test_a_reply_has_bounds_if_they_are_wanted() -> None:
    reply = KIND.write(asked(TASK), ANSWER)
    assert [array.tolist() for array in reply["res"]] == [[100, 110, 120], [1.0, 2.0, 3.0]]
    assert (reply["rows"], reply["period"], reply["mse"], reply["model_info"]) == (3, 4, 0.5, "x")
    with_bounds = KIND.task({**BODY, "return_conf": 1}, {}, DATA)
    assert len(KIND.write(asked(with_bounds), ANSWER)["res"]) == 4


def test_a_reply_read_again_is_the_answer() -> None:
    task = KIND.task({**BODY, "return_conf": 1}, {}, DATA)
    reply = KIND.write(asked(task), ANSWER)
    again = KIND.parse({**reply, "res": [array.tolist() for array in reply["res"]]}, task)
    assert again.low.tolist() == [0.0, 1.0, 2.0]
    assert (again.mse, again.period, again.extra) == (0.5, 4, {"model_info": "x"})
    assert again.times is not None
    assert again.times.tolist() == [100, 110, 120]


def test_what_taosd_would_misread_is_not_sent() -> None:
    with pytest.raises(AlgorithmError, match="result length is not identical, ts rows:3  res rows:2"):
        KIND.write(asked(TASK), Forecast(VALUE[:2], VALUE[:2], VALUE[:2]))
    with pytest.raises(AlgorithmError, match="leaves the range"):
        KIND.write(asked(TASK), Forecast(VALUE * np.inf, VALUE, VALUE))


def test_a_value_outside_its_bounds_is_refused() -> None:
    with pytest.raises(AlgorithmError, match=r"forecast 1.0 outside its bounds 2.0 to 2.0 at row 0"):
        KIND.checked(TASK, Forecast(VALUE, VALUE + 1, VALUE + 1))


def test_a_plot_shows_more_past_than_future() -> None:
    picture = KIND.picture(TASK, ANSWER, "val")
    assert (picture.shown, picture.briefly, picture.border) == (20, "3 rows ahead", True)
    assert picture.line is not None
    assert picture.line.band == "95 % interval"

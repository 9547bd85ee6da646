from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.analysis.kinds.imputation import FILLED, KIND, SERIES, frequency
from appliance.protocol.documents import BadRequest
from appliance.protocol.requests import Request
from kernels.contract import AlgorithmError, Filling, Task

VALUE = np.array([1.0, 2.0, 3.0, 4.0])
MASK = np.array([False, True, False, False])
ERROR = np.where(MASK, 0.5, 0.0)


def request(times: list[int], freq: str = "S", prec: str = "ms") -> Request:
    return KIND.request(
        {"freq": freq, "prec": prec}, np.array(times), {"val": np.arange(float(len(times)))}, lambda: False
    )


TASK = request([0, 2000, 3000]).task
ANSWER = Filling(np.array([0, 1, 2, 3]), VALUE, MASK, ERROR, 12, {"model_info": "x"})


@pytest.mark.parametrize(
    ("times", "freq", "prec"),
    [
        ([100, 200, 300, 400, 500, 600], "20s", "s"),
        ([20, 30, 40, 50, 60, 90], "10s", "s"),
        ([1, 2, 3, 4, 5, 6], "10s", "m"),
        ([123, 419, 533, 918], "20ms", "ms"),
        ([0, 1209600], "2w", "s"),
        ([0, 1000], "S", "ms"),
    ],
)
def test_contracted_times_are_accepted(times: list[int], freq: str, prec: str) -> None:
    assert request(times, freq, prec).task.step > 0


@pytest.mark.parametrize(
    ("times", "freq", "prec"), [([100, 200, 300, 400, 500, 600], "1s", "ms"), ([123, 456, 789], "1m", "ms")]
)
def test_neighbours_closer_than_the_frequency_are_refused(times: list[int], freq: str, prec: str) -> None:
    told = f"invalid freq or precision for the input ts list, freq:{freq}, prec:{prec}, "
    told += f"ts interval between: {times[0]} {times[1]}"
    with pytest.raises(BadRequest, match=f"^{told}$"):
        request(times, freq, prec)


def test_times_that_do_not_increase_are_refused() -> None:
    for times in ([0, 0, 10_000], [5000, 0]):
        with pytest.raises(BadRequest, match="invalid freq or precision|leave the range"):
            request(times)


@pytest.mark.parametrize("text", ["", "0s", "5", "1.5h", "1 month", "-1s", "1y"])
def test_what_is_no_frequency_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="freq should be one of"):
        frequency(text)


def test_a_frequency_is_a_number_and_a_unit_of_any_case() -> None:
    assert frequency("S") == frequency("1s") == frequency("1000MS") == 10**9
    assert frequency("2w") == 14 * 86_400 * 10**9


def test_unknown_precision_is_refused() -> None:
    with pytest.raises(BadRequest, match="precision should be one of"):
        request([0, 1000], prec="y")


def test_an_axis_without_bound_is_refused() -> None:
    with pytest.raises(BadRequest, match=r"the time axis would have \d+ rows at freq 1ms, at most 40000"):
        request([0, 10**12], freq="1ms")
    with pytest.raises(BadRequest, match="times leave the range of a timestamp"):
        request([-(2**63), 2**62], freq="1w", prec="d")


def test_the_unit_of_a_task_is_one_that_the_frequency_is_a_whole_number_of() -> None:
    task = request([1, 2, 4], "10s", "m").task
    assert (task.unit, task.step, task.times.tolist()) == ("s", 10, [60, 120, 240])
    task = request([1, 2, 4], "100ms", "s").task
    assert (task.unit, task.step) == ("ms", 100)


def test_times_go_back_in_the_unit_of_the_request() -> None:
    asked = request([1, 2], "30s", "m")
    axis = np.array([60, 90, 120])
    reply = KIND.write(asked, Filling(axis, VALUE[:3], np.array([False, True, False])))
    assert reply["ts"].tolist() == [1.0, 1.5, 2.0]
    reply = KIND.write(request([1, 3], "60s", "m"), Filling(axis[::2], VALUE[:2], np.array([False, False])))
    assert reply["ts"].tolist() == [1, 2]
    assert reply["ts"].dtype.kind == "i"


def test_a_reply_has_axis_values_and_mask() -> None:
    reply: dict[str, Any] = KIND.write(request([0, 2000, 3000]), ANSWER)
    assert (reply["rows"], reply["mask"].tolist(), reply["target"].tolist()) == (4, [0, 1, 0, 0], VALUE.tolist())
    assert (reply["status"], reply["period"], reply["model_info"]) == ("success", 12, "x")
    again = KIND.parse({name: np.asarray(value).tolist() for name, value in reply.items()}, TASK)
    assert again.filled.tolist() == MASK.tolist()
    assert again.error is not None
    assert again.error.tolist() == ERROR.tolist()
    assert again.extra == {"model_info": "x"}
    with pytest.raises(ValueError, match="another length"):
        KIND.parse({"ts": [0], "target": [1.0, 2.0], "mask": [0]}, TASK)


def test_at_the_prompt_the_usual_step_is_the_frequency() -> None:
    data = Task.of(np.arange(5.0), times=np.array([0, 60_000, 120_000, 300_000, 360_000]))
    assert KIND.question({}, data) == {"freq": "1m"}
    assert KIND.question({"freq": "30s"}, data) == {"freq": "30s"}
    with pytest.raises(BadRequest, match="freq 500us is no whole number of ms, the unit of the times"):
        KIND.question({"freq": "500us"}, data)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (VALUE, "a Filling is expected, got ndarray"),
        (Filling(np.arange(4), VALUE[:3], MASK), "value: 4 numbers are expected"),
        (Filling(np.arange(4), VALUE, MASK.astype(np.int8)), "filled: 4 truth values are expected, got int8"),  # type: ignore[arg-type]
        (Filling(np.arange(4), VALUE, MASK), "the rows that were given must be in the answer as they were"),
    ],
)
def test_an_answer_against_the_contract_is_refused(answer: Any, told: str) -> None:
    with pytest.raises(AlgorithmError, match=told):
        KIND.checked(Task.of([1.0, 3.0, 9.0], times=np.array([0, 2, 3]), step=1), answer)


def test_a_file_gets_all_rows_or_those_filled_in() -> None:
    times, value, filled, error = KIND.cells(SERIES, TASK, ANSWER)
    assert (times.tolist(), value.tolist(), filled.tolist(), error.tolist()) == (
        [0, 1, 2, 3],
        VALUE.tolist(),
        [0, 1, 0, 0],
        ERROR.tolist(),
    )
    assert [cell.tolist() for cell in KIND.cells(FILLED, TASK, ANSWER)] == [[1], [2.0], [1], [0.5]]


def test_a_plot_marks_what_is_filled_in() -> None:
    picture = KIND.picture(TASK, ANSWER, "val")
    assert picture.said == "1 row filled in, 3 given"
    assert picture.points is not None
    assert (picture.points.times.tolist(), picture.points.values.tolist()) == ([1], [2.0])

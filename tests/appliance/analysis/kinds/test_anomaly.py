from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.analysis.kinds.anomaly import FLAGS, KIND, WINDOWS, windows
from appliance.protocol import answers
from appliance.protocol.documents import BadRequest
from appliance.protocol.options import params
from appliance.protocol.requests import Request
from kernels import registry
from kernels.contract import Algorithm, AlgorithmError, Detection, Task
from kernels.explained import Expected, Explained

TIMES = 1000 + 7 * np.arange(6)
CODES = np.array([1, -1, -1, 1, -2, 1], np.int8)
SCORE = np.array([0.0, 3.0, 2.0, 0.5, 4.0, 0.0])
TASK = Task.of(np.arange(6.0), times=TIMES)
ANSWER = Detection(CODES, SCORE, {"period": 3})


def explained(columns: int) -> Explained:
    """Return an answer that expects row numbers, times the number of the column, and one less or more."""
    usual = [np.arange(6.0) * at for at in range(1, columns + 1)]
    return Explained(CODES, SCORE, {}, tuple(Expected(one, one - 1.0, one + 1.0) for one in usual))


def naive_windows(times: list[int], codes: list[int]) -> tuple[list[list[int]], list[int]]:
    spans: list[list[int]] = []
    mask: list[int] = []
    for i, (time, code) in enumerate(zip(times, codes, strict=True)):
        if code == 1:
            continue
        if i and codes[i - 1] == code:
            spans[-1][1] = time
        else:
            spans.append([time, time])
            mask.append(code)
    return spans, mask


@given(st.lists(st.sampled_from([1, -1, -2, 3]), min_size=1, max_size=60))
def test_windows_are_the_maximal_runs_of_one_code(codes: list[int]) -> None:
    times = [1000 + 7 * i for i in range(len(codes))]
    spans, mask = windows(np.array(times), np.array(codes))
    assert (spans.tolist(), mask.tolist()) == naive_windows(times, codes)


def test_codes_and_times_of_different_length_give_no_window() -> None:
    spans, mask = windows(np.arange(5), np.array([-1, -1]))
    assert (len(spans), len(mask)) == (0, 0)


def asked(**options: str) -> Request:
    return Request("iqr", "", options, True, TASK)


def test_a_reply_has_windows_codes_and_what_the_detector_adds() -> None:
    reply = KIND.write(asked(), ANSWER)
    assert (reply["res"].tolist(), reply["rows"], reply["mask"].tolist()) == ([[1007, 1014], [1028, 1028]], 2, [-1, -2])
    assert reply["period"] == 3
    assert "scores" not in reply
    assert KIND.write(asked(scores="1"), ANSWER)["scores"] is SCORE


def test_a_reply_read_again_is_the_answer() -> None:
    reply = {name: np.asarray(value).tolist() for name, value in KIND.write(asked(scores="1"), ANSWER).items()}
    again = KIND.parse(reply, TASK)
    assert again.flags.tolist() == CODES.tolist()
    assert again.score.tolist() == SCORE.tolist()
    assert again.extra == {"period": 3}
    assert np.isnan(KIND.parse({"res": []}, TASK).score).all()
    with pytest.raises(ValueError, match="another length"):
        KIND.parse({"res": [], "scores": [1.0]}, TASK)


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(BadRequest, match="multiple dimensions of data"):
        KIND.task({}, {}, Task({"val": np.zeros(3), "val1": np.zeros(4)}))


@pytest.mark.parametrize(
    ("flags", "score", "message"),
    [
        (CODES[:4], SCORE, "got 4 codes for 6 rows"),
        (CODES != 1, SCORE, "codes must be integers, 1 for normal and -1 for an anomaly, got true or false"),
        (CODES * 0.5, SCORE, "codes must be integers from -127 to 127"),
        (CODES, SCORE[:3], "score: 6 numbers are expected"),
        (CODES, np.full(6, np.nan), "score must be finite, got nan at row 0"),
    ],
)
def test_an_answer_against_the_contract_is_refused(flags: object, score: object, message: str) -> None:
    with pytest.raises(AlgorithmError, match=message):
        KIND.checked(TASK, Detection(flags, score))  # type: ignore[arg-type]


def test_a_file_gets_windows_or_rows() -> None:
    columns = [None if cells is None else cells.tolist() for cells in KIND.cells(WINDOWS, TASK, ANSWER)]
    assert columns == [[1007, 1028], [1014, 1028], [2, 1], [1007, 1028], [3.0, 4.0], [1.0, 4.0], *[None] * 4]
    times, flags, score, value, *untold = KIND.cells(FLAGS, TASK, ANSWER)
    assert [None if cells is None else cells.tolist() for cells in (times, flags, score, value)] == [
        TIMES.tolist(),
        CODES.tolist(),
        SCORE.tolist(),
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    ]
    assert untold == [None] * 4


def test_a_file_gets_what_was_expected_of_every_column() -> None:
    task = Task({"a": np.arange(6.0), "b": -np.arange(6.0)}, TIMES)
    cells = KIND.cells(WINDOWS, task, explained(2))
    described = KIND.described(WINDOWS, ("a", "b"))
    assert list(described)[:5] == ["start", "end", "rows", "peak", "score"]
    told = {name: column.tolist() for name, column in zip(described, cells, strict=True) if column is not None}
    assert (told["value_a"], told["value_b"]) == ([1.0, 4.0], [-1.0, -4.0])
    assert (told["expected_b"], told["low_b"], told["high_a"]) == ([2.0, 8.0], [1.0, 7.0], [2.0, 5.0])


def test_a_file_gets_which_detectors_find_a_window_unusual() -> None:
    by = {"spike": CODES == -2, "shape": CODES < 0}
    answer = dataclasses.replace(explained(1), by=by)
    task = Task({"a": np.arange(6.0)}, TIMES)
    assert KIND.cells(WINDOWS, task, answer)[-1].tolist() == ["shape", "shape+spike"]
    assert KIND.cells(FLAGS, task, answer)[-1].tolist() == [None, "shape", "shape", None, "shape+spike", None]
    assert list(KIND.described(WINDOWS, ("a", "b")))[-1] == "found_by"
    kept = KIND.at_rows(answer, np.array([0, 4]))
    assert KIND.cells(FLAGS, Task({"a": np.zeros(2)}, TIMES[[0, 4]]), kept)[-1].tolist() == [None, "shape+spike"]


def test_expected_values_cross_the_wire_with_the_scores() -> None:
    reply = json.loads(answers.dump(KIND.write(asked(scores="1"), explained(1))))
    assert reply["expected"] == [{"value": [0, 1, 2, 3, 4, 5], "low": [-1, 0, 1, 2, 3, 4], "high": [1, 2, 3, 4, 5, 6]}]
    again = KIND.parse(reply, TASK)
    assert isinstance(again, Explained)
    assert again.expected[0].high.tolist() == [1, 2, 3, 4, 5, 6]
    told = KIND.parse({**reply, "reasons": [{"by": ["shape"]}, {"by": ["shape", "spike"]}]}, TASK)
    assert isinstance(told, Explained)
    assert {name: np.flatnonzero(rows).tolist() for name, rows in told.by.items()} == {"shape": [1, 2, 4], "spike": [4]}
    assert "expected" not in KIND.write(asked(), explained(1))
    with pytest.raises(ValueError, match="expected values of another length"):
        KIND.parse({**reply, "expected": reply["expected"] * 2}, TASK)


def test_expected_values_are_held_to_the_contract() -> None:
    found = KIND.checked(TASK, explained(1))
    assert isinstance(found, Explained)
    assert found.expected[0].value.tolist() == TASK.series.tolist()
    with pytest.raises(AlgorithmError, match="expected: 1 columns are needed, got 2"):
        KIND.checked(TASK, explained(2))
    short = Expected(*(np.zeros(3) for _ in range(3)))
    with pytest.raises(AlgorithmError, match="expected: 6 numbers are expected"):
        KIND.checked(TASK, Explained(CODES, SCORE, {}, (short,)))


def test_a_plot_shows_windows_and_rows() -> None:
    picture = KIND.picture(TASK, ANSWER, "val")
    assert picture.said == "2 windows, 3 of 6 rows"
    assert picture.points is not None
    assert picture.points.values.tolist() == [1.0, 2.0, 4.0]
    assert KIND.picture(TASK, Detection(np.ones(6, np.int8), SCORE), "val").said == "no anomalies"


def test_only_the_newest_rows_are_judged_if_that_is_asked_for() -> None:
    x = np.random.default_rng(2).normal(size=60)
    x[[20, 58]] = 50.0
    detector, shesd = (
        {one.name: one for one in registry.discover("kernels.anomaly")}[name] for name in ("iqr", "shesd")
    )

    def rows(algorithm: Algorithm, **options: str) -> list[int]:
        request = Request(algorithm.name, "", options, True, Task.of(x, times=np.arange(60)))
        found = KIND.run(algorithm, request, params(algorithm.params, options))
        return np.flatnonzero(found.flags < 0).tolist()

    assert rows(detector) == rows(detector, only_last="0") == [20, 58]
    assert rows(detector, only_last="5") == [58]
    assert rows(detector, only_last="1") == []
    assert rows(shesd, only_last="1") == rows(shesd)  # its own: the last season, and there is none
    with pytest.raises(BadRequest, match="only_last must be 0 to 60 for 60 rows, got 61"):
        rows(detector, only_last="61")
    with pytest.raises(BadRequest, match="only_last must be 0 to 60 for 60 rows, got -1"):
        rows(detector, only_last="-1")


def test_windows_are_explained_if_that_is_asked_for_and_then_plots_show_what_was_expected() -> None:
    x = np.random.default_rng(3).normal(size=60)
    x[58] = 50.0
    task = Task.of(x, times=np.arange(60))
    spike = {one.name: one for one in registry.discover("kernels.anomaly")}["spike"]
    plain, told = (
        KIND.run(spike, Request("spike", "", options, True, task), spike.params()) for options in ({}, {"explain": "1"})
    )
    assert KIND.picture(task, plain, "val").line is None
    entry = told.extra["explained"][-1]
    assert entry["expected"]["val"]["value"][-1] == told.expected[0].value[58]
    assert 0 <= entry["nearest"][0] < entry["nearest"][1] < 58
    line = KIND.picture(task, told, "val").line
    assert line is not None
    np.testing.assert_array_equal(line.value, told.expected[0].value)

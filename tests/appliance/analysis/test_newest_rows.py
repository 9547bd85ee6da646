from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.analysis.newest_rows import judged
from kernels import registry
from kernels.contract import ANOMALY, Algorithm, AlgorithmError, Detection, Task, TooShort
from kernels.explained import Explained

X = np.random.default_rng(1).normal(size=120)
X[[60, 112, 117]] += [40.0, 40.0, -40.0]
TIMES = 1000 + 10 * np.arange(120)
DETECTORS = {one.name: one for one in registry.discover("kernels.anomaly")}


def judge(name: str, x: np.ndarray, newest: int, **asked: Any) -> Detection:
    detector = DETECTORS[name]
    return judged(detector, Task.of(x, times=TIMES[: len(x)], **asked), detector.params(), newest)


def naive(name: str, x: np.ndarray, newest: int) -> list[int]:
    """The rows that are flagged as the last ones of what was known then."""
    detector = DETECTORS[name]
    known = [detector.run(Task.of(x[: row + 1]), detector.params()) for row in range(len(x) - newest, len(x))]
    return [len(x) - newest + at for at, answer in enumerate(known) if answer.flags[-1] < 0]


@pytest.mark.parametrize("name", ["spike", "ksigma", "grubbs", "lof"])
def test_each_row_is_judged_as_the_last_one(name: str) -> None:
    answer = judge(name, X, 10)
    rows = np.flatnonzero(answer.flags < 0).tolist()
    assert rows == naive(name, X, 10)
    assert {112, 117} <= set(rows)
    assert answer.score[112] > 0.0
    assert not answer.score[:110].any()


def test_one_row_is_what_the_whole_series_says_of_it() -> None:
    whole = DETECTORS["spike"].run(Task.of(X[:113]), DETECTORS["spike"].params())
    answer = judge("spike", X[:113], 1)
    assert np.flatnonzero(answer.flags < 0).tolist() == [112]
    assert answer.score[112] == whole.score[112]


def test_what_comes_after_a_row_changes_nothing() -> None:
    later = X.copy()
    later[118:] = 1e6
    np.testing.assert_array_equal(judge("auto", X, 10).flags[:118], judge("auto", later, 10).flags[:118])


def test_there_is_a_reason_for_each_window_and_expected_values_are_those_of_then() -> None:
    answer = judge("spike", X, 10)
    assert [reason["row"] for reason in answer.extra["reasons"]] == [112, 112]  # at 117, it was one event with that
    assert isinstance(answer, Explained)
    at_112 = judge("spike", X[:113], 1)
    assert isinstance(at_112, Explained)
    assert answer.expected[0].value[112] == at_112.expected[0].value[112]
    assert np.flatnonzero(answer.by["spike"]).tolist() == [112, 117]


def test_a_series_too_short_before_its_newest_rows_and_a_lack_of_time_are_told() -> None:
    with pytest.raises(TooShort, match="at least 10 values are needed, got 6"):
        judge("spike", X[:15], 10)
    with pytest.raises(AlgorithmError, match="the time is up after 0 of the 10 rows of only_last"):
        judge("spike", X, 10, out_of_time=lambda: True)


def test_what_is_no_detection_is_refused() -> None:
    broken = Algorithm("broken", "", ANOMALY, object, lambda task, params: None)  # type: ignore[arg-type,return-value]
    with pytest.raises(AlgorithmError, match="a Detection is expected, got NoneType"):
        judged(broken, Task.of(X), None, 1)

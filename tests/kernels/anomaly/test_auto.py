from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import auto, shape, spike
from kernels.anomaly.auto import Params
from kernels.contract import BadParameter, Task, TooShort
from tests.kernels.anomaly.test_shape import days
from tests.kernels.golden import NASTY, flagged


def naive(x: np.ndarray, params: Params = Params()) -> set[int]:  # noqa: B008  (frozen)
    """The rows of spike, and the windows of shape that hold none of them."""
    rows = set(flagged(spike.detect(Task.of(x), params.of_spike).flags))
    found = flagged(shape.detect(Task.of(x), params.of_shape).flags)
    windows = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
    return rows.union(*(window.tolist() for window in windows if not rows & set(window.tolist())))


def odd() -> np.ndarray:
    x = days()
    x[308] += 15.0
    x[600:640] = 0.5 * np.random.default_rng(1).normal(size=40)
    return x


@pytest.mark.compiled_only("long series: every window is compared with hundreds")
def test_flags_what_either_detector_does_as_sharp_as_it_can() -> None:
    assert set(flagged(auto.detect(Task.of(odd())).flags)) == naive(odd())


@pytest.mark.compiled_only("long series: every window is compared with hundreds")
def test_reasons_name_the_detector_and_the_value() -> None:
    reasons = auto.detect(Task.of(odd())).extra["reasons"]
    assert ["spike" in reason["by"] for reason in reasons][0]
    assert "shape" in reasons[-1]["by"]
    assert reasons[0]["value"] == odd()[308]
    assert abs(reasons[0]["expected"]) < 2.0
    assert 600 <= reasons[-1]["row"] < 650


@pytest.mark.compiled_only("long series: every window is compared with hundreds")
def test_there_is_one_reason_for_each_window_and_its_row_is_in_it() -> None:
    answer = auto.detect(Task.of(odd()))
    rows = np.flatnonzero(np.diff(np.concatenate(([1], answer.flags)).astype(int)) == -2)
    assert len(answer.extra["reasons"]) == len(rows) == 2
    assert all(answer.flags[reason["row"]] == -1 for reason in answer.extra["reasons"])


@pytest.mark.compiled_only("long series: every window is compared with hundreds")
def test_share_bounds_the_stretches() -> None:
    x = odd()
    x[300:340] = x[900:940] = 0.0
    few, more = (auto.detect(Task.of(x), Params(share=share)) for share in (0.001, 0.2))
    assert len(few.extra["reasons"]) < len(more.extra["reasons"])


@pytest.mark.compiled_only("long series: every window is compared with hundreds")
def test_the_score_is_the_larger_one() -> None:
    x = odd()
    both = np.maximum(spike.detect(Task.of(x)).score, shape.detect(Task.of(x)).score)
    np.testing.assert_allclose(auto.detect(Task.of(x)).score, both)


def test_a_few_rows_are_judged_one_by_one() -> None:
    x = [5.0, 6, 5, 6, 5, 99, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6]
    assert flagged(auto.detect(Task.of(x)).flags) == [5]


@pytest.mark.parametrize("name", [name for name in NASTY if len(NASTY[name]) >= 10])
def test_answers_are_finite_for_any_finite_series(name: str) -> None:
    answer = auto.detect(Task.of(NASTY[name]))
    assert np.isfinite(answer.score).all()


@pytest.mark.compiled_only("long series: every window is compared with hundreds")
def test_days_that_are_all_alike_seldom_have_an_anomaly() -> None:
    found = [len(auto.detect(Task.of(days(seed=seed))).extra["reasons"]) for seed in range(10)]
    assert sum(found) <= 8


def test_refuses_nine_rows_and_options_outside_their_range() -> None:
    with pytest.raises(TooShort, match="at least 10 values are needed, got 9"):
        auto.detect(Task.of(np.arange(9.0)))
    with pytest.raises(BadParameter, match="alarms must be > 0, got 0"):
        Params(alarms=0)

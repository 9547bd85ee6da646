from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kernels.anomaly import iqr
from kernels.contract import BadSeries, Task, TooShort
from tests.kernels.golden import GOLDEN, NASTY, SERIES, flagged


def naive(series: list[float]) -> list[int]:
    ordered = sorted(series)

    def quartile(fraction: float) -> float:
        position = fraction * (len(ordered) - 1)
        lower = ordered[int(position)]
        upper = ordered[min(int(position) + 1, len(ordered) - 1)]
        return lower + (upper - lower) * (position - int(position))

    q1, q3 = quartile(0.25), quartile(0.75)
    low, high = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    return [i for i, x in enumerate(series) if x < low or x > high]


@pytest.mark.parametrize("n", [1, 2, 3, 10, 101, 5000])
def test_equals_the_naive_rule(n: int) -> None:
    series = np.random.default_rng(n).standard_cauchy(n)
    assert flagged(iqr.detect(Task.of(series)).flags) == naive(series.tolist())


@pytest.mark.parametrize("name", SERIES)
def test_equals_the_recorded_flags(name: str) -> None:
    assert flagged(iqr.detect(Task.of(SERIES[name])).flags) == GOLDEN["series"][name]["iqr_ksigma"]["iqr_flags"]


def test_values_on_a_fence_are_normal() -> None:
    series = [0.0] * 3 + [1.0] * 3 + [2.5]  # quartiles 0 and 1, upper fence 2.5
    assert flagged(iqr.detect(Task.of(series)).flags) == []
    assert flagged(iqr.detect(Task.of([*series[:-1], np.nextafter(2.5, 3)])).flags) == [6]


def test_score_is_the_distance_from_the_nearer_quartile_in_spreads() -> None:
    np.testing.assert_allclose(iqr.detect(Task.of([0.0, 1, 2, 3, 4, 13])).score, [0.5, 0.1, 0, 0, 0.1, 3.7])


@pytest.mark.parametrize("name", NASTY)
def test_answers_are_finite_for_any_finite_series(name: str) -> None:
    answer = iqr.detect(Task.of(NASTY[name]))
    assert np.isfinite(answer.score).all()
    assert (answer.score >= 0).all()


def test_constant_series_has_no_anomaly_and_one_other_value_is_one() -> None:
    assert flagged(iqr.detect(Task.of(NASTY["all equal"])).flags) == []
    assert flagged(iqr.detect(Task.of(NASTY["all but one equal"])).flags) == [29]


@given(arrays(np.float64, st.integers(1, 40), elements=st.integers(-100, 100).map(float)), st.randoms())
def test_order_mirror_and_scale_do_not_matter(series: np.ndarray, shuffle: object) -> None:
    flags = iqr.detect(Task.of(series)).flags
    order = np.arange(len(series))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    assert (iqr.detect(Task.of(series[order])).flags == flags[order]).all()
    assert (iqr.detect(Task.of(-series)).flags == flags).all()
    assert (iqr.detect(Task.of(series * 2.0**900)).flags == flags).all()


def test_the_series_is_not_modified() -> None:
    series = np.arange(10.0)
    iqr.detect(Task.of(series))
    assert (series == np.arange(10.0)).all()


def test_refuses_nothing_and_nan() -> None:
    with pytest.raises(TooShort, match="at least 1 values are needed, got 0"):
        iqr.detect(Task.of([]))
    with pytest.raises(BadSeries, match="value at row 1 is not finite"):
        iqr.detect(Task.of([1.0, np.nan]))

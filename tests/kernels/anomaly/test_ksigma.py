from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kernels.anomaly import ksigma
from kernels.anomaly.ksigma import Params
from kernels.contract import BadParameter, BadSeries, Task, TooShort
from tests.kernels.golden import GOLDEN, NASTY, SERIES, flagged


def naive(series: list[float], k: float) -> list[int]:
    exact = [Fraction(x) for x in series]
    mean = sum(exact) / len(exact)
    std = sqrt(sum((x - mean) ** 2 for x in exact) / len(exact))
    return [i for i, x in enumerate(exact) if std > 0 and abs(x - mean) > Fraction(k) * Fraction(std)]


@pytest.mark.parametrize("k", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("n", [1, 2, 10, 100, 1000])
@pytest.mark.parametrize("offset", [0.0, 1e9])
def test_equals_the_naive_rule(n: int, k: float, offset: float) -> None:
    series = np.random.default_rng(n).standard_t(3, n) + offset
    assert flagged(ksigma.detect(Task.of(series), Params(k)).flags) == naive(series.tolist(), k)


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("k", [1, 2, 3])
def test_equals_the_recorded_flags(name: str, k: int) -> None:
    wanted = GOLDEN["series"][name]["iqr_ksigma"][f"ksigma_{k}_flags"]
    assert flagged(ksigma.detect(Task.of(SERIES[name]), Params(float(k))).flags) == wanted


def test_score_is_the_distance_from_the_mean_in_standard_deviations() -> None:
    np.testing.assert_allclose(ksigma.detect(Task.of([0.0, 0, 0, 4])).score, np.array([1, 1, 1, 3]) / sqrt(3))


@pytest.mark.parametrize("name", NASTY)
def test_answers_are_finite_for_any_finite_series(name: str) -> None:
    answer = ksigma.detect(Task.of(NASTY[name]), Params(1.0))
    assert np.isfinite(answer.score).all()


def test_constant_series_has_no_anomaly_and_one_other_value_is_one() -> None:
    assert flagged(ksigma.detect(Task.of(NASTY["all equal"])).flags) == []
    assert flagged(ksigma.detect(Task.of(NASTY["all but one equal"])).flags) == [29]


@given(arrays(np.float64, st.integers(1, 40), elements=st.integers(-100, 100).map(float)))
def test_mirror_and_scale_do_not_matter(series: np.ndarray) -> None:
    flags = ksigma.detect(Task.of(series), Params(1.5)).flags
    assert (ksigma.detect(Task.of(-series), Params(1.5)).flags == flags).all()
    assert (ksigma.detect(Task.of(series * 2.0**-900), Params(1.5)).flags == flags).all()


@pytest.mark.parametrize("k", [0.99, 3.01, -1, float("nan")])
def test_refuses_k_outside_1_to_3(k: float) -> None:
    with pytest.raises(BadParameter, match=r"k value out of range, valid range \[1, 3\]"):
        Params(k)


def test_refuses_nothing_and_infinity() -> None:
    with pytest.raises(TooShort, match="at least 1 values are needed, got 0"):
        ksigma.detect(Task.of([]))
    with pytest.raises(BadSeries, match="value at row 0 is not finite"):
        ksigma.detect(Task.of([np.inf]))

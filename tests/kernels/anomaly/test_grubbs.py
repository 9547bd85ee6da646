from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student

from kernels.anomaly import grubbs
from kernels.anomaly.grubbs import Params
from kernels.contract import BadParameter, BadSeries, Task, TooShort
from tests.kernels.golden import GOLDEN, NASTY, SERIES, flagged


def naive(series: np.ndarray, alpha: float) -> list[int]:
    """Recompute mean and standard deviation of what is left, in extended precision, after every removal."""
    left = list(series)
    removed = []
    while len(left) >= 3:
        values, n = np.array(left, np.longdouble), len(left)
        deviation = abs(values - values.mean())
        std = sqrt((deviation**2).mean())
        t = student.isf((1 - alpha) / (2 * n), n - 2)
        if std == 0 or not deviation.max() / std > (n - 1) / sqrt(n) * sqrt(t * t / (n - 2 + t * t)):
            break
        removed.append(left.pop(int(np.argmax(deviation))))
    return np.flatnonzero(np.isin(series, removed)).tolist()


@pytest.mark.parametrize("alpha", [0.0001, 0.5, 0.95, 0.99, 1 - 1e-12])
@pytest.mark.parametrize("n", [3, 4, 5, 10, 40, 150])
def test_equals_the_naive_test(n: int, alpha: float) -> None:
    rng = np.random.default_rng(n)
    for series in (
        rng.normal(size=n),
        rng.standard_cauchy(n),
        np.round(rng.normal(size=n) * 3),
        np.exp(8 * rng.normal(size=n)),
        rng.standard_cauchy(n) + 1e9,
    ):
        assert flagged(grubbs.detect(Task.of(series), Params(alpha)).flags) == naive(series, alpha)


def test_precision_survives_an_offset_of_1e9() -> None:
    rng = np.random.default_rng(7)
    small = np.round(rng.normal(size=400) * 1000) / 1024  # exact also beside 1e9
    small[rng.integers(0, 400, 20)] += 12
    assert flagged(grubbs.detect(Task.of(small + 1e9)).flags) == flagged(grubbs.detect(Task.of(small)).flags)
    np.testing.assert_allclose(
        grubbs.detect(Task.of(small + 1e9)).score, grubbs.detect(Task.of(small)).score, rtol=1e-12, atol=1e-12
    )


def test_precision_survives_the_removal_of_far_outliers() -> None:
    series = np.concatenate(([1e300, 1e200, -1e100, 1e30], np.random.default_rng(3).normal(size=200)))
    assert flagged(grubbs.detect(Task.of(series)).flags)[:4] == [0, 1, 2, 3]
    np.testing.assert_allclose(
        grubbs.detect(Task.of(series)).score[4:], grubbs.detect(Task.of(series[4:])).score, rtol=1e-9
    )


def test_outliers_on_one_side_only_beyond_half_of_the_series() -> None:
    # the middle of the sorted values leaves the range that remains, and the sums must be renewed
    series = np.concatenate((np.random.default_rng(5).normal(size=30), 10.0 ** np.arange(2, 60)))
    assert flagged(grubbs.detect(Task.of(series), Params(0.5)).flags) == naive(series, 0.5)


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("significance", ["0.05", "0.01"])
def test_equals_the_recorded_flags(name: str, significance: str) -> None:
    wanted = GOLDEN["series"][name]["grubbs"][f"alpha_{significance}"]["two_sided_ddof0"]
    assert flagged(grubbs.detect(Task.of(SERIES[name]), Params(1 - float(significance))).flags) == sorted(wanted)


@pytest.mark.parametrize("name", SERIES)
def test_score_of_the_first_step_equals_the_recorded_one(name: str) -> None:
    first = GOLDEN["series"][name]["grubbs"]["first_step"]
    answer = grubbs.detect(Task.of(SERIES[name]))
    assert int(np.argmax(answer.score)) == first["index"]
    assert answer.score.max() == pytest.approx(first["G_ddof0"], rel=1e-9)


def test_population_standard_deviation_finds_what_the_textbook_misses() -> None:
    series = [5.0, 14, 15, 15, 14, 19, 17, 16, 20, 22, 8, 21, 28, 11, 9, 29, 40]
    assert flagged(grubbs.detect(Task.of(series)).flags) == [16]  # 2.652 > 2.620 > 2.573


def test_all_rows_of_an_outlying_value_are_flagged() -> None:
    series = np.random.default_rng(2).normal(size=100)
    series[[10, 50, 90]] = 60.0
    assert flagged(grubbs.detect(Task.of(series)).flags) == [10, 50, 90]


@pytest.mark.parametrize("name", NASTY)
def test_answers_are_finite_for_any_finite_series(name: str) -> None:
    for alpha in (1e-12, 0.95, 1 - 1e-16):
        assert np.isfinite(grubbs.detect(Task.of(NASTY[name]), Params(alpha)).score).all()


def test_constant_series_has_no_anomaly_and_one_other_value_is_one() -> None:
    assert flagged(grubbs.detect(Task.of(NASTY["all equal"])).flags) == []
    assert flagged(grubbs.detect(Task.of(NASTY["all but one equal"])).flags) == [29]


@given(arrays(np.float64, st.integers(7, 60), elements=st.integers(-1000, 1000).map(float)), st.integers(-900, 900))
def test_mirror_and_scale_do_not_matter(series: np.ndarray, exponent: int) -> None:
    flags = grubbs.detect(Task.of(series)).flags
    assert (grubbs.detect(Task.of(series * 2.0**exponent)).flags == flags).all()
    # a tie between both ends goes to the earlier row, so the mirrored series agrees
    assert (grubbs.detect(Task.of(-series)).flags == flags).all()


@pytest.mark.parametrize("alpha", [0, 1, -0.1, 95, float("nan")])
def test_refuses_alpha_outside_0_to_1(alpha: float) -> None:
    with pytest.raises(BadParameter, match=r"invalid alpha value, valid range is \(0, 1\)"):
        Params(alpha)


def test_refuses_two_rows_and_nan() -> None:
    with pytest.raises(TooShort, match="at least 3 values are needed, got 2"):
        grubbs.detect(Task.of([1.0, 2.0]))
    with pytest.raises(BadSeries, match="value at row 2 is not finite"):
        grubbs.detect(Task.of([1.0, 2.0, np.nan]))

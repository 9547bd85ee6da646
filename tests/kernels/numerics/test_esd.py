from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy.stats import t as student

from kernels.numerics.esd import BOTH, NEGATIVE, POSITIVE, hybrid_esd


def naive(series: np.ndarray, most: int, alpha: float, side: int) -> list[int]:
    """Recompute median and MAD after every removal; without spread from the start, few values off it are outliers."""
    rows, n = list(range(len(series))), len(series)
    removed, outliers = [], 0
    off = series - np.median(series)
    if np.median(abs(off)) == 0:
        found = np.flatnonzero(off if side == BOTH else side * off > 0).tolist()
        return found if np.count_nonzero(off) <= most else []
    for i in range(1, most + 1):
        left = series[rows]
        deviation = left - np.median(left)
        mad = 1.4826 * np.median(abs(deviation))
        if mad == 0:
            break
        deviation = abs(deviation) if side == BOTH else side * deviation
        place = int(np.argmax(deviation))
        removed.append(rows.pop(place))
        t = student.isf(alpha / ((2 if side == BOTH else 1) * (n - i + 1)), n - i - 1)
        if deviation[place] / mad > t * (n - i) / sqrt((n - i - 1 + t * t) * (n - i + 1)):
            outliers = i
    return sorted(removed[:outliers])


def run(series: np.ndarray, most: int, alpha: float, side: int) -> tuple[list[int], np.ndarray]:
    flags, score = hybrid_esd(series, np.argsort(series, kind="stable"), most, alpha, side)
    return np.flatnonzero(flags < 0).tolist(), score


@pytest.mark.parametrize("side", [BOTH, POSITIVE, NEGATIVE])
@pytest.mark.parametrize("alpha", [1e-9, 0.05, 0.99])
@pytest.mark.parametrize("n", [4, 5, 10, 31, 150])
def test_equals_the_naive_test_also_with_ties(n: int, alpha: float, side: int) -> None:
    rng = np.random.default_rng(n)
    for series in (
        rng.normal(size=n),
        np.round(3 * rng.normal(size=n)) / 64,
        rng.standard_cauchy(n),
        np.round(2 * rng.standard_cauchy(n)),
        np.exp(4 * rng.normal(size=n)),
    ):
        for most in (1, max(1, int(0.499 * n))):
            assert run(series, most, alpha, side)[0] == naive(series, most, alpha, side)


def test_of_equal_values_the_earlier_rows_go_first() -> None:
    series = np.random.default_rng(1).normal(size=100)
    series[[20, 40, 60, 80]] = 50.0
    assert run(series, 2, 0.05, BOTH)[0] == [20, 40]
    assert run(-series, 3, 0.05, BOTH)[0] == [20, 40, 60]


def test_score_is_the_distance_from_the_median_in_scaled_mads() -> None:
    series = np.array([1.0, 2, 3, 4, 10])
    np.testing.assert_allclose(run(series, 1, 0.05, BOTH)[1], np.array([2, 1, 0, 1, 7]) / 1.4826)
    np.testing.assert_allclose(run(series, 1, 0.05, POSITIVE)[1], np.array([0, 0, 0, 1, 7]) / 1.4826)
    np.testing.assert_allclose(run(series, 1, 0.05, NEGATIVE)[1], np.array([2, 1, 0, 0, 0]) / 1.4826)


def test_without_spread_few_values_off_the_median_are_outliers_and_many_are_not() -> None:
    few, many = np.array([5.0] * 9 + [6.0, 3.0]), np.array([5.0] * 9 + [6.0, 3.0, 7.0])
    assert run(few, 2, 0.05, BOTH)[0] == [9, 10]
    assert run(few, 2, 0.05, POSITIVE)[0] == [9]
    assert run(many, 2, 0.05, BOTH)[0] == run(many, 2, 0.05, POSITIVE)[0] == []
    assert run(few, 2, 0.05, BOTH)[1].tolist() == [0.0] * 9 + [0.5, 1.0]


def test_fewer_outliers_than_allowed_are_all_found_even_behind_an_unremarkable_one() -> None:
    # the generalized test looks at the last significant step, so two far points do not mask each other
    series = np.concatenate((np.random.default_rng(2).normal(size=60), [12.0, 12.1]))
    assert run(series, 10, 0.05, BOTH)[0] == naive(series, 10, 0.05, BOTH) == [60, 61]

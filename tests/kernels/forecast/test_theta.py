from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._theta import RATES, theta


def naive(x: Series, rows: int) -> Series:
    """Simple exponential smoothing with half the slope of the line as its drift, for a series without season."""
    n = len(x)
    slope = float(np.polyfit(np.arange(n), x, 1)[0])
    best = (np.inf, 0.0, 0.0)
    for rate in RATES:
        level, wrong = x[0], 0.0
        for value in x[1:]:
            wrong += (value - level) ** 2
            level = rate * value + (1 - rate) * level
        best = min(best, (wrong, rate, level))
    _, rate, level = best
    return np.array([level + 0.5 * slope * (h + 1 / rate - (1 - rate) ** n / rate) for h in range(rows)])


@pytest.mark.parametrize("n", [3, 10, 57])
def test_equals_the_naive_method(n: int) -> None:
    x = np.random.default_rng(n).normal(size=n).cumsum() + 0.5 * np.arange(n)
    np.testing.assert_allclose(theta(x, 0, 9), naive(x, 9), rtol=1e-9)


def test_equals_that_of_statsmodels_but_for_its_smoothing_rate() -> None:
    x = np.random.default_rng(4).normal(size=80).cumsum() + 100.0
    # ThetaModel(x, period=1, deseasonalize=False).fit().forecast(8) of statsmodels 0.15
    wanted = [95.2655, 95.2436, 95.2216, 95.1997, 95.1777, 95.1558, 95.1338, 95.1119]
    np.testing.assert_allclose(theta(x, 0, 8), wanted, atol=0.3)


def test_a_season_goes_on_added_or_multiplied() -> None:
    t = np.arange(84.0)
    shape = np.sin(2 * np.pi * t / 12)
    for x in (10.0 * shape + t - 40.0, (t + 50.0) * (1.0 + 0.4 * shape)):
        np.testing.assert_allclose(theta(x[:72], 12, 12), x[72:], atol=0.1 * np.ptp(x))


def test_a_season_that_is_none_is_left_alone() -> None:
    x = np.random.default_rng(0).normal(size=96)
    np.testing.assert_allclose(theta(x, 12, 12), theta(x, 0, 12), rtol=1e-9)


def test_a_constant_goes_on() -> None:
    np.testing.assert_allclose(theta(np.full(20, 7.0), 4, 5), np.full(5, 7.0))

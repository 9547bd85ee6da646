from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray
from statsmodels.tools.sm_exceptions import InterpolationWarning
from statsmodels.tsa import stattools

from kernels.numerics.stationarity import KPSS_5_PERCENT, STRONG_SEASON, dickey_fuller, kpss, seasonal_strength


def naive(x: NDArray[np.float64]) -> float:
    n = len(x)
    e = x - x.mean()
    lags = int(3.0 * np.sqrt(n) / 13.0)
    variance = sum(v * v for v in e) / n
    for lag in range(1, lags + 1):
        variance += 2.0 / n * (1.0 - lag / (lags + 1)) * sum(e[i] * e[i - lag] for i in range(lag, n))
    return float(sum(s * s for s in np.cumsum(e)) / (n * n * variance))


@pytest.mark.parametrize("n", [5, 30, 400])
def test_kpss_is_the_formula(n: int) -> None:
    x = np.random.default_rng(n).normal(5.0, 2.0, n)
    np.testing.assert_allclose(kpss(x), naive(x), rtol=1e-9)


def test_kpss_equals_statsmodels() -> None:
    x = np.cumsum(np.random.default_rng(1).normal(size=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InterpolationWarning)
        expected = stattools.kpss(x, nlags=int(3.0 * np.sqrt(200) / 13.0), result_object=False)[0]
    np.testing.assert_allclose(kpss(x), expected, rtol=1e-9)


def test_noise_is_stationary_and_a_walk_is_not() -> None:
    noise = np.random.default_rng(2).normal(size=300)
    assert kpss(noise) < KPSS_5_PERCENT < kpss(np.cumsum(noise))


@pytest.mark.parametrize(("shift", "scale"), [(1e9, 1.0), (0.0, 1e-200), (-3.0, 1e200)])
def test_kpss_knows_no_unit(shift: float, scale: float) -> None:
    x = np.random.default_rng(3).normal(size=50)
    np.testing.assert_allclose(kpss(shift + scale * x), kpss(x), rtol=1e-5)  # a shift of 1e9 leaves 7 digits


def test_constant_has_neither() -> None:
    assert kpss(np.full(20, 3.0)) == 0.0
    assert seasonal_strength(np.full(20, 3.0), 4) == 0.0


def test_strength_tells_season_from_noise() -> None:
    noise = np.random.default_rng(4).normal(size=120)
    season = 3.0 * np.sin(2.0 * np.pi * np.arange(120) / 12)
    assert seasonal_strength(noise, 12) < STRONG_SEASON < seasonal_strength(season + noise, 12)
    assert seasonal_strength(season, 12) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(("n", "m"), [(24, 12), (8, 4), (50, 1), (50, 0)])
def test_two_periods_are_too_few(n: int, m: int) -> None:
    assert seasonal_strength(np.random.default_rng(5).normal(size=n), m) == 0.0


@pytest.mark.parametrize("n", [12, 30, 59])
def test_dickey_fuller_equals_statsmodels(n: int) -> None:
    x = np.cumsum(np.random.default_rng(n).normal(size=n))
    expected, _, _, _, critical, *_ = stattools.adfuller(x, maxlag=1, autolag=None, result_object=False)
    found, found_critical = dickey_fuller(x)
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    np.testing.assert_allclose(found_critical, critical["5%"], atol=0.02)


def test_dickey_fuller_of_a_series_without_information() -> None:
    assert dickey_fuller(np.arange(7.0))[0] == 0.0
    assert dickey_fuller(np.r_[np.ones(19), 1.1])[0] == -np.inf


def test_dickey_fuller_of_values_of_unlike_sizes_is_a_number() -> None:
    x = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 72257892918.0, 0.0])
    for series in (x, x * 1e-12, np.roll(x, 2)):
        assert not np.isnan(dickey_fuller(series)[0])

from __future__ import annotations

from math import gamma

import numpy as np
import pytest
from statsmodels.stats.diagnostic import acorr_ljungbox

from kernels.numerics.whitenoise import is_white_noise, ljung_box
from tests.kernels.golden import GOLDEN, NASTY, SERIES


def naive(series: np.ndarray, lags: int) -> tuple[float, float]:
    n, centred = len(series), series - series.mean()
    statistic = 0.0
    for lag in range(1, lags + 1):
        rho = sum(centred[i] * centred[i - lag] for i in range(lag, n)) / sum(centred**2)
        statistic += rho**2 / (n - lag)
    statistic *= n * (n + 2)
    # the density of chi-squared, integrated from the statistic on by Simpson's rule
    x = np.linspace(statistic, statistic + 200, 200_001)
    density = x ** (lags / 2 - 1) * np.exp(-x / 2) / 2 ** (lags / 2) / gamma(lags / 2)
    weights = np.where(np.arange(len(x)) % 2, 4.0, 2.0)
    weights[[0, -1]] = 1.0
    return statistic, float(np.sum(weights * density) * (x[1] - x[0]) / 3)


@pytest.mark.parametrize("n", [17, 18, 50, 300])
@pytest.mark.parametrize("lags", [2, 6, 12, 16])
def test_equals_the_naive_test(n: int, lags: int) -> None:
    series = np.random.default_rng(n).normal(size=n)
    assert ljung_box(series, lags) == pytest.approx(naive(series, lags), rel=1e-6)


@pytest.mark.parametrize("shape", ["noise", "walk", "offset"])
@pytest.mark.parametrize("n", [17, 100, 2000])
def test_equals_statsmodels(shape: str, n: int) -> None:
    noise = np.random.default_rng(n).normal(size=n)
    series = {"noise": noise, "walk": np.cumsum(noise), "offset": noise + 1e6}[shape]
    table = acorr_ljungbox(series, lags=[6, 12, 16])
    for lags, statistic, p_value in zip((6, 12, 16), table["lb_stat"], table["lb_pvalue"], strict=True):
        assert ljung_box(series, lags) == pytest.approx((statistic, p_value), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("name", SERIES)
def test_equals_the_recorded_statistics(name: str) -> None:
    recorded = GOLDEN["series"][name]["white_noise"]
    for lags, statistic, p_value in zip(recorded["lags"], recorded["lb_stat"], recorded["lb_pvalue"], strict=True):
        assert ljung_box(SERIES[name], lags) == pytest.approx((statistic, p_value), rel=1e-9, abs=1e-15)
    assert is_white_noise(SERIES[name]) == recorded["white_noise"]


def test_noise_is_noise_and_a_season_is_not() -> None:
    noise = np.random.default_rng(1).normal(size=500)
    assert is_white_noise(noise)
    assert not is_white_noise(noise + 3 * np.sin(np.arange(500)))


def test_sixteen_rows_or_fewer_and_constant_series_are_never_noise() -> None:
    assert not is_white_noise(np.random.default_rng(2).normal(size=16))
    assert not is_white_noise(NASTY["all equal"])


@pytest.mark.parametrize("name", NASTY)
def test_every_finite_series_gets_an_answer(name: str) -> None:
    assert is_white_noise(NASTY[name]) in (True, False)


def test_scale_does_not_matter() -> None:
    noise = np.random.default_rng(3).normal(size=100)
    assert ljung_box(noise * 2.0**900, 16) == pytest.approx(ljung_box(noise, 16), rel=1e-12)

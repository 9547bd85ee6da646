from __future__ import annotations

from dataclasses import replace
from statistics import median

import numpy as np
import pytest

from kernels.contract import BadParameter, BadSeries
from kernels.numerics import monitoring_band
from kernels.numerics.monitoring_band import Config, Derivative, Golden, Hampel, Normalize, Savgol, band

T = np.arange(300)
WAVE = 3.0 * np.sin(T / 10.0) + 5.0
WAVE[150] = 100.0
RUNS = [(0, 99), (100, 199), (200, 299)]
AT = [0, 10, 25, 49]


def naive_hampel(x: list[float], width: int, sigma: float) -> list[float]:
    found = list(x)
    for i in range(len(x)):
        near = x[max(i - width, 0) : min(i + width, len(x))]
        spread = 1.4826 * median(abs(value - median(near)) for value in near)
        if spread > 0 and abs(x[i] - median(near)) > sigma * spread:
            found[i] = median(near)
    return found


def naive_smoothing(y: list[float], window: int, order: int) -> list[float]:
    half = window // 2
    found = []
    for i in range(len(y)):
        begin = min(max(i - half, 0), len(y) - window)
        fit = np.polyfit(range(window), y[begin : begin + window], order)
        found.append(float(np.polyval(fit, i - begin)))
    return found


@pytest.mark.parametrize("width", [1, 3, 50])
def test_spikes_are_those_of_the_naive_filter(width: int) -> None:
    x = np.random.default_rng(width).standard_cauchy(40)
    found = monitoring_band._without_spikes(x, width, 2.5)
    np.testing.assert_allclose(found, naive_hampel(x.tolist(), width, 2.5))


@pytest.mark.parametrize(("window", "order"), [(1, 0), (5, 2), (9, 4), (31, 1)])
def test_smoothing_is_the_naive_fit_of_each_window(window: int, order: int) -> None:
    y = np.random.default_rng(window).normal(size=31)
    found = monitoring_band._smoothed(y, Savgol(window, order))
    np.testing.assert_allclose(found, naive_smoothing(y.tolist(), window, order), atol=1e-9)


def test_the_contracted_band_of_two_lines() -> None:
    found = band(np.arange(1.0, 24.0), np.arange(100, 2400, 100), [(100, 1100), (1200, 2300)], Config())
    at = [0, 1, 500, 999]
    assert len(found.center) == 1000
    np.testing.assert_allclose(found.center[at], [6.5, 6.5105105105, 11.7552552553, 17.0], rtol=1e-10)
    np.testing.assert_allclose(found.lower[at], [2.1, 2.1101101101, 7.1550550551, 12.2], rtol=1e-10)
    np.testing.assert_allclose(found.upper[at], [10.9, 10.9109109109, 16.3554554555, 21.8], rtol=1e-10)


def test_the_contracted_band_of_three_waves() -> None:
    config = Config(normalize=Normalize(50))
    found = band(WAVE, T, RUNS, config)
    np.testing.assert_allclose(found.center[AT], [4.9508589781, 4.9125426723, 4.7559282736, 3.5633092326], rtol=1e-9)
    np.testing.assert_allclose(found.lower[AT], [3.6981145829, 3.7398969077, 2.6950171757, 2.2828362557], rtol=1e-9)
    np.testing.assert_allclose(found.upper[AT], [7.3102475991, 7.137754472, 6.4435911392, 6.8454825184], rtol=1e-9)
    cubic = band(WAVE, T, RUNS, replace(config, normalize=Normalize(50, "cubic")))
    np.testing.assert_allclose(cubic.center[AT], [4.9507728766, 4.9124166333, 4.7556205527, 3.5632469779], rtol=1e-9)


def test_mean_and_deviations_instead_of_quantiles() -> None:
    config = Config(normalize=Normalize(20), savgol=Savgol(active=False), golden=Golden("mean_std", n_std=3.0))
    data = np.concatenate((np.full(10, 1.0), np.full(10, 5.0)))
    found = band(data, np.arange(20), [(0, 9), (10, 19)], config)
    np.testing.assert_allclose(found.center, 3.0)
    np.testing.assert_allclose(found.upper - found.center, 6.0)


def test_leaps_are_left_out_and_with_a_rate_of_nothing_everything_is() -> None:
    leap = np.arange(20.0)
    leap[10] = 500.0
    config = Config(hampel=Hampel(active=False), normalize=Normalize(20), savgol=Savgol(active=False))
    assert band(leap, np.arange(20), [(0, 19)], config).center.max() <= 19.0
    assert len(band(leap, np.arange(20), [(0, 19)], replace(config, derivative=Derivative(0.0))).center) == 0


def test_short_runs_are_left_out() -> None:
    assert [len(part) for part in band(WAVE, T, [(0, 8), (500, 600), (9, 3)], Config())] == [0, 0, 0]
    alone, beside = (band(WAVE, T, runs, Config()).center for runs in ([(0, 99)], [(0, 99), (100, 108)]))
    np.testing.assert_array_equal(alone, beside)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Hampel(0), "^invalid parameters for hampel filter, window size:0, sigma:3$"),
        (lambda: Hampel(sigma=4.0), "^invalid parameters for hampel filter, window size:7, sigma:4$"),
        (lambda: Savgol(8), "^Savitzky-Golay window must be a positive odd integer, input size: 8$"),
        (lambda: Savgol(-1), "^Savitzky-Golay window must be a positive odd integer, input size: -1$"),
        (lambda: Savgol(5, 5), "polyorder must be 0 to 20 and less than the window, 5, got 5"),
        (lambda: Normalize(0), "target_len must be > 0, got 0"),
        (lambda: Normalize(9, "x"), "method must be linear or cubic, got 'x'"),
        (lambda: Golden("x"), "method must be median_percentile or mean_std, got 'x'"),
        (lambda: Golden(lower_percentile=95.0), "percentiles must be 0 to 100, the lower one first"),
        (lambda: Golden(n_std=-1.0), "n_std must be >= 0, got -1"),
        (lambda: band(WAVE, T, RUNS, Config(normalize=Normalize(5))), "must be at most target_len, 5, got 9"),
    ],
)
def test_what_cannot_be_done_is_refused(make, told: str) -> None:
    with pytest.raises(BadParameter, match=told):
        make()


def test_too_much_work_and_too_large_values_are_refused() -> None:
    with pytest.raises(BadSeries, match="are too many: at most 5000000 points"):
        band(WAVE, T, RUNS * 2000, Config())
    with pytest.raises(BadSeries, match=r"values must be less than 1e150, got 1e\+200"):
        band(np.full(20, 1e200), np.arange(20), [(0, 19)], Config())


def test_no_end_of_work_is_refused_before_it_begins() -> None:
    long = np.arange(40_000)
    with pytest.raises(BadSeries, match="told from 1600000000 values, at most 500000000"):
        band(np.zeros(40_000), long, [(0, 40_000)], Config(hampel=Hampel(50_000)))
    with pytest.raises(BadSeries, match="not found in time"):
        band(WAVE, T, RUNS, Config(), lambda: True)

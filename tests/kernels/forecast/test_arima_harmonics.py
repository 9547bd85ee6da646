from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.contract import Forecast, Task
from kernels.forecast._arima_harmonics import harmonics
from kernels.forecast.arima import Params, forecast

M, N = 240, 1000


def wave(n: int = N) -> NDArray[np.float64]:
    t = np.arange(n)
    return np.asarray(5.0 * np.sin(2.0 * np.pi * t / M + 1.0) + 2.0 * np.cos(2.0 * np.pi * 10 * t / M))


def naive(values: NDArray[np.float64], orders: list[int]) -> NDArray[np.float64]:
    """Least squares on the sines and cosines over the last whole periods."""
    n = len(values) // M * M
    t = np.arange(len(values) - n, len(values))
    columns = [f(2.0 * np.pi * k * t / M) for k in orders for f in (np.cos, np.sin)]
    design = np.column_stack([np.ones(n), *columns])
    weights, *_ = np.linalg.lstsq(design, values[-n:], rcond=None)
    return np.asarray(design[:, 1:] @ weights[1:])


def test_kept_harmonics_are_those_of_least_squares() -> None:
    y = wave() + np.random.default_rng(1).normal(size=N)
    found = harmonics(y, M, 0)
    assert found.count == 2
    np.testing.assert_allclose(found.inside(N)[-480:], naive(y, [1, 10])[-480:], atol=1e-10)


@pytest.mark.parametrize(("d", "near"), [(0, 0.01), (1, 0.05), (2, 1.5)])
def test_the_season_is_found_beneath_what_is_differenced(d: int, near: float) -> None:
    level = np.random.default_rng(2).normal(0.0, 0.01, N)
    for _ in range(d):
        level = np.cumsum(level)
    found = harmonics(wave() + level, M, d)
    true = wave(N + M)[N:]
    assert np.max(np.abs(found.ahead(M) - true)) < near
    np.testing.assert_allclose(found.inside(N)[-M:], found.ahead(M), atol=1e-12)


def test_noise_has_no_season() -> None:
    counts = [harmonics(np.random.default_rng(seed).normal(size=N), M, 0).count for seed in range(50)]
    assert sum(counts) <= 10  # 120 were tried each time


def test_the_doubt_is_the_variance_of_the_estimate() -> None:
    rng = np.random.default_rng(3)
    found = [harmonics(wave() + rng.normal(size=N), M, 0) for _ in range(200)]
    seen = np.mean([(f.pattern - wave(N + M)[N:]) ** 2 for f in found])
    assert np.mean([f.doubt for f in found]) == pytest.approx(seen, rel=0.25)


def long_season(n: int, m: int) -> NDArray[np.float64]:
    t = np.arange(n)
    y = 100.0 + 20.0 * np.sin(2.0 * np.pi * t / m) + 5.0 * np.sin(2.0 * np.pi * t / 24)
    return np.asarray(y)


def asked(n: int, m: int, rows: int) -> tuple[Forecast, NDArray[np.float64]]:
    noise = np.random.default_rng(21).normal(size=n)
    answer = forecast(Task.of(long_season(n, m) + noise, rows=rows), Params(period=m))
    return answer, long_season(n + rows, m)[n:]


@pytest.mark.compiled_only("26 280 rows")
def test_a_year_of_hours_is_continued() -> None:
    answer, true = asked(26_280, 8_760, 24)
    assert np.max(np.abs(answer.value - true)) < 0.3
    assert np.all(answer.low < true - 1.0)
    assert np.all(answer.high > true + 1.0)
    assert np.mean(answer.high - answer.low) == pytest.approx(2.0 * 1.96, rel=0.05)
    assert answer.period == 8_760
    assert answer.extra["model_info"].endswith("x(0,0,0,8760)")
    assert answer.extra["diagnostics"]["harmonics"] == 2


@pytest.mark.compiled_only("searches many models")
def test_given_seasonal_orders_are_kept() -> None:
    y = long_season(1000, 240) + np.random.default_rng(4).normal(size=1000)
    answer = forecast(Task.of(y, rows=3), Params(period=240, D=1, p=0, q=0, P=0, Q=0))
    assert answer.extra["model_info"] == "SARIMAX(0,0,0)x(0,1,0,240)"
    assert "harmonics" not in answer.extra["diagnostics"]


def test_an_exact_long_season_continues_exactly() -> None:
    y = np.tile(np.random.default_rng(5).normal(size=210), 4)
    answer = forecast(Task.of(y, rows=210), Params(period=210))
    np.testing.assert_allclose(answer.value, y[:210], atol=1e-6)

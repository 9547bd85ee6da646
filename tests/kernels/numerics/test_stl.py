from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.numerics.stl import decompose
from tests.kernels.golden import GOLDEN, SEASONAL, SERIES
from tests.kernels.numerics.test_loess import naive as loess
from tests.kernels.numerics.test_partial_sort import naive as naive_median

Middle = Callable[[np.ndarray], float]


def naive(x: np.ndarray, period: int, middle: Middle = naive_median) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """STL step by step; `middle` finds the median of the absolute remainders."""
    n = len(x)
    trend_span = ceil(1.5 * period / (1 - 1.5 / (10 * n + 1))) // 2 * 2 + 1
    trend, weights = np.zeros(n), np.ones(n)
    for step in range(16):
        extended = np.empty(n + 2 * period)
        for phase in range(period):
            extended[phase::period] = _extended_mean((x - trend)[phase::period], weights[phase::period], 10 * n + 1)
        low = extended
        for length in (period, period, 3):
            low = np.array([np.mean(low[i : i + length]) for i in range(len(low) - length + 1)])
        low_span = period // 2 * 2 + 1
        season = extended[period : period + n] - loess(low, np.ones(n), low_span, -(-low_span // 10))
        trend = loess(x - season, weights, trend_span, -(-trend_span // 10))
        if step < 15:
            size = abs(x - season - trend)
            bound = 6 * middle(size)
            ratio = np.where(size <= 0.001 * bound, 0, np.minimum(size / bound if bound else np.inf, 1))
            weights = np.where((size > 0.999 * bound) & (size > 0.001 * bound), 0, (1 - ratio**2) ** 2)
    season = np.array([season[i % period :: period].mean() for i in range(n)])
    return season, trend, weights


def _extended_mean(values: np.ndarray, weights: np.ndarray, span: int) -> np.ndarray:
    """Smooth one cycle-subseries by local means at both ends and one step beyond them."""
    n = len(values)
    fits = []
    for at in (-1, 0, n - 1, n):
        distance = abs(np.arange(n) - at)
        bandwidth = distance.max() + (span - n) // 2
        near = np.where(distance <= 0.001 * bandwidth, 1, (1 - (distance / bandwidth) ** 3) ** 3) * weights
        fits.append((near * values).sum() / near.sum() if near.sum() > 0 else None)
    first = values[0] if fits[1] is None else fits[1]
    last = values[-1] if fits[2] is None else fits[2]
    inner = np.linspace(first, last, n)
    return np.concatenate(([first if fits[0] is None else fits[0]], inner, [last if fits[3] is None else fits[3]]))


def season_of(n: int, period: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = 5 * np.sin(2 * np.pi * np.arange(n) / period) + np.cumsum(rng.normal(size=n)) * 0.3 + rng.normal(size=n)
    x[rng.integers(0, n, n // 20)] += 20
    return x


@pytest.mark.parametrize(("n", "period"), [(5, 2), (9, 4), (30, 7), (60, 12), (101, 5), (100, 3), (81, 40), (130, 24)])
def test_equals_the_naive_decomposition(n: int, period: int) -> None:
    x = season_of(n, period)
    for ours, theirs in zip(decompose(x, period), naive(x, period), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", SEASONAL)
def test_equals_r(name: str) -> None:
    recorded = GOLDEN["series"][name]["stl"]
    parts = decompose(SERIES[name], GOLDEN["series"][name]["period"])
    for key, part in zip(("seasonal", "trend", "weights"), parts, strict=True):
        np.testing.assert_allclose(part, recorded[key], rtol=0, atol=1e-8)


@settings(max_examples=10, deadline=None)
@given(st.integers(-60, 60), st.floats(-1e6, 1e6), st.sampled_from([4, 12]))
def test_scale_and_offset_pass_through(exponent: int, offset: float, period: int) -> None:
    x = np.round(season_of(60, period) * 1024) / 1024
    season, trend, weights = decompose(x, period)
    scaled = decompose(x * 2.0**exponent, period)
    np.testing.assert_allclose(scaled[0], season * 2.0**exponent, rtol=1e-9, atol=1e-12 * 2.0**exponent)
    np.testing.assert_allclose(scaled[1], trend * 2.0**exponent, rtol=1e-9)
    np.testing.assert_allclose(decompose(x + offset, period)[1], trend + offset, rtol=1e-6, atol=1e-6)
    assert ((weights >= 0) & (weights <= 1)).all()


def test_a_season_and_a_line_are_taken_apart() -> None:
    pattern = np.array([3.0, -1, -2, 0])
    x = np.tile(pattern, 25) + np.arange(100) * 0.5
    season, trend, _ = decompose(x, 4)
    np.testing.assert_allclose(season, np.tile(pattern, 25), atol=0.05)
    np.testing.assert_allclose(season + trend, x, atol=1e-6)


def test_outliers_leave_season_and_trend_alone() -> None:
    clean = np.sin(2 * np.pi * np.arange(200) / 10) + 0.1 * np.random.default_rng(1).normal(size=200)
    spoilt = clean.copy()
    spoilt[[20, 77, 150]] += 100
    season, _, weights = decompose(spoilt, 10)
    np.testing.assert_allclose(season, decompose(clean, 10)[0], atol=0.1)
    assert (weights[[20, 77, 150]] == 0).all()


def test_constant_series_is_all_trend() -> None:
    season, trend, _ = decompose(np.full(40, 2.5), 4)
    assert (season == 0).all()
    np.testing.assert_allclose(trend, 2.5)

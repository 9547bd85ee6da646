from __future__ import annotations

import math

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._prophet_fit import NOISE, fit, trend_at

N = 24
LAPLACE = 0.2


def naive(theta: Series, variance: float, x: Series, cap: float, multiplied: bool) -> float:
    """Minus the logarithm of the posterior: slope, level, one change of slope and one wave, from the formula."""
    total = 0.0
    for i in range(N):
        t = i / (N - 1)
        z = theta[0] * t + theta[1] + theta[2] * max(t - 0.5, 0.0)
        trend = cap / (1.0 + math.exp(-z)) if cap else z
        wave = theta[3] * math.sin(2.0 * math.pi * i / 6.0)
        error = x[i] - (trend * (1.0 + wave) if multiplied else trend + wave)
        total += error**2 / (2.0 * variance) + 0.5 * math.log(variance)
    total += (theta[0] ** 2 + theta[1] ** 2) / (2.0 * 25.0) + theta[3] ** 2 / (2.0 * 100.0)
    return total + abs(theta[2]) / LAPLACE + variance / (2.0 * NOISE**2)


@pytest.mark.parametrize(("cap", "multiplied"), [(0.0, False), (0.0, True), (1.5, False), (1.5, True)])
@pytest.mark.parametrize("change", [0.0, 0.8])
def test_no_neighbour_is_more_probable(cap: float, multiplied: bool, change: float) -> None:
    t = np.linspace(0.0, 1.0, N)
    wave = np.sin(2.0 * np.pi * np.arange(N) / 6.0)
    x = 0.4 + 0.3 * t + change * np.maximum(t - 0.5, 0.0) + 0.1 * wave
    x += np.random.default_rng(5).normal(0.0, 0.03, N)
    basis = np.column_stack([t, np.ones(N), np.maximum(t - 0.5, 0.0)])
    theta, precision = np.array([0.1, 0.2, 0.0, 0.0]), np.array([1 / 25, 1 / 25, 0.0, 1 / 100])
    laplace = np.array([0.0, 0.0, LAPLACE, 0.0])
    variance = fit(basis, wave.reshape(-1, 1).copy(), x, cap, multiplied, precision, laplace, theta)
    least = naive(theta, variance, x, cap, multiplied)
    for i in range(4):
        for move in (-1e-3, 1e-3):
            other = theta.copy()
            other[i] += move
            assert naive(other, variance, x, cap, multiplied) > least - 1e-4
    for factor in (0.99, 1.01):
        assert naive(theta, factor * variance, x, cap, multiplied) > least


def test_what_has_no_noise_is_met() -> None:
    t = np.linspace(0.0, 1.0, N)
    theta = np.zeros(2)
    fit(
        np.column_stack([t, np.ones(N)]),
        np.zeros((N, 0)),
        0.2 + 0.7 * t,
        0.0,
        False,
        np.full(2, 0.04),
        theta * 0,
        theta,
    )
    np.testing.assert_allclose(theta, [0.7, 0.2], atol=1e-6)


def test_a_trend_stays_between_zero_and_its_cap() -> None:
    assert [trend_at(z, 2.0) for z in (-1e9, 0.0, 1e9)] == pytest.approx([0.0, 1.0, 2.0])
    assert trend_at(3.0, 0.0) == 3.0

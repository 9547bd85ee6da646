"""Prediction intervals of exponential smoothing: forecast variances in closed form, simulated paths elsewhere.

Source: R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, "Forecasting with Exponential Smoothing" (2008),
table 6.1 (class 1: additive everything) and section 6.3 (class 2: multiplicative errors on an additive mean).
Simulated errors are stratified (M. D. McKay, R. J. Beckman and W. J. Conover, "A comparison of three methods for
selecting values of input variables", Technometrics 21 (1979)): each step uses every normal quantile once, in an order
shuffled by the generator of S. K. Park and K. W. Miller, "Random number generators: good ones are hard to find", CACM
31 (1988) with multiplier 48271, always from the same seed.    Cost: O(h**2), or O(paths h).
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._ets_recursion import ADD, SMALLEST, STATES, errors, grow, growth_error
from kernels.numerics.normal import normal_quantile, two_sided_quantile
from kernels.numerics.quantiles import quantile

SEED = 20_080_619
MULTIPLIER, MODULUS = 48_271, 2_147_483_647
PATHS = 1000
DRAWS = 1_000_000  # at most so many errors in all, but never fewer than FEWEST paths
FEWEST = 500
FURTHEST = 0.98  # coverage that so many paths can still tell; wider intervals stretch this one
LARGEST = 1e60  # simulated values (of data scaled to about 1) stay within


@kernel("f8[::1](f8[::1], i8, f8, f8[::1], i8)")
def deviations(mean: Series, error: int, sigma2: float, smoothing: Series, m: int) -> Series:
    """Return the standard deviations of forecasts whose mean is additive in trend and season.

    mean : (rows,) the forecasts, used with multiplicative errors only. m : season length, 0 for none.
    sigma2 : variance of the errors, or of the relative errors.
    """
    rows = mean.shape[0]
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    weight = np.empty(rows)  # c_j: what an error changes j steps on
    damping, growth = 1.0, 0.0
    for j in range(1, rows):
        damping *= phi
        growth += damping
        weight[j] = alpha + beta * growth + (gamma if m > 0 and j % m == 0 else 0.0)
    deviation = np.empty(rows)
    if error == ADD:
        total = 1.0
        for h in range(rows):
            if h > 0:
                total += weight[h] * weight[h]
            deviation[h] = sqrt(sigma2 * total)
        return deviation
    theta = np.empty(rows)  # eq. 6.2
    for h in range(rows):
        total = 0.0
        for j in range(1, h + 1):
            total += weight[j] * weight[j] * theta[h - j]
        theta[h] = mean[h] * mean[h] + sigma2 * total
        deviation[h] = sqrt(max((1.0 + sigma2) * theta[h] - mean[h] * mean[h], 0.0))
    return deviation


@kernel()
def _within(state: float, kind: int) -> float:
    """Keep a state where it can be computed with: bounded, and positive if it is multiplied with."""
    return min(max(state, -LARGEST if kind == ADD else SMALLEST), LARGEST)


@kernel()
def _shuffled_errors(rows: int) -> Series:
    """Return (rows, paths) standard normal errors, the same quantiles in every row in another order."""
    count = min(PATHS, max(FEWEST, DRAWS // rows))
    normal = np.empty(count)
    for p in range(count):
        normal[p] = normal_quantile((p + 0.5) / count)
    shuffled = np.empty((rows, count))
    state = SEED
    for h in range(rows):
        for p in range(count - 1, 0, -1):
            state = state * MULTIPLIER % MODULUS
            other = state % (p + 1)
            kept = normal[p]
            normal[p] = normal[other]
            normal[other] = kept
        shuffled[h] = normal
    return shuffled


@kernel("f8[:,::1](i8, i8, i8, i8, i8, f8, f8[::1], f8[::1])")
def simulate(
    rows: int, phase: int, error: int, trend: int, season: int, sigma: float, smoothing: Series, states: Series
) -> Series:
    """Return (rows, paths) simulated continuations, all positive; the next value falls into season slot `phase`."""
    m = states.shape[0] - STATES
    path = _shuffled_errors(rows)
    count = path.shape[1]
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    seasons = np.empty(m)
    for p in range(count):
        level, growth = states[0], states[1]
        seasons[:] = states[STATES:]
        slot = phase
        for h in range(rows):
            grown, damped = grow(level, growth, trend, phi)
            grown, seasonal = _within(grown, season), _within(seasons[slot], season)
            mu = grown + seasonal if season == ADD else grown * seasonal
            mu = min(max(mu, -LARGEST), LARGEST)
            shock = sigma * path[h, p]
            path[h, p] = max(mu + (shock if error == ADD else mu * shock), SMALLEST)
            _, _, k, e_season = errors(path[h, p], grown, seasonal, season)
            growth = _within(damped + beta * growth_error(k, level, trend), trend)
            level = _within(grown + alpha * k, trend)
            seasons[slot] = seasonal + gamma * e_season
            slot = slot + 1 if slot + 1 < m else 0
    return path


@kernel("Tuple((f8[::1], f8[::1]))(f8[:,::1], f8[::1], f8)")
def bounds_of_paths(path: Series, value: Series, conf: float) -> tuple[Series, Series]:
    """Return the interval of coverage `conf` from simulated paths; it holds `value`, and all of them are positive.

    A wider interval than the paths can tell is stretched: upwards as it is, downwards by its logarithm.
    """
    rows = value.shape[0]
    low, high = np.empty(rows), np.empty(rows)
    inner = min(conf, FURTHEST)
    stretch = two_sided_quantile(conf) / two_sided_quantile(inner)
    for h in range(rows):
        low[h] = min(quantile(path[h], (1.0 - inner) / 2.0), value[h])
        high[h] = max(quantile(path[h], (1.0 + inner) / 2.0), value[h])
        if stretch > 1.0:
            low[h] = max(value[h] * (low[h] / value[h]) ** stretch, SMALLEST)
            high[h] = value[h] + stretch * (high[h] - value[h])
    return low, high


@kernel("void(f8[::1], f8[::1], i8)")
def widen_by_season(low: Series, high: Series, m: int) -> None:
    """Take back what chance narrows: without a trend no bound comes nearer than a season (m rows) before."""
    for h in range(m, low.shape[0]):
        low[h], high[h] = min(low[h], low[h - m]), max(high[h], high[h - m])

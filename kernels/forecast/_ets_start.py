"""Starting values of exponential smoothing: initial states from the first seasons, a grid of smoothing parameters.

Source: R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, "Forecasting with Exponential Smoothing" (2008),
section 2.6.1 (initial seasons from the first years, level and growth from a regression on the first values).
Cost: O(n).
"""

from __future__ import annotations

from math import exp, log

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._ets_recursion import ADD, MUL, SMALLEST, STATES

SEASONS = 5  # years that the initial seasons are averaged over
POINTS = 10  # values that level and growth are regressed on


@kernel()
def _line(x: Series, rows: int) -> tuple[float, float]:
    """Regress the first `rows` values on 1, 2, ...: value at 0, slope."""
    mean_t = (rows + 1) / 2.0
    mean = above = below = 0.0
    for i in range(rows):
        mean += x[i] / rows
    for i in range(rows):
        above += (i + 1 - mean_t) * (x[i] - mean)
        below += (i + 1 - mean_t) * (i + 1 - mean_t)
    slope = above / below if below > 0.0 else 0.0
    return mean - slope * mean_t, slope


@kernel("void(f8[::1], i8, i8, i8, f8[::1])")
def seasonal_pattern(y: Series, season: int, first: int, years: int, pattern: Series) -> None:
    """Average the m seasons of `years` years from year `first` on; they add up to 0, or to m."""
    m = pattern.shape[0]
    pattern[:] = 0.0
    for year in range(first, first + years):
        start = year * m
        mean = 0.0
        for j in range(m):
            mean += y[start + j] / m
        for j in range(m):
            pattern[j] += (y[start + j] - mean if season == ADD else y[start + j] / mean) / years
    if season == MUL:
        total = 0.0
        for j in range(m):
            pattern[j] = max(pattern[j], 100.0 * SMALLEST)
            total += pattern[j]
        for j in range(m):
            pattern[j] *= m / total


@kernel()
def _initial_seasons(y: Series, within: bool, season: int, pattern: Series) -> None:
    """Set the seasons from the first years; `within`: take off what the growth does within each year."""
    m = pattern.shape[0]
    years = min(y.shape[0] // m, SEASONS)
    seasonal_pattern(y, season, 0, years, pattern)
    if within:
        change = 0.0
        for j in range(m):
            change += (y[(years - 1) * m + j] - y[j]) / m
        slope = change / ((years - 1) * m)
        for j in range(m):
            pattern[j] -= slope * (j - (m - 1) / 2.0)


@kernel("void(f8[::1], i8, i8, i8, f8[::1])")
def initial_states(y: Series, trend: int, with_trend: int, season: int, states: Series) -> None:
    """Set the states before the first value; a season (m > 1) needs two whole years."""
    n, m = y.shape[0], states.shape[0] - STATES
    rows = min(n, POINTS)
    if m > 1:
        _initial_seasons(y, with_trend == 1 and season == ADD and trend == ADD, season, states[STATES:])
        rows = min(n, max(POINTS, 2 * m))
    else:
        states[STATES] = 0.0 if season == ADD else 1.0
    adjusted = np.empty(rows)
    for i in range(rows):
        seasonal = states[STATES + i % m]
        adjusted[i] = y[i] - seasonal if season == ADD else y[i] / seasonal
    if not with_trend:
        states[0], states[1] = np.mean(adjusted), 0.0
    elif trend == ADD:
        states[0], states[1] = _line(adjusted, rows)
    else:
        for i in range(rows):
            adjusted[i] = log(max(adjusted[i], 100.0 * SMALLEST))
        level, slope = _line(adjusted, rows)
        states[0], states[1] = exp(level), exp(slope)


ALPHAS = (0.03, 0.15, 0.4, 0.8, 0.98)
BETAS = (0.01, 0.15, 0.6, 0.95)
GAMMAS = (0.02, 0.25, 0.8)
PHI = 0.98


@kernel("f8[:,::1](i8, i8, i8)")
def smoothing_grid(with_trend: int, with_season: int, damped: int) -> Series:
    """Return rows of (alpha, beta / alpha, gamma / (1 - alpha), phi) to start from, gamma varying fastest."""
    trends = len(BETAS) if with_trend else 1
    seasons = len(GAMMAS) if with_season else 1
    grid = np.empty((len(ALPHAS) * trends * seasons, 4))
    row = 0
    for a in range(len(ALPHAS)):
        for b in range(trends):
            for c in range(seasons):
                grid[row, 0] = ALPHAS[a]
                grid[row, 1] = BETAS[b] if with_trend else 0.0
                grid[row, 2] = GAMMAS[c] if with_season else 0.0
                grid[row, 3] = PHI if damped else 1.0
                row += 1
    return grid


@kernel("b1(f8[::1], i8, i8, i8)")
def lowest_nearby(value: Series, row: int, with_trend: int, with_season: int) -> bool:
    """Tell whether no neighbour of a row of the grid, along one parameter, has a lower value."""
    trends = len(BETAS) if with_trend else 1
    seasons = len(GAMMAS) if with_season else 1
    stride, size = 1, seasons
    for axis in range(3):
        if axis == 1:
            stride, size = seasons, trends
        elif axis == 2:
            stride, size = seasons * trends, len(ALPHAS)
        place = row // stride % size
        if place > 0 and value[row - stride] < value[row]:
            return False
        if place + 1 < size and value[row + stride] < value[row]:
            return False
    return True

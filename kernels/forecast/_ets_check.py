"""Two checks that a fitted form must pass to be chosen automatically, whatever its information criterion.

1. The innovations of the level have mean zero, as the model assumes (G. E. P. Box and G. M. Jenkins, "Time Series
   Analysis: Forecasting and Control" (1970), chapter 8, diagnostic checking). Multiplicative errors can buy likelihood
   with a growth that the series never shows; forecasts would run away with it.
2. Forecasts from inside the series over the horizon that is asked for beat repeating the last season. The
   likelihood only looks one step ahead.

Where no form passes the second, one step ahead tells too little of the series, and smoothing parameters that forecast
well inside the series are looked for on a coarse grid, from a frozen season to repeating the last one.
Cost: O(n + origins h) each.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._ets_recursion import STATES, errors, grow, growth_error


@kernel("Tuple((f8, f8))(f8[::1], i8, i8, f8[::1], f8[::1], i8, i8, i8)")
def backtest(
    y: Series, trend: int, season: int, smoothing: Series, states: Series, rows: int, first: int, stride: int
) -> tuple[float, float]:
    """Return the level innovations' mean in standard errors, and the mean absolute error of a rolling-origin backtest.

    Its forecasts start before row `first` and every `stride` rows from there, each over `rows` rows or up to the
    series' end.
    """
    n, m = y.shape[0], states.shape[0] - STATES
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    level, growth = states[0], states[1]
    seasons = states[STATES:].copy()
    total = squares = missed = 0.0
    count = 0
    for t in range(n):
        if t >= first and (t - first) % stride == 0:
            ahead, ahead_growth = level, growth
            for j in range(t, min(t + rows, n)):
                ahead, ahead_growth = grow(ahead, ahead_growth, trend, phi)
                _, e, _, _ = errors(y[j], ahead, seasons[j % m], season)
                missed += abs(e)
                count += 1
        grown, damped = grow(level, growth, trend, phi)
        _, e, k, e_season = errors(y[t], grown, seasons[t % m], season)
        growth = damped + beta * growth_error(k, level, trend)
        level = grown + alpha * k
        seasons[t % m] += gamma * e_season
        total += k
        squares += k * k
    spread = squares / n - (total / n) ** 2
    deviation = abs(total) / n / sqrt(spread / n) if spread > 0.0 else 0.0
    return deviation, missed / count if count > 0 else 0.0


@kernel("f8(f8[::1], i8, i8, i8, i8)")
def naive_backtest(y: Series, m: int, rows: int, first: int, stride: int) -> float:
    """Return the mean absolute error of repeating the last m values from the same origins; ``first >= m``."""
    n = y.shape[0]
    missed = 0.0
    count = 0
    for t in range(first, n, stride):
        for j in range(t, min(t + rows, n)):
            missed += abs(y[j] - y[t - m + (j - t) % m])
            count += 1
    return missed / count if count > 0 else np.inf


@kernel("f8(f8[::1], i8, i8, i8, f8[::1], i8, i8, i8, f8[::1])")
def smooth_for_horizon(
    y: Series,
    trend: int,
    season: int,
    with_season: int,
    states: Series,
    rows: int,
    first: int,
    stride: int,
    smoothing: Series,
) -> float:
    """Set alpha and gamma of a form without trend to those of least inner error; return that error.

    Without a season the one slot of seasons must stay 0: any gamma would make a second level of it.
    """
    tried = np.array([0.0, 0.0, 0.0, 1.0])
    least = np.inf
    for alpha in (0.0, 0.03, 0.1, 0.3, 0.6, 1.0):
        for share in (0.0, 0.03, 0.1, 0.3, 0.6, 1.0):
            gamma = (1.0 - alpha) * share
            tried[0], tried[2] = (alpha, gamma) if with_season else (alpha + gamma, 0.0)
            _, missed = backtest(y, trend, season, tried, states, rows, first, stride)
            if missed < least:
                least = missed
                smoothing[:] = tried
    return least

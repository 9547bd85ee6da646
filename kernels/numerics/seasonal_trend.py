"""STL with a season that changes over the years: a series = trend + season + remainder, without robustness weights.

Source: R. B. Cleveland, W. S. Cleveland, J. E. McRae and I. Terpenning, "STL: A seasonal-trend decomposition procedure
based on loess", Journal of Official Statistics 6 (1990), sections 2 and 3. (`stl` is the robust one with a season that
repeats exactly.)
Cost: O(n) for a fixed number of points per window, whatever the windows.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.loess import smooth, tricube

PASSES = 2


@kernel()
def _local_mean(y: Series, at: int, window: int) -> float:
    """Evaluate loess of degree 0 and an odd `window` at the position `at`, which may lie one outside."""
    n = y.shape[0]
    first = min(max(at - window // 2, 0), max(n - window, 0))
    last = min(first + window, n)
    reach = float(max(at - first, last - 1 - at) + max(window - n, 0) // 2)
    total = weights = 0.0
    for i in range(first, last):
        w = tricube(float(abs(i - at)), reach)
        weights += w
        total += w * y[i]
    return total / weights if weights > 0.0 else float(y[min(max(at, 0), n - 1)])


@kernel()
def _smooth_cycle(cycle: Series, window: int, out: Series) -> None:
    """Smooth the values of one phase into `out`, which is one longer at both ends; every other value is fitted."""
    k = cycle.shape[0]
    jump = max(1, int(ceil(window / 10.0)))
    out[0] = _local_mean(cycle, -1, window)
    out[k + 1] = _local_mean(cycle, k, window)
    before = 0
    out[1] = _local_mean(cycle, 0, window)
    while before < k - 1:
        here = min(before + jump, k - 1)
        out[here + 1] = _local_mean(cycle, here, window)
        for i in range(before + 1, here):
            out[i + 1] = out[before + 1] + (out[here + 1] - out[before + 1]) * (i - before) / (here - before)
        before = here


@kernel()
def _moving_average(y: Series, length: int) -> Series:
    """Return the means of `length` neighbours."""
    out = np.empty(y.shape[0] - length + 1)
    total = 0.0
    for i in range(length):
        total += y[i]
    out[0] = total / length
    for i in range(1, out.shape[0]):
        total += y[i + length - 1] - y[i - 1]
        out[i] = total / length
    return out


@kernel("UniTuple(f8[::1], 2)(f8[::1], i8, i8)")
def decompose(y: Series, m: int, seasonal_window: int) -> tuple[Series, Series]:
    """Return (season, trend) of a series of more than two periods of length `m` >= 2.

    seasonal_window : odd, over which years the season may change.
    """
    n = y.shape[0]
    trend_window = int(ceil(1.5 * m / (1.0 - 1.5 / seasonal_window)))
    trend_window += 1 - trend_window % 2
    low_window = m + 1 - m % 2
    trend, season = np.zeros(n), np.zeros(n)
    cycles, low, all_ones = np.empty(n + 2 * m), np.empty(n), np.ones(n)
    for _ in range(PASSES):
        for phase in range(m):
            cycle = y[phase::m] - trend[phase::m]
            smoothed = np.empty(cycle.shape[0] + 2)
            _smooth_cycle(cycle, seasonal_window, smoothed)
            for i in range(smoothed.shape[0]):
                cycles[phase + i * m] = smoothed[i]
        averaged = _moving_average(_moving_average(_moving_average(cycles, m), m), 3)
        smooth(averaged, all_ones, False, low_window, int(ceil(low_window / 10.0)), low)
        season = cycles[m : m + n] - low
        smooth(y - season, all_ones, False, trend_window, int(ceil(trend_window / 10.0)), trend)
    return season, trend

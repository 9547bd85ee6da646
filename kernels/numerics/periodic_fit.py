"""A line and a season that repeats exactly, by medians: what a series is that has no noise, but for a few values.

Where most of a series follows such a pattern to the last digit, one pass of least squares smears an outlier over its
phase and its neighbourhood, and no scale of the remainder tells afterwards which values were right. Medians are not
moved by it: P. J. Rousseeuw and A. M. Leroy, "Robust Regression and Outlier Detection" (1987), chapter 1.
Cost: O(n log n).
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.quantiles import median


@kernel("f8[::1](f8[::1], i8)")
def fit_periodic(x: Series, period: int) -> Series:
    """Return the fitted values (n,) of n >= 2 periods of at least 2 rows.

    The slope is the median change from period to period, the season the median of each phase. Of two values in a phase
    the one counts that is nearer to a neighbouring phase, as no median tells them apart.
    """
    n = x.shape[0]
    slope = median(x[period:] - x[: n - period]) / period
    level = np.empty(n)
    for i in range(n):
        level[i] = x[i] - slope * i
    season = np.empty(period)
    for phase in range(period):
        season[phase] = median(level[phase::period].copy())
    for phase in range(n - 2 * period, period):  # those with two values only
        first, second = level[phase], level[phase + period]
        if first != second:
            before, after = season[phase - 1], season[(phase + 1) % period]
            nearer = min(abs(first - before), abs(first - after)) <= min(abs(second - before), abs(second - after))
            season[phase] = first if nearer else second
    fitted = np.empty(n)
    for i in range(n):
        fitted[i] = season[i % period] + slope * i
    return fitted

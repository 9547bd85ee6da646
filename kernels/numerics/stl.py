"""Robust periodic STL: a series = a season that repeats exactly + a smooth trend + a remainder.

Source: R. B. Cleveland, W. S. Cleveland, J. E. McRae and I. Terpenning, "STL: a seasonal-trend decomposition procedure
based on loess", Journal of Official Statistics 6 (1990), sections 2 and 3. Spans, jumps and the number of passes are
those that R documents for ``stl(x, s.window = "periodic", robust = TRUE)``, which the result equals.
Cost: O(n) per pass, 16 passes.
"""

from __future__ import annotations

from math import ceil

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.loess import smooth, tricube
from kernels.numerics.partial_sort import rs_median

PASSES = 16  # a first one and 15 with robustness weights


@kernel()
def _moving_mean(values: Series, length: int, size: int, out: Series) -> int:
    """Write the means of `length` neighbours among the first `size` values; return how many there are."""
    total = 0.0
    for i in range(length):
        total += values[i]
    out[0] = total / length
    count = size - length + 1
    for i in range(1, count):
        total += values[i + length - 1] - values[i - 1]
        out[i] = total / length
    return count


@kernel()
def _extend_cycles(
    detrended: Series, weights: Series, period: int, first: int, last: int, span: int, extended: Series
) -> None:
    """Smooth the subseries of the phases [first, last), all of one length, and extend them by one cycle at both ends.

    With a span of ten series the fit is a weighted mean that hardly moves; it is made at the ends and one step beyond
    them, with a straight line in between.
    """
    n = detrended.shape[0]
    length = (n - 1 - first) // period + 1
    wider = max(span - length, 0) // 2
    places = (-1, 0, length - 1, length)
    sums, totals = np.zeros((4, period)), np.zeros((4, period))
    for j in range(length):
        for f in range(4):
            farthest = max(abs(places[f]), abs(length - 1 - places[f]))
            near = tricube(abs(j - places[f]), farthest + wider)
            row = j * period
            for phase in range(first, last):
                weight = near * weights[row + phase]
                totals[f, phase] += weight
                sums[f, phase] += weight * detrended[row + phase]
    for phase in range(first, last):
        # where all weights are 0 an end keeps its value, and what lies beyond it the end's
        start = sums[1, phase] / totals[1, phase] if totals[1, phase] > 0.0 else detrended[phase]
        stop_row = (length - 1) * period + phase
        stop = sums[2, phase] / totals[2, phase] if totals[2, phase] > 0.0 else detrended[stop_row]
        extended[phase] = sums[0, phase] / totals[0, phase] if totals[0, phase] > 0.0 else start
        slope = (stop - start) / (length - 1)
        for j in range(length):
            extended[(j + 1) * period + phase] = start + slope * j
        after = sums[3, phase] / totals[3, phase] if totals[3, phase] > 0.0 else stop
        extended[(length + 1) * period + phase] = after


@kernel()
def _weigh(remainder: Series, weights: Series) -> None:
    """Write the bisquare robustness weights; 6 median absolute remainders and more weigh nothing."""
    for i in range(remainder.shape[0]):
        weights[i] = abs(remainder[i])
    bound = 6.0 * rs_median(weights)
    for i in range(remainder.shape[0]):
        size = weights[i]
        if size <= 0.001 * bound:
            weights[i] = 1.0
        elif size <= 0.999 * bound:
            ratio = size / bound
            weights[i] = (1.0 - ratio * ratio) * (1.0 - ratio * ratio)
        else:
            weights[i] = 0.0


@kernel("Tuple((f8[::1], f8[::1], f8[::1]))(f8[::1], i8)")
def decompose(x: Series, period: int) -> tuple[Series, Series, Series]:
    """Return the season, the trend and the robustness weights of x.

    Parameters
    ----------
    x : float64 (n,), n > 2 * period, magnitudes below 1e150.
    period : values in a season, >= 2.
    """
    n = x.shape[0]
    season_span = 10 * n + 1
    trend_span = int(ceil(1.5 * period / (1.0 - 1.5 / season_span))) | 1
    low_span = period | 1
    season, trend, weights = np.zeros(n), np.zeros(n), np.ones(n)
    work, low = np.empty(n), np.empty(n)
    extended, means, coarse = np.empty(n + 2 * period), np.empty(n + 2 * period), np.empty(n + 2 * period)
    ones = np.ones(n)
    longer = n % period  # so many phases have one value more
    for step in range(PASSES):
        for i in range(n):
            work[i] = x[i] - trend[i]
        if longer:
            _extend_cycles(work, weights, period, 0, longer, season_span, extended)
        _extend_cycles(work, weights, period, longer, period, season_span, extended)
        count = _moving_mean(extended, period, n + 2 * period, means)
        count = _moving_mean(means, period, count, coarse)
        count = _moving_mean(coarse, 3, count, means)
        smooth(means[:n], ones, False, low_span, (low_span + 9) // 10, low)
        for i in range(n):
            season[i] = extended[i + period] - low[i]
            work[i] = x[i] - season[i]
        smooth(work, weights, step > 0, trend_span, (trend_span + 9) // 10, trend)
        if step < PASSES - 1:
            for i in range(n):
                work[i] = x[i] - season[i] - trend[i]
            _weigh(work, weights)
    for phase in range(period):
        total = 0.0
        for i in range(phase, n, period):
            total += season[i]
        mean = total / ((n - 1 - phase) // period + 1)
        for i in range(phase, n, period):
            season[i] = mean
    return season, trend, weights

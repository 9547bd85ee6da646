"""Quantiles and the median without sorting the whole series.

A small sample brackets the wanted rank, one pass collects what lies inside the bracket, and only that is searched: the
idea of R. W. Floyd and R. L. Rivest, "Expected time bounds for selection", CACM 18 (1975), in one round. Quantiles
interpolate linearly: definition 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The
American Statistician 50 (1996).    Cost: O(n) expected, O(n log n) at worst.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series

SAMPLE = 1000
HALF_WIDTH = 48.0  # of the bracket, in ranks of the sample: 3 standard deviations of the median's rank
GOLDEN = 0.6180339887498949  # its multiples spread over the series and follow none of its periods


@kernel()
def _select(values: Series, rank: int) -> None:
    """Reorder so that ``values[rank]`` is in its place: C. A. R. Hoare, "Algorithm 65: Find", CACM 4 (1961).

    Three-way partitions make short work of equal values; a sort bounds the cost of an adverse order.
    """
    low, high = 0, values.shape[0]
    rounds = 60  # a third of the values goes in a usual one
    while high - low > 16 and rounds > 0:
        rounds -= 1
        first, middle, last = values[low], values[(low + high) >> 1], values[high - 1]
        pivot = max(min(first, middle), min(max(first, middle), last))
        below, index, above = low, low, high
        while index < above:
            value = values[index]
            if value < pivot:
                values[index] = values[below]
                values[below] = value
                below += 1
                index += 1
            elif value > pivot:
                above -= 1
                values[index] = values[above]
                values[above] = value
            else:
                index += 1
        if rank < below:
            high = below
        elif rank >= above:
            low = above
        else:
            return
    values[low:high].sort()


@kernel()
def _neighbours(x: Series, rank: int) -> tuple[float, float]:
    """Return the values numbers `rank` and `rank` + 1 of the sorted series; the same twice where `rank` is the last."""
    n = x.shape[0]
    capacity = n // 3 if n > 4 * SAMPLE else n
    inside = np.empty(capacity)
    count = below = 0
    low, high = -np.inf, np.inf
    if n > 4 * SAMPLE:
        sample = np.empty(SAMPLE)
        for i in range(SAMPLE):
            position = (i + 1) * GOLDEN
            sample[i] = x[int((position - int(position)) * n)]
        sample.sort()
        first = int(rank / n * SAMPLE - HALF_WIDTH)
        last = int((rank + 1) / n * SAMPLE + HALF_WIDTH)
        if first > 0:
            low = sample[first]
        if last < SAMPLE:
            high = sample[last]
        for i in range(n):  # no branches: the processor could not foresee them
            value = x[i]
            inside[min(count, capacity - 1)] = value
            count += (value >= low) & (value <= high)
            below += value < low
    bracketed = below <= rank and rank + 1 < below + count
    if bracketed and low == high:
        return float(low), float(low)
    if bracketed and count < capacity:
        candidates = inside[:count]
    else:
        below = 0
        candidates = x.copy()
    _select(candidates, rank - below)
    lower = upper = candidates[rank - below]
    if rank + 1 - below < candidates.shape[0]:
        upper = candidates[rank + 1 - below :].min()
    return float(lower), float(upper)


@kernel("f8(f8[::1], f8)")
def quantile(x: Series, fraction: float) -> float:
    """Return a quantile of n >= 1 finite values; `fraction` in [0, 1]. The values are not modified."""
    position = float(fraction * (x.shape[0] - 1))
    rank = int(position)
    weight = position - rank
    lower, upper = _neighbours(x, rank)
    if weight == 0.0:
        return lower
    if weight < 0.5:  # from the nearer end, so that rounding never leaves [lower, upper]
        return lower + (upper - lower) * weight
    return upper - (upper - lower) * (1.0 - weight)


@kernel("f8(f8[::1])")
def median(x: Series) -> float:
    """Return the median of n >= 1 finite values, which are not modified."""
    return quantile(x, 0.5)

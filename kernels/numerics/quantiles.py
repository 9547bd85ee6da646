"""Quantiles and the median without sorting the whole series.

A small sample brackets the wanted rank, one pass collects what lies inside the bracket, and only that is searched: the
idea of R. W. Floyd and R. L. Rivest, "Expected time bounds for selection", CACM 18 (1975), in one round. Quantiles
interpolate linearly: definition 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The
American Statistician 50 (1996).    Cost: O(n) expected; O(n log n) where the sample misleads.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series

SAMPLE = 1000
HALF_WIDTH = 48.0  # of the bracket, in ranks of the sample: 3 standard deviations of the median's rank
MOST_ROUNDS = 40  # about twice what 40 000 values in random order need; then a sort bounds the cost
GOLDEN = 0.6180339887498949  # its multiples spread over the series and follow none of its periods


@kernel()
def _put_in_place(values: Series, rank: int) -> None:
    """Reorder so that ``values[rank]`` is what a sort would put there, nothing before it larger, nothing after smaller.

    C. A. R. Hoare, "Algorithm 65: Find", CACM 4 (1961), on the median of three.
    """
    low, high = 0, values.shape[0] - 1
    rounds = 0
    while high - low > 32 and rounds < MOST_ROUNDS:
        rounds += 1
        first, middle, last = values[low], values[(low + high) >> 1], values[high]
        pivot = max(min(first, middle), min(max(first, middle), last))
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            high = j
        elif rank >= i:
            low = i
        else:
            return
    values[low : high + 1].sort()


@kernel()
def _neighbours(x: Series, rank: int) -> tuple[float, float]:
    """Return the values numbers `rank` and `rank` + 1 of the sorted series; the same twice where `rank` is the last."""
    n = x.shape[0]
    inside = np.empty(n)
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
            inside[count] = value
            count += (value >= low) & (value <= high)
            below += value < low
    if below <= rank and rank + 1 < below + count:
        if low == high:
            return float(low), float(low)
        near = inside[:count]
    else:
        below = 0
        inside[:] = x
        near = inside
    place = rank - below
    _put_in_place(near, place)
    upper = np.inf if place + 1 < near.shape[0] else near[place]
    for i in range(place + 1, near.shape[0]):
        upper = min(upper, near[i])
    return float(near[place]), float(upper)


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

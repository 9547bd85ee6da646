"""Order statistics by selection: quantiles and the median without a full sort.

Source: C. A. R. Hoare, "Algorithm 65: Find", CACM 4 (1961), with three-way partitioning so that many equal values
cost O(n); quantiles interpolate linearly, definition 7 of R. J. Hyndman and Y. Fan, "Sample quantiles in statistical
packages", The American Statistician 50 (1996).    Cost: O(n) expected; O(n log n) at worst (falls back to a sort).
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series


@kernel("void(f8[::1], i8, i8, i8)")
def select_within(values: Series, rank: int, low: int, high: int) -> None:
    """Reorder ``values[low:high]`` so that ``values[rank]`` is what a sort of that range would put there.

    Afterwards everything before `rank` is <= it and everything after is >= it. ``low <= rank < high``.
    """
    budget = 8
    size = high - low
    while size > 1:
        budget += 4
        size >>= 1
    while high - low > 16:
        if budget == 0:  # adversarial order: a sort bounds the cost
            break
        budget -= 1
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
def _between(lower: float, upper: float, weight: float) -> float:
    """Interpolate from the nearer end, so that rounding never leaves [lower, upper]."""
    gap = upper - lower
    if weight < 0.5:
        return lower + gap * weight
    return upper - gap * (1.0 - weight)


@kernel("f8(f8[::1], f8)")
def quantile_inplace(values: Series, fraction: float) -> float:
    """Return the quantile of `values` (n >= 1, reordered in place); `fraction` in [0, 1]."""
    n = values.shape[0]
    position = fraction * (n - 1)
    rank = int(position)
    select_within(values, rank, 0, n)
    lower = float(values[rank])
    weight = position - rank
    if weight == 0.0 or rank + 1 == n:
        return lower
    upper = np.inf
    for i in range(rank + 1, n):
        upper = min(upper, values[i])
    return _between(lower, upper, weight)


@kernel("f8(f8[::1])")
def median_inplace(values: Series) -> float:
    """Return the median of `values` (n >= 1, reordered in place)."""
    return quantile_inplace(values, 0.5)

"""Local outlier factor of one column: on sorted values the nearest neighbours are a window that slides.

Source: M. M. Breunig, H.-P. Kriegel, R. T. Ng and J. Sander, "LOF: identifying density-based local outliers", SIGMOD
(2000), definitions 3 to 7, with exactly k neighbours as in scikit-learn.    Cost: O(n k) after the sort.

Where more values than needed are equally far, they share what is missing to k: see `kernels.anomaly.lof`. Equally far
are distances that differ by no more than the values' rounding, or ties would depend on the unit: 0.3 - 0.2 < 0.2 - 0.1.
Equal values have equal factors, so everything is done once per distinct value (a group).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.quantiles import median

Places = NDArray[np.int32]  # short, because the memory they take is what slows down long series

ROUNDING = 4.0 * float(np.finfo(np.float64).eps)  # of the difference of two distances, in units of the values


@kernel()
def _groups(x: Series) -> tuple[Places, Places]:
    """Return the group of every row of sorted values, and where every group begins (closed by n)."""
    n = x.shape[0]
    group = np.empty(n, np.int32)
    begin = np.empty(n + 1, np.int32)
    g = -1
    for i in range(n):
        if i == 0 or x[i] != x[i - 1]:
            g += 1
            begin[g] = i
        group[i] = g
    begin[g + 1] = n
    return group, begin[: g + 2]


@kernel()
def _neighbourhoods(x: Series, k: int, group: Places, begin: Places) -> tuple[Series, Series, Places]:
    """Return for each group its k-distance, the share of its rim and where its neighbourhood lies.

    The rim are the values at exactly the k-distance: groups [first, inner first) and [inner end, end). Each of its
    values counts as `share` neighbours, 1 if untied; the values of [inner first, inner end) count as one each.
    """
    n, groups = x.shape[0], begin.shape[0] - 1
    distance, share = np.zeros(groups), np.ones(groups)
    bounds = np.empty((groups, 4), np.int32)  # first, inner first, inner end, end
    start = 0
    for g in range(groups):
        value = x[begin[g]]
        # the k + 1 nearest rows, itself included: move on while the next on the right beats the first on the left
        while start + k + 1 < n and (start + k < begin[g] or x[start + k + 1] - value < value - x[start]):
            start += 1
        far = max(value - x[start], x[start + k] - value)
        distance[g] = far
        low, high = group[start], group[start + k] + 1
        inner_low, inner_high = low, high
        if far > 0.0:
            rounding = min(ROUNDING * (abs(value) + far), 0.5 * far)
            nearer, farther = far - rounding, far + rounding
            while low > 0 and value - x[begin[low - 1]] <= farther:
                low -= 1
            while high < groups and x[begin[high]] - value <= farther:
                high += 1
            while value - x[begin[inner_low]] >= nearer:
                inner_low += 1
            while x[begin[inner_high - 1]] - value >= nearer:
                inner_high -= 1
            inner = begin[inner_high] - begin[inner_low]
            rim = begin[high] - begin[low] - inner
            if rim > 1:
                share[g] = (k + 1 - inner) / rim
        bounds[g, 0], bounds[g, 1], bounds[g, 2], bounds[g, 3] = low, inner_low, inner_high, high
    return distance, share, bounds


@kernel()
def _reach(value: Series, count: Series, distance: Series, g: int, low: int, high: int) -> float:
    """Add the reachability distances of group g from the groups [low, high), not from itself."""
    total = 0.0
    for h in range(low, min(g, high)):
        total += count[h] * max(distance[h], value[g] - value[h])
    for h in range(max(g + 1, low), high):
        total += count[h] * max(distance[h], value[h] - value[g])
    return total


@kernel()
def _dense(count: Series, density: Series, g: int, low: int, high: int) -> float:
    """Add the densities of the groups [low, high) without g."""
    total = 0.0
    for h in range(low, min(g, high)):
        total += count[h] * density[h]
    for h in range(max(g + 1, low), high):
        total += count[h] * density[h]
    return total


@kernel()
def set_densities(reach: Series, floor: float) -> None:
    """Turn mean reachability distances, of any unit, into densities; 0, that of equal rows, into the largest one.

    floor : added to every one, in units of the median of those above 0; 1e-300 at least, whose reciprocal is finite.
    """
    apart = reach[reach > 0.0]
    added = max(floor * median(apart), 1e-300) if apart.shape[0] > 0 else 1.0
    for g in range(reach.shape[0]):
        reach[g] = 1.0 / (reach[g] + added)


@kernel("f8[::1](f8[::1], i8, f8)")
def factors_on_line(x: Series, k: int, floor: float) -> Series:
    """Return the local outlier factors of n ascending values, 1 <= k < n.

    floor : added to every mean reachability distance, in units of their median; > 0.
    """
    group, begin = _groups(x)
    groups = begin.shape[0] - 1
    value, count = np.empty(groups), np.empty(groups)
    for g in range(groups):
        value[g], count[g] = x[begin[g]], begin[g + 1] - begin[g]
    distance, share, bounds = _neighbourhoods(x, k, group, begin)
    density = np.empty(groups)
    for g in range(groups):
        first, inner_first, inner_end, end = bounds[g, 0], bounds[g, 1], bounds[g, 2], bounds[g, 3]
        total = 0.0
        if distance[g] > 0.0:
            total = (count[g] - 1.0) * distance[g] + _reach(value, count, distance, g, inner_first, inner_end)
            rim = _reach(value, count, distance, g, first, inner_first)
            rim += _reach(value, count, distance, g, inner_end, end)
            total += share[g] * rim
        density[g] = total / k
    set_densities(density, floor)
    for g in range(groups):
        first, inner_first, inner_end, end = bounds[g, 0], bounds[g, 1], bounds[g, 2], bounds[g, 3]
        if distance[g] > 0.0:
            total = (count[g] - 1.0) * density[g] + _dense(count, density, g, inner_first, inner_end)
            rim = _dense(count, density, g, first, inner_first) + _dense(count, density, g, inner_end, end)
            distance[g] = (total + share[g] * rim) / k / density[g]  # from here on the factor
        else:
            distance[g] = 1.0
    result = np.empty(x.shape[0])
    for i in range(x.shape[0]):
        result[i] = distance[group[i]]
    return result

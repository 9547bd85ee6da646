"""Local outlier factor of several columns: exact, with a k-d tree.

Source: M. M. Breunig, H.-P. Kriegel, R. T. Ng and J. Sander, "LOF: identifying density-based local outliers", SIGMOD
(2000), definitions 3 to 7, with exactly k neighbours as in scikit-learn.
Cost: O(n k log n) in few columns; up to O(n^2 columns) in many, where no tree helps.

Ties as in `kernels.numerics.lof_line`: the points at exactly the k-distance (the rim) share what is missing to k.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.kd_tree import LEAF, Places, build, leeway, nearest, within
from kernels.numerics.lof_line import set_densities

STORED = 20_000_000  # neighbours that are kept at most; beyond, they are searched again


@kernel()
def _rim_weights(count: Series, found: Places, squared: Series, nearer: float, k: int, weight: Series) -> None:
    """Weigh all points up to the k-distance: their rows, or, from `nearer` on, their share of what is missing to k."""
    size = found.shape[0]
    inner = rim = 0.0
    for i in range(size):
        if squared[i] < nearer:
            inner += count[found[i]]
        else:
            rim += count[found[i]]
    share = (k + 1.0 - inner) / rim
    for i in range(size):
        weight[i] = count[found[i]] * (1.0 if squared[i] < nearer else share)


@kernel()
def _neighbours(
    columns: Series,
    count: Series,
    edges: Places,
    boxes: Series,
    place: int,
    k: int,
    found: Places,
    squared: Series,
    weight: Series,
) -> int:
    """Write the neighbours of the point at `place` to the front of found, squared and weight; return their number.

    A row is no neighbour of itself, but of its equals.
    """
    point = columns[:, place].copy()
    size = k + 1
    if nearest(columns, count, edges, boxes, point, squared[:size], found[:size], squared[size:]):
        far = squared[0]
        rounding = leeway(far, np.abs(point).max())
        size = within(columns, edges, boxes, point, far + rounding, found, squared)
        _rim_weights(count, found[:size], squared[:size], far - rounding, k, weight)
    else:
        weight[:size] = 1.0
    for i in range(size):
        if found[i] == place:
            weight[i] -= 1.0
            break
    return size


@kernel()
def _weigh(found: Places, squared: Series, weight: Series, far: Series, density: Series, with_density: bool) -> float:
    """Add the neighbours' densities, or, before these are known, the reachability distances from them."""
    total = 0.0
    for i in range(found.shape[0]):
        h = found[i]
        total += weight[i] * (density[h] if with_density else sqrt(max(far[h], squared[i])))
    return total


@kernel("f8[::1](f8[:, ::1], f8[::1], i8, f8)")
def factors_in_space(points: Series, counts: Series, k: int, floor: float) -> Series:
    """Return the local outlier factors of distinct points.

    Parameters
    ----------
    points : float64 (n, columns), pairwise different, coordinates below 1e150.
    counts : float64 (n,), how many rows are at each point; 1 <= k < sum of the counts.
    floor : added to every mean reachability distance, in units of their median; > 0.
    """
    n = points.shape[0]
    order, edges, boxes = build(points)
    columns, count = np.ascontiguousarray(points[order].T), counts[order]
    room = n + k + 1 + LEAF
    found, squared, weight = np.empty(room, np.int64), np.empty(room), np.empty(room)
    capacity = min(n * (k + 1), STORED)
    kept, kept_squared, kept_weight = np.empty(capacity, np.int64), np.empty(capacity), np.empty(capacity)
    begin, size, used = np.zeros(n, np.int64), np.zeros(n, np.int64), 0
    far = np.zeros(n)  # squared k-distance; 0 where more than k rows are equal: these are their own neighbours
    for g in range(n):
        if count[g] > k:
            continue
        size[g] = _neighbours(columns, count, edges, boxes, g, k, found, squared, weight)
        far[g] = squared[: size[g]].max()
        begin[g] = used if used + size[g] <= capacity else -1
        if begin[g] >= 0:
            end = used + size[g]
            kept[used:end], kept_squared[used:end] = found[: size[g]], squared[: size[g]]
            kept_weight[used:end] = weight[: size[g]]
            used = end
    density, factor = np.zeros(n), np.ones(n)
    for step in range(2):  # the densities first, then the factors
        for g in range(n):
            if far[g] == 0.0:
                continue
            if begin[g] >= 0:
                near = slice(begin[g], begin[g] + size[g])
                total = _weigh(kept[near], kept_squared[near], kept_weight[near], far, density, step == 1)
            else:
                near = slice(0, _neighbours(columns, count, edges, boxes, g, k, found, squared, weight))
                total = _weigh(found[near], squared[near], weight[near], far, density, step == 1)
            if step == 0:
                density[g] = total / k
            else:
                factor[order[g]] = total / k / density[g]
        if step == 0:
            set_densities(density, floor)
    return factor

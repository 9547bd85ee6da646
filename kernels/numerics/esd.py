"""Generalized extreme studentized deviate (ESD) test with median and MAD: which values are outliers, up to a number.

Source: B. Rosner, "Percentage points for a generalized ESD many-outlier procedure", Technometrics 25 (1983), section 2;
median and MAD instead of mean and standard deviation from J. Hochenbaum, O. S. Vallis and A. Kejariwal, "Automatic
anomaly detection in the cloud via statistical learning", arXiv:1704.07706 (2017), section 4.
Cost: O(k log n) for k removals from sorted values: what is left is always a range, its median is in its middle, and
its MAD is an order statistic of two ascending lists, the distances to the left and to the right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Flags, Series
from kernels.numerics.student_t import largest_deviate

NORMAL = 1.4826  # MAD of a normal distribution in standard deviations, rounded as in R's mad()
BOTH, POSITIVE, NEGATIVE = 0, 1, -1


@kernel()
def _range_median(ordered: Series, low: int, high: int) -> float:
    middle = (low + high) // 2
    if (high - low) % 2:
        return float(ordered[middle])
    return float(0.5 * (ordered[middle - 1] + ordered[middle]))


@kernel()
def _distance(ordered: Series, low: int, high: int, centre: float, rank: int) -> float:
    """Return the distance number `rank` (from 0) to `centre`, which lies inside ``ordered[low:high]``."""
    split = (low + high) // 2  # everything before is <= centre, the rest >= centre
    left, right = split - low, high - split
    fewest, most = max(0, rank + 1 - right), min(rank + 1, left)
    while fewest < most:  # how many of the rank + 1 smallest are on the left
        taken = (fewest + most) // 2
        if centre - ordered[split - 1 - taken] < ordered[split + rank - taken] - centre:
            fewest = taken + 1
        else:
            most = taken
    distance = 0.0
    if fewest > 0:
        distance = centre - ordered[split - fewest]
    if rank - fewest >= 0:
        distance = max(distance, ordered[split + rank - fewest] - centre)
    return distance


@kernel()
def _mad(ordered: Series, low: int, high: int, centre: float) -> float:
    size = high - low
    upper = _distance(ordered, low, high, centre, size // 2)
    if size % 2:
        return NORMAL * upper
    return NORMAL * 0.5 * (_distance(ordered, low, high, centre, size // 2 - 1) + upper)


@kernel()
def _first_rows_outside(ordered: Series, order: NDArray[np.int64]) -> None:
    """Turn runs of equal values around in the upper half, so that on both sides the first row is the outermost."""
    n = order.shape[0]
    begin = n // 2
    while begin < n:
        end = begin + 1
        while end < n and ordered[end] == ordered[begin]:
            end += 1
        order[begin:end] = order[begin:end][::-1].copy()
        begin = end


@kernel()
def _away(x: Series, centre: float, side: int) -> Series:
    """Return the distances from the centre to the wanted side."""
    distance = np.empty(x.shape[0])
    for i in range(x.shape[0]):
        away = x[i] - centre
        distance[i] = max(away * side, 0.0) if side != BOTH else abs(away)
    return distance


@kernel("Tuple((i1[::1], f8[::1]))(f8[::1], i8[::1], i8, f8, i8)")
def hybrid_esd(x: Series, order: NDArray[np.int64], most: int, alpha: float, side: int) -> tuple[Flags, Series]:
    """Test for up to `most` outliers.

    Parameters
    ----------
    x : float64 (n,), magnitudes below 1e300.
    order : (n,) rows by ascending value, equal values in row order; overwritten.
    most : 1 <= most <= n - 2.
    alpha : significance, in (0, 1).
    side : `BOTH`, `POSITIVE` or `NEGATIVE` outliers.

    Returns
    -------
    flags : int8 (n,): -1 for an outlier, else 1. Of equal values the earlier rows go first. Where the MAD is 0 from the
        start, all values off the median are outliers if there are no more than `most` of them, else none.
    score : float64 (n,): distance from the median to the wanted side, in units of the scaled MAD; where that is 0, in
        units of the largest distance.
    """
    n = x.shape[0]
    ordered = x[order]
    _first_rows_outside(ordered, order)
    low, high = 0, n
    removed, deviate = np.empty(most, np.int64), np.empty(most)
    steps = 0
    centre = _range_median(ordered, 0, n)
    unit = _mad(ordered, 0, n, centre)
    score = _away(x, centre, side)
    scale = unit if unit > 0.0 else score.max()
    flags = np.ones(n, np.int8)
    if unit == 0.0 and np.sum(x != centre) <= most:
        flags[score > 0.0] = -1
    while steps < most and unit > 0.0:
        above, below = ordered[high - 1] - centre, centre - ordered[low]
        upper = side == POSITIVE or (
            side == BOTH and (above > below or (above == below and order[high - 1] < order[low]))
        )
        if upper:
            high -= 1
            removed[steps], deviate[steps] = order[high], above / unit
        else:
            removed[steps], deviate[steps] = order[low], below / unit
            low += 1
        steps += 1
        centre = _range_median(ordered, low, high)
        unit = _mad(ordered, low, high, centre)
    tails = 2.0 if side == BOTH else 1.0
    outliers, critical = 0, -np.inf
    for i in range(steps - 1, -1, -1):
        # the critical value falls from step to step: what does not exceed a later one does not exceed its own
        if deviate[i] > critical:
            left = n - i
            critical = largest_deviate(alpha / (tails * left), left)
            if deviate[i] > critical:
                outliers = i + 1
                break
    for i in range(outliers):
        flags[removed[i]] = -1
    if scale > 0.0:
        for i in range(n):
            score[i] = min(score[i] / scale, np.finfo(np.float64).max)
    return flags, score

"""Where a series changes for good: the segments, of one level or one line each, that cost least.

Source: R. Killick, P. Fearnhead and I. A. Eckley, "Optimal detection of changepoints with a linear computational cost",
Journal of the American Statistical Association 107 (2012), the algorithm PELT, with a least length.    Cost: O(n) to
O(n**2), the less the more changes there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

Begins = NDArray[np.int64]  # (segments + 1,): where each begins, and the number of rows
LEVEL, LINE = 1, 2  # parameters of a segment


@kernel("f8[:,::1](f8[::1])")
def running_sums(y: Series) -> Series:
    """Return the sums of y, y * row and y * y over the first 0, 1, ..., n rows, (3, n + 1)."""
    n = y.shape[0]
    sums = np.zeros((3, n + 1))
    for i in range(n):
        sums[0, i + 1] = sums[0, i] + y[i]
        sums[1, i + 1] = sums[1, i] + y[i] * i
        sums[2, i + 1] = sums[2, i] + y[i] * y[i]
    return sums


@kernel()
def squares(sums: Series, begin: int, end: int, parameters: int) -> float:
    """Return the sum of the squared distances of rows [begin, end) from their mean, or from their line."""
    rows = end - begin
    total = sums[0, end] - sums[0, begin]
    rest = sums[2, end] - sums[2, begin] - total * total / rows
    if parameters == LINE and rows > 1:
        middle = 0.5 * (begin + end - 1)
        along = sums[1, end] - sums[1, begin] - middle * total
        rest -= along * along * 12.0 / (rows * (rows * rows - 1.0))
    return float(max(rest, 0.0))


@kernel()
def _reciprocals(n: int, parameters: int) -> tuple[Series, Series]:
    """Return 1 / rows and, for lines, 1 / the squares of so many rows around their middle: divisions are slow."""
    of_rows, of_squares = np.zeros(n + 1), np.zeros(n + 1)
    for rows in range(1, n + 1):
        of_rows[rows] = 1.0 / rows
        if parameters == LINE and rows > 1:
            of_squares[rows] = 12.0 / (rows * (rows * rows - 1.0))
    return of_rows, of_squares


@kernel()
def _keep_open(begins: Begins, closing: Begins, count: int, end: int) -> int:
    """Keep those of the first so many begins that close after `end`; return how many they are."""
    kept = 0
    for c in range(count):
        if closing[c] > end:
            begins[kept], closing[kept] = begins[c], closing[c]
            kept += 1
    return kept


@kernel("Tuple((i8[::1], f8))(f8[:,::1], i8, i8, f8)")
def segments(sums: Series, parameters: int, least: int, penalty: float) -> tuple[Begins, float]:
    """Return the segments of at least so many rows whose squares and penalties, one for a change, are least in sum.

    Parameters
    ----------
    sums : `running_sums` of n >= `least` rows.
    parameters : LEVEL or LINE. penalty : > 0.

    Returns
    -------
    begins : int64 (k + 1,). cost : the sum.
    """
    n = sums.shape[1] - 1
    values, along, total_squares = sums[0], sums[1], sums[2]
    over_rows, over_squares = _reciprocals(n, parameters)
    best = np.full(n + 1, np.inf)
    best[0] = -penalty
    before = np.zeros(n + 1, np.int64)
    begins = np.empty(n + 1, np.int64)  # where the last segment may begin
    closing = np.empty(n + 1, np.int64)  # at which end it may no more
    costs = np.empty(n + 1)
    count = 0
    for end in range(least, n + 1):
        if best[end - least] < np.inf:
            begins[count] = end - least
            closing[count] = n + 1
            count += 1
        count = _keep_open(begins, closing, count, end)
        lowest, at = np.inf, 0
        for c in range(count):
            begin = begins[c]
            rows = end - begin
            total = values[end] - values[begin]
            mean = total * over_rows[rows]
            slope = along[end] - along[begin] - 0.5 * (begin + end - 1) * total
            rest = total_squares[end] - total_squares[begin] - total * mean - slope * slope * over_squares[rows]
            costs[c] = best[begin] + max(rest, 0.0)
            if costs[c] < lowest:
                lowest, at = costs[c], begin
        best[end], before[end] = lowest + penalty, at
        for c in range(count):
            if costs[c] > best[end]:  # then it is not the best of any end `least` rows later either
                closing[c] = min(closing[c], end + least)
    found = np.empty(n // least + 2, np.int64)
    at, end = 0, n
    while end > 0:
        found[at] = end
        at += 1
        end = before[end]
    found[at] = 0
    return found[: at + 1][::-1].copy(), best[n]


@kernel()
def _gain(sums: Series, noise: Series, loudness: Series, begin: int, change: int, end: int, parameters: int) -> float:
    """Return the evidence that rows [begin, end) alone give."""
    first, second = change - begin, end - change
    loud_first = (loudness[change] - loudness[begin]) / first
    loud_second = (loudness[end] - loudness[change]) / second
    if parameters == LEVEL:
        step = (sums[0, end] - sums[0, change]) / second - (sums[0, change] - sums[0, begin]) / first
        chance = noise[first] * loud_first / first + noise[second] * loud_second / second
        return float(step * step / chance)
    better = squares(sums, begin, end, LINE) - squares(sums, begin, change, LINE) - squares(sums, change, end, LINE)
    return float(better / (noise[(first + second + 1) // 2] * max(loud_first, loud_second)))


@kernel()
def _evidence(
    sums: Series, noise: Series, loudness: Series, begin: int, change: int, end: int, parameters: int, least: int
) -> float:
    """Return the greatest evidence of a change between two segments, near it and as far as they reach."""
    best = 0.0
    reach = least
    while True:
        first, last = max(begin, change - reach), min(end, change + reach)
        best = max(best, _gain(sums, noise, loudness, first, change, last, parameters))
        if first == begin and last == end:
            return best
        reach *= 2


@kernel("Tuple((i8[::1], f8[::1]))(f8[:,::1], f8[::1], f8[::1], i8[::1], i8, i8, f8)")
def significant(
    sums: Series, noise: Series, loudness: Series, begins: Begins, parameters: int, least: int, bound: float
) -> tuple[Begins, Series]:
    """Return the begins that are left, the least evident change being undone until none can be chance, and evidence.

    Parameters
    ----------
    sums : `running_sums` of n rows.
    noise : (n + 1,), > 0, the variance that a row counts for in segments of so many rows.
    loudness : (n + 1,), running sums of how much louder than usual the noise is at each row, > 0.
    begins : as `segments` returns them.
    least : rows on each side that a change is looked at from, and twice as many, until the segments end.
    bound : the evidence that a change needs.

    Returns
    -------
    begins : int64 (k + 1,). evidence : (k + 1,), how much better two segments are than one, in variances of chance:
        of chance alone chi-squared, with as many degrees of freedom as there are parameters; inf at both ends.
    """
    kept = begins.copy()
    count = kept.shape[0]
    worth = np.full(count, np.inf)
    for c in range(1, count - 1):
        worth[c] = _evidence(sums, noise, loudness, kept[c - 1], kept[c], kept[c + 1], parameters, least)
    while count > 2:
        weakest = 1
        for c in range(2, count - 1):
            if worth[c] < worth[weakest]:
                weakest = c
        if worth[weakest] > bound:
            break
        for c in range(weakest, count - 1):
            kept[c], worth[c] = kept[c + 1], worth[c + 1]
        count -= 1
        for c in range(max(weakest - 1, 1), min(weakest + 1, count - 1)):
            worth[c] = _evidence(sums, noise, loudness, kept[c - 1], kept[c], kept[c + 1], parameters, least)
    return kept[:count].copy(), worth[:count].copy()

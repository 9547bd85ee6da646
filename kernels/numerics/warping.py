"""Dynamic time warping: the cheapest way to match the rows of two series in order, each row at least once.

Source: H. Sakoe and S. Chiba, "Dynamic programming algorithm optimization for spoken word recognition", IEEE Trans.
ASSP 26 (1978); the search by resolutions is S. Salvador and P. Chan, "FastDTW: toward accurate dynamic time warping in
linear time and space", Intelligent Data Analysis 11 (2007), section 3. A match costs |a - b|.
Cost: O(cells of the window) time, a byte for each.

Where several ways cost the same, the step that repeats a row of the second series comes first, then the one that
repeats a row of the first, then the diagonal: the order in which FastDTW as published looks at them, so that paths are
the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import BadSeries, Series

Rows = NDArray[np.int64]
MAX_CELLS = 64_000_000  # of a window: as many bytes, and about a third of a second
UP, LEFT, DIAGONAL = 0, 1, 2


def everywhere(n: int, m: int, band: int = 0) -> tuple[Rows, Rows]:
    """Return the window of all pairs of rows, or of those at most `band` rows apart; 0 for no band.

    A band narrower than the difference of both lengths is widened to that.
    """
    row = np.arange(n)
    width = max(band, abs(n - m)) if band else max(n, m)
    return np.maximum(row - width, 0), np.minimum(row + width + 1, m)


def match(x: Series, y: Series, low: Rows, high: Rows) -> tuple[float, Rows]:
    """Return the distance of two series and the cheapest path within a window.

    Parameters
    ----------
    x, y : float64 (n,), (m,), at least one value each.
    low, high : int64 (n,), neither ever falling, ``low[0] == 0``, ``high[-1] == m``, ``low[i] <= high[i - 1]``: row i
        may be matched with the rows from ``low[i]`` up to but not with ``high[i]``.

    Returns
    -------
    distance, and int64 (k, 2): rows of x and y that belong together, from (0, 0) to (n - 1, m - 1).

    Raises
    ------
    BadSeries : a window too large, a distance out of range.
    """
    cells = int((high - low).sum())
    if cells > MAX_CELLS:
        raise BadSeries(
            f"{cells} pairs of rows would be looked at, at most {MAX_CELLS} are allowed; a band makes it fewer"
        )
    largest = max(float(np.abs(x).max()), float(np.abs(y).max()))
    if not np.isfinite(2.0 * largest * (len(x) + len(y))):
        raise BadSeries(f"the distance would leave the range of floating-point numbers, the largest value is {largest}")
    return _match(x, y, low, high)


def match_by_resolutions(x: Series, y: Series, radius: int) -> tuple[float, Rows]:
    """Return distance and path as FastDTW finds them: the window is what lies around the path of half the resolution.

    radius : rows around that path, >= 1, in those of the half resolution. Raises BadSeries as `match` does.
    """
    halved = [(x, y)]
    while min(map(len, halved[-1])) >= radius + 2:
        x, y = halved[-1]
        halved.append((_half(x), _half(y)))
    x, y = halved.pop()
    distance, path = match(x, y, *everywhere(len(x), len(y)))
    while halved:
        x, y = halved.pop()
        distance, path = match(x, y, *_around(path, len(x), len(y), radius))
    return distance, path


@kernel("f8[::1](f8[::1])")
def _half(x: Series) -> Series:
    """Return the means of two rows each; a last odd one is left out."""
    found = np.empty(x.shape[0] // 2)
    for i in range(found.shape[0]):
        found[i] = (x[2 * i] + x[2 * i + 1]) / 2
    return found


@kernel("Tuple((i8[::1], i8[::1]))(i8[:, ::1], i8, i8, i8)")
def _around(path: Rows, n: int, m: int, radius: int) -> tuple[Rows, Rows]:
    """Return the window of (n, m) rows around a path of half as many."""
    rows = path[-1, 0] + 1
    first, last = np.empty(rows, np.int64), np.empty(rows, np.int64)
    for k in range(path.shape[0] - 1, -1, -1):
        first[path[k, 0]] = path[k, 1]
    for k in range(path.shape[0]):
        last[path[k, 0]] = path[k, 1]
    low, high = np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        low[i] = max(2 * (first[max(i // 2 - radius, 0)] - radius), 0)
        high[i] = min(2 * (last[min(i // 2 + radius, rows - 1)] + radius + 1), m)
    return low, high


@kernel("Tuple((f8, i8[:, ::1]))(f8[::1], f8[::1], i8[::1], i8[::1])")
def _match(x: Series, y: Series, low: Rows, high: Rows) -> tuple[float, Rows]:
    n, m = x.shape[0], y.shape[0]
    cells = 0
    for i in range(n):
        cells += high[i] - low[i]
    steps = np.empty(cells, np.uint8)
    begin = np.empty(n, np.int64)  # where column 0 of a row would be among the steps
    cost = np.full(m + 1, np.inf)  # of the cells of the row before, from column -1 on
    cells = 0
    for i in range(n):
        begin[i] = cells - low[i]
        cells += high[i] - low[i]
        left, diagonal = np.inf, np.inf
        if i == 0:
            diagonal = 0.0
        elif low[i] > low[i - 1]:  # else what stands there is of an older row
            diagonal = cost[low[i]]
        for j in range(low[i], high[i]):
            apart = abs(x[i] - y[j])
            up = cost[j + 1]
            best, step = up + apart, UP
            if left + apart < best:
                best, step = left + apart, LEFT
            if diagonal + apart < best:
                best, step = diagonal + apart, DIAGONAL
            diagonal = up
            left = best
            cost[j + 1] = best
            steps[begin[i] + j] = step
    backwards = np.empty((n + m, 2), np.int64)
    i, j, count = n - 1, m - 1, 0
    while i >= 0 and j >= 0:
        backwards[count, 0], backwards[count, 1] = i, j
        count += 1
        step = steps[begin[i] + j]
        i -= step != LEFT
        j -= step != UP
    return float(cost[m]), backwards[:count][::-1].copy()


@kernel("f8(f8[::1], f8[::1], i8[::1], i8[::1], f8)")
def _cost(x: Series, y: Series, low: Rows, high: Rows, limit: float) -> float:
    """Return what `_match` does without the path, or infinity once no way within the limit is left."""
    cost = np.full(y.shape[0] + 1, np.inf)
    for i in range(x.shape[0]):
        left, diagonal, least, value = np.inf, np.inf, np.inf, x[i]
        if i == 0:
            diagonal = 0.0
        elif low[i] > low[i - 1]:
            diagonal = cost[low[i]]
        for j in range(low[i], high[i]):
            up = cost[j + 1]
            left = min(min(up, diagonal), left) + abs(value - y[j])
            least = min(least, left)
            diagonal = up
            cost[j + 1] = left
        if least > limit:
            return float(np.inf)
    return float(cost[y.shape[0]])


@kernel("f8(f8[::1], f8[::1], i8, f8)")
def distance(x: Series, y: Series, radius: int, limit: float) -> float:
    """Return the distance that `match_by_resolutions` finds, infinity where it is known to be above the limit.

    x, y : as there; the caller sees to it that cells and distance stay in range.
    """
    xs, ys = [x], [y]
    while min(xs[-1].shape[0], ys[-1].shape[0]) >= radius + 2:
        xs.append(_half(xs[-1]))
        ys.append(_half(ys[-1]))
    at = len(xs) - 1
    low, high = np.zeros(xs[at].shape[0], np.int64), np.full(xs[at].shape[0], ys[at].shape[0])
    while at > 0:
        path = _match(xs[at], ys[at], low, high)[1]
        at -= 1
        low, high = _around(path, xs[at].shape[0], ys[at].shape[0], radius)
    return _cost(xs[0], ys[0], low, high, limit)

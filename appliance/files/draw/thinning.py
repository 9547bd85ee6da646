"""Thins a series out to what can be seen: where there are more rows than pixels, each pixel keeps its extremes.

Source: for each pixel column the first, the last, the lowest and the highest row draw the same line as all rows:
U. Jugel et al., "M4: a visualization-oriented time series data aggregation", VLDB 7 (2014).    Cost: O(n).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.protocol.times import GAP, rhythm
from kernels.contract import Series, Times

Rows = NDArray[np.intp]
PER_PIXEL = 4


def since(times: Times, start: int) -> Series:
    """Return how long after `start` each time is, as float64; no difference of two int64 overflows."""
    later = times.astype(np.uint64) - np.uint64(start % 2**64)
    return later.astype(np.float64)


def visible(times: Times, values: Series, pixels: int) -> Rows:
    """Return the rows that a drawing `pixels` wide needs.

    Parameters
    ----------
    times : int64 (n,), increasing. values : float64 (n,), finite.

    Returns
    -------
    Increasing row numbers, at most PER_PIXEL for each pixel; all rows where there are no more than that.
    """
    n = len(times)
    if n <= PER_PIXEL * pixels:
        return np.arange(n)
    passed = since(times, int(times[0]))
    pixel = np.minimum((passed / passed[-1] * pixels).astype(np.intp), pixels - 1)
    first = np.flatnonzero(np.diff(pixel, prepend=-1))
    last = np.append(first[1:], n) - 1
    lengths = last - first + 1
    keep = [first, last]
    for extreme in (np.minimum, np.maximum):
        rows = np.flatnonzero(values == np.repeat(extreme.reduceat(values, first), lengths))
        keep.append(rows[np.flatnonzero(np.diff(pixel[rows], prepend=-1))])  # the first such row of each pixel
    return np.unique(np.concatenate(keep))


def gaps(times: Times, rows: Rows, pixels: int) -> Rows:
    """Return before which of some visible rows rows are missing: places in `rows`, of gaps wider than a pixel.

    None where no step is usual, so that nothing can be missing.
    """
    if len(rows) < 3 or (steps := rhythm(times)).none:
        return np.empty(0, np.intp)
    missing = np.cumsum(np.diff(times, prepend=times[0]) > GAP * steps.usual)
    wide = np.diff(since(times[rows], int(times[0]))) * pixels > since(times[-1:], int(times[0]))[0]
    return np.flatnonzero((np.diff(missing[rows]) > 0) & wide) + 1

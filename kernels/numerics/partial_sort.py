"""The median as R's `stl` finds it.

R sorts partially, by R. C. Singleton, "Algorithm 347", CACM 12 (1969), as changed by J. M. Chambers, "Algorithm 410:
Partial sorting", CACM 14 (1971): segments without a wanted rank are left alone. That algorithm expects the ranks in
ascending order, and `stl` asks for the two middle ones of an even number of values in descending order, so that
sometimes a neighbour of the median comes out. Where answers must equal R's, so must this.    Cost: O(n) expected.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.quantiles import median

SHORT = 10  # segments up to this length are sorted outright
DEPTH = 64  # the longer part waits, so that at most log2(n) segments do


@kernel()
def _partition(a: Series, first: int, last: int) -> tuple[int, int]:
    """Part a segment by the median of three; return where the upper part begins and where the lower one ends."""
    middle = (first + last + 2) // 2 - 1
    if a[first] > a[middle]:
        a[first], a[middle] = a[middle], a[first]
    if a[middle] > a[last]:
        a[middle], a[last] = a[last], a[middle]
        if a[first] > a[middle]:
            a[first], a[middle] = a[middle], a[first]
    pivot, low, high = a[middle], first, last
    while True:
        high -= 1
        while a[high] > pivot:
            high -= 1
        low += 1
        while a[low] < pivot:
            low += 1
        if low > high:
            return low, high
        a[low], a[high] = a[high], a[low]


@kernel()
def _sort_for_ranks(a: Series, upper: int, lower: int) -> None:
    """Sort as far as Chambers' algorithm does when asked for the ranks `upper`, `lower` (from 0) in that order."""
    wanted = (upper, lower)
    waiting = np.empty((DEPTH, 4), np.int64)
    waiting[0, 0], waiting[0, 1], waiting[0, 2], waiting[0, 3] = 0, a.shape[0] - 1, 0, 2
    depth = 1
    while depth > 0:
        depth -= 1
        first, last, begin, end = waiting[depth, 0], waiting[depth, 1], waiting[depth, 2], waiting[depth, 3]
        while begin < end and last - first > SHORT:
            low, high = _partition(a, first, last)
            if high - first > last - low:  # the longer part waits
                cut = begin
                while cut < end and wanted[cut] < low:
                    cut += 1
                waiting[depth, 0], waiting[depth, 1], waiting[depth, 2], waiting[depth, 3] = first, high, begin, cut
                first, begin = low, cut
            else:
                cut = end
                while cut > begin and wanted[cut - 1] > high:
                    cut -= 1
                waiting[depth, 0], waiting[depth, 1], waiting[depth, 2], waiting[depth, 3] = low, last, cut, end
                last, end = high, cut
            depth += 1
        if begin < end:
            a[first : last + 1].sort()


@kernel("f8(f8[::1])")
def rs_median(values: Series) -> float:
    """Return what R's `stl` takes for the median of n >= 1 finite values, which are not modified."""
    n = values.shape[0]
    if n % 2 == 1:  # one rank only, found rightly
        return median(values)
    a = values.copy()
    _sort_for_ranks(a, n // 2, n // 2 - 1)
    return float(0.5 * (a[n // 2] + a[n // 2 - 1]))

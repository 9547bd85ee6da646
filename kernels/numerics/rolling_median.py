"""Running median of a window that is centred on every row, and narrower at both ends.

Cost: O(n log window) comparisons; the sorted window is moved in place, which for some hundred values is faster than
any tree or heap.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series


@kernel()
def _place(ordered: Series, count: int, value: float) -> int:
    """Return the number of values below `value` among the first so many."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@kernel()
def _insert(ordered: Series, count: int, value: float) -> int:
    """Put a value in its place among the first so many; return how many they are now."""
    at = _place(ordered, count, value)
    for j in range(count, at, -1):
        ordered[j] = ordered[j - 1]
    ordered[at] = value
    return count + 1


@kernel()
def _remove(ordered: Series, count: int, value: float) -> int:
    for j in range(_place(ordered, count, value), count - 1):
        ordered[j] = ordered[j + 1]
    return count - 1


@kernel()
def _replace(ordered: Series, count: int, gone: float, come: float) -> None:
    """Remove one value and insert another; only what lies between their places is moved."""
    at = _place(ordered, count, gone)
    while at + 1 < count and ordered[at + 1] < come:
        ordered[at] = ordered[at + 1]
        at += 1
    while at > 0 and ordered[at - 1] > come:
        ordered[at] = ordered[at - 1]
        at -= 1
    ordered[at] = come


@kernel("f8[::1](f8[::1], i8)")
def rolling_median(x: Series, reach: int) -> Series:
    """Return the medians of the rows i - reach to i + reach, as far as there are; x (n,) is finite."""
    n = x.shape[0]
    ordered = np.empty(2 * reach + 1)
    medians = np.empty(n)
    count = 0
    for i in range(min(reach, n)):
        count = _insert(ordered, count, x[i])
    for i in range(n):
        first, last = i - reach - 1, i + reach
        if first >= 0 and last < n:
            _replace(ordered, count, x[first], x[last])
        elif first >= 0:
            count = _remove(ordered, count, x[first])
        elif last < n:
            count = _insert(ordered, count, x[last])
        medians[i] = 0.5 * (ordered[(count - 1) >> 1] + ordered[count >> 1])
    return medians

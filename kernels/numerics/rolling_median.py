"""Running median of a window that is centred on every row, and narrower at both ends.

The rows are cut into blocks as long as the window, and each block is sorted once, as a chain of its rows. A window that
moves on loses the rows of one block and gains those of the next, in order: a link less in one chain, which its
neighbours still know, and a link more in the other, put in where it had been taken out before. The median is where both
chains together have half of the window below, and moves by one link at most.

Source: J. Suomela, "Median filtering is equivalent to sorting", arXiv:1406.1717 (2014).
Cost: O(n log window).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

Links = NDArray[np.int64]


def rolling_median(x: Series, reach: int) -> Series:
    """Return the medians of the rows i - reach to i + reach, as far as there are; x (n,) is finite."""
    n, width = len(x), 2 * reach + 1
    if n < width:
        return _at_ends(x, reach)
    padded = np.full(-(-n // width) * width, np.inf)
    padded[:n] = x
    order = np.argsort(padded.reshape(-1, width), axis=1, kind="stable")
    return np.concatenate(
        (
            _at_ends(x[: 2 * reach].copy(), reach)[:reach],
            _of_whole_windows(padded, order, n),
            _at_ends(x[n - 2 * reach :].copy(), reach)[reach:],
        )
    )


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


@kernel("f8[::1](f8[::1], i8)")
def _at_ends(x: Series, reach: int) -> Series:
    """Return the medians where no window is whole: n <= 2 reach rows; a sorted window is kept in place."""
    n = x.shape[0]
    ordered = np.empty(n)
    medians = np.empty(n)
    count = 0
    for i in range(min(reach, n)):
        count = _insert(ordered, count, x[i])
    for i in range(n):
        if i + reach < n:
            count = _insert(ordered, count, x[i + reach])
        if i > reach:
            count = _remove(ordered, count, x[i - reach - 1])
        medians[i] = 0.5 * (ordered[(count - 1) >> 1] + ordered[count >> 1])
    return medians


@kernel()
def _chain(order: Links, before: Links, after: Links) -> None:
    """Link the rows of a block in order; the place behind its rows is both ends of the chain."""
    last = order.shape[0]
    for i in range(order.shape[0]):
        after[last] = order[i]
        before[order[i]] = last
        last = order[i]
    after[last] = order.shape[0]
    before[order.shape[0]] = last


@kernel()
def _below(x: Series, row: int, middle: int) -> bool:
    """Tell whether a row of a block comes before its middle; the end of the chain comes after all."""
    return middle == x.shape[0] or x[row] < x[middle] or (x[row] == x[middle] and row < middle)


@kernel("f8[::1](f8[::1], i8[:,::1], i8)")
def _of_whole_windows(x: Series, order: Links, n: int) -> Series:
    """Return the medians of the n - width + 1 windows that are whole; `order` sorts the rows of each block."""
    width = order.shape[1]
    half = width >> 1
    before, after = np.empty((2, width + 1), np.int64), np.empty((2, width + 1), np.int64)
    medians = np.empty(n - width + 1)
    new = x[:width]
    _chain(order[0], before[0], after[0])
    new_middle, new_below = order[0, half], half  # rows below the middle of each chain
    medians[0] = new[new_middle]
    for block in range(1, order.shape[0]):
        old, old_middle, old_below = new, new_middle, new_below
        old_before, old_after = before[(block - 1) & 1], after[(block - 1) & 1]
        new = x[block * width : (block + 1) * width]
        new_before, new_after = before[block & 1], after[block & 1]
        _chain(order[block], new_before, new_after)
        for row in range(width - 1, -1, -1):
            new_after[new_before[row]] = new_after[row]
            new_before[new_after[row]] = new_before[row]
        new_middle, new_below = width, 0
        for row in range(min(width, n - block * width)):
            old_after[old_before[row]] = old_after[row]
            old_before[old_after[row]] = old_before[row]
            if _below(old, row, old_middle):
                old_below -= 1
            else:
                if old_middle == row:
                    old_middle = old_after[row]
                if old_below > 0:
                    old_below -= 1
                    old_middle = old_before[old_middle]
            new_after[new_before[row]] = row
            new_before[new_after[row]] = row
            if _below(new, row, new_middle):
                new_middle = new_before[new_middle]
            lowest = old[old_middle] if old_middle < width else np.inf
            lowest_new = new[new_middle] if new_middle < width else np.inf
            if old_below + new_below < half:
                if lowest <= lowest_new:
                    old_middle = old_after[old_middle]
                    old_below += 1
                    lowest = old[old_middle] if old_middle < width else np.inf
                else:
                    new_middle = new_after[new_middle]
                    new_below += 1
                    lowest_new = new[new_middle] if new_middle < width else np.inf
            medians[(block - 1) * width + row + 1] = min(lowest, lowest_new)
    return medians

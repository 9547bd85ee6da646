"""Distance of every window of a series to the k-th nearest of some of its other windows.

The nearest one alone would hide what is odd but happened twice. Sampled windows stand for all: what is usual is among
them many times, so the profile costs O(n) instead of O(n^2).

Source: S. Ramaswamy, R. Rastogi and K. Shim, "Efficient algorithms for mining outliers from large data sets", SIGMOD
(2000), for the k-th neighbour as a score; M. Wu and C. Jermaine, "Outlier detection by sampling with accuracy
guarantees", KDD (2006), for the sample.    Cost: O(windows * references * width).
"""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

UNROLLED = 4  # values of a window that one pass over the references takes; a window's width is a multiple of it

Windows = NDArray[np.float32]


@kernel("f4[:,::1](f8[::1], i8, i8, f8, f8)")
def centred_windows(x: Series, width: int, step: int, fixed: float, least: float) -> Windows:
    """Return windows of n >= width values less their means, over a spread: ((n - width) // step + 1, width).

    step : rows from one window to the next; the last one ends in the last row.
    fixed : the spread of them all; 0: each its own, at least `least`, which is > 0.
    """
    count = (x.shape[0] - width) // step + 1
    begin = (x.shape[0] - width) % step
    windows = np.empty((count, width), np.float32)
    for number in range(count):
        i = begin + number * step
        total = 0.0
        for t in range(width):
            total += x[i + t]
        mean = total / width
        unit = fixed
        if fixed == 0.0:
            squares = 0.0
            for t in range(width):
                squares += (x[i + t] - mean) ** 2
            unit = max(sqrt(squares / width), least)
        for t in range(width):
            windows[number, t] = np.float32((x[i + t] - mean) / unit)
    return windows


@kernel("f8[::1](f4[:,::1], f4[:,::1], i8[::1], i8, i8)")
def kth_distances(windows: Windows, references: Windows, places: NDArray[np.int64], k: int, apart: int) -> Series:
    """Return the distances, float64 (windows,); infinite where fewer than k references are far enough away.

    Parameters
    ----------
    windows : (windows, width): windows of a series in order; width a multiple of `UNROLLED`.
    references : (width, references): each column one of them.
    places : (references,), increasing: their numbers among all windows.
    apart : the least difference in these numbers; less would compare a stretch with itself.
    """
    count, width = windows.shape
    size = references.shape[1]
    found = np.empty(count)
    total = np.empty(size, np.float32)
    nearest = np.empty(k, np.float32)
    begin = end = 0  # references nearer than `apart`
    for i in range(count):
        total[:] = np.float32(0.0)
        for t in range(0, width, UNROLLED):
            first, second, third, fourth = references[t], references[t + 1], references[t + 2], references[t + 3]
            w1, w2, w3, w4 = windows[i, t], windows[i, t + 1], windows[i, t + 2], windows[i, t + 3]
            for j in range(size):
                a, b, c, d = first[j] - w1, second[j] - w2, third[j] - w3, fourth[j] - w4
                total[j] += (a * a + b * b) + (c * c + d * d)
        while begin < size and places[begin] <= i - apart:
            begin += 1
        while end < size and places[end] < i + apart:
            end += 1
        nearest[:] = np.float32(inf)
        for j in range(size):
            if total[j] < nearest[k - 1] and (j < begin or j >= end):
                at = k - 1
                while at > 0 and nearest[at - 1] > total[j]:
                    nearest[at] = nearest[at - 1]
                    at -= 1
                nearest[at] = total[j]
        found[i] = sqrt(float(nearest[k - 1]))
    return found

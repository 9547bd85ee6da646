"""How rarely a value as low, or as high, is seen in its column: what `ecod` and `copod` sum up over the columns.

Of a value the surprise is -ln of the share of rows as low as it, or as high. A column that is skewed to the right has
its outliers on the right; the sign of the third moment says which side is looked at, and both are where it is 0.
Cost: O(n log n) for each column.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.scaling import scale_to_unit

SYMMETRIC = 1e-12  # a third moment so small, in standard deviations, is rounding


def surprise(columns: Iterable[Series], *, mean: bool) -> Series:
    """Return the sum over all columns, float64 (n,), of the surprise at each value.

    Parameters
    ----------
    columns : float64 (n,) each, n >= 2, finite. Used up.
    mean : beside the side that the skewness names, look at the mean of both sides; else at each of them.
    """
    score = np.zeros(0)
    for column in columns:
        n = len(column)
        if not len(score):
            score, rare = np.zeros(n), -np.log(np.linspace(1.0 / n, 1.0, n))
        scale_to_unit(column)
        _add(column, np.argsort(column), rare, mean, score)
    return score


@kernel()
def _skewness(x: Series) -> int:
    """Return the sign of the third moment."""
    n = x.shape[0]
    mean = 0.0
    for i in range(n):
        mean += x[i]
    mean /= n
    squares = cubes = 0.0
    for i in range(n):
        deviation = x[i] - mean
        squares += deviation * deviation
        cubes += deviation * deviation * deviation
    if abs(cubes) <= SYMMETRIC * squares * sqrt(squares / n):
        return 0
    return 1 if cubes > 0.0 else -1


@kernel("void(f8[::1], i8[::1], f8[::1], b1, f8[::1])")
def _add(x: Series, order: NDArray[np.int64], rare: Series, mean: bool, score: Series) -> None:
    n = x.shape[0]
    side = _skewness(x)
    first = 0
    while first < n:
        value = x[order[first]]
        end = first + 1
        while end < n and x[order[end]] == value:
            end += 1
        left, right = rare[end - 1], rare[n - 1 - first]  # shares of the rows <= value, >= value
        looked_at = left + right if side == 0 else left if side < 0 else right
        other = (left + right) / 2.0 if mean else max(left, right)
        for i in range(first, end):
            score[order[i]] += max(looked_at, other)
        first = end

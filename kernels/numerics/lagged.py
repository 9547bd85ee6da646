"""Pearson's coefficient of two series of which one is moved against the other, at many lags.

At lag > 0 the second series is behind the first: x[t] stands beside y[t + lag]. Only rows that both have count, with
the means and variances of just these. Few lags are computed one by one; many by the Fourier transform (products) and
cumulated sums (means, variances), and one by one where those would have lost digits.
Source: J. D. Hamilton, "Time Series Analysis" (1994), section 3.1, for the coefficient; the convolution theorem.
Cost: O(lags n) one by one, O(n log n) otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import BadSeries, Series
from kernels.numerics.fast_length import fast_length
from kernels.numerics.scaling import scale_to_unit

ONE_BY_ONE = 2_000_000  # products up to which nothing else is tried, about 2 ms
AT_ONCE = 50_000_000  # products between two looks at the clock
SURE = 1e-3  # part of the sum of squares that cumulated sums tell with nine digits


def coefficients(
    x: Series, y: Series, lags: NDArray[np.int64], out_of_time: Callable[[], bool] = lambda: False
) -> Series:
    """Return the coefficient at each lag.

    Parameters
    ----------
    x, y : float64 (n,), finite. Not modified.
    lags : int64 (k,), from 1 - n to n - 1.

    Returns
    -------
    float64 (k,), from -1 to 1; 0 where one of both does not vary.

    Raises
    ------
    BadSeries : the time is up.
    """
    x, y = _unit(x), _unit(y)
    n = len(x)
    if len(lags) * n <= ONE_BY_ONE:
        return _coefficients(x, y, lags)
    found, sure = _by_transform(x, y, lags)
    doubtful = np.flatnonzero(~sure)
    for part in np.array_split(doubtful, 1 + len(doubtful) * n // AT_ONCE):
        if out_of_time():
            raise BadSeries(f"{len(lags)} lags of {n} rows were not done in time; fewer lags or a longer timeout help")
        found[part] = _coefficients(x, y, lags[part])
    return found


def _unit(x: Series) -> Series:
    """Return a series around 0 whose products neither over- nor underflow."""
    x = x.copy()
    scale_to_unit(x)
    x -= x.mean()
    scale_to_unit(x)
    return x


def _by_transform(x: Series, y: Series, lags: NDArray[np.int64]) -> tuple[Series, NDArray[np.bool_]]:
    """Return coefficients, and which of them can be relied on."""
    n = len(x)
    size = fast_length(2 * n - 1)
    products = np.fft.irfft(np.conj(np.fft.rfft(x, size)) * np.fft.rfft(y, size), size)[lags]
    count = n - np.abs(lags)
    mean_x, squares_x = _moments(x, np.maximum(-lags, 0), count)
    mean_y, squares_y = _moments(y, np.maximum(lags, 0), count)
    sure = (squares_x > SURE * (x @ x)) & (squares_y > SURE * (y @ y))
    spread = np.sqrt(np.where(sure, squares_x * squares_y, 1.0))
    return np.clip((products - count * mean_x * mean_y) / spread, -1.0, 1.0), sure


def _moments(x: Series, begin: NDArray[np.int64], count: NDArray[np.int64]) -> tuple[Series, Series]:
    """Return means of parts of a series, and sums of squares around them."""
    sums, squares = (np.concatenate(([0.0], np.cumsum(each))) for each in (x, x * x))
    mean = (sums[begin + count] - sums[begin]) / count
    return mean, squares[begin + count] - squares[begin] - count * mean * mean


@kernel("f8[::1](f8[::1], f8[::1], i8[::1])")
def _coefficients(x: Series, y: Series, lags: NDArray[np.int64]) -> Series:
    n = x.shape[0]
    found = np.zeros(lags.shape[0])
    for k in range(lags.shape[0]):
        a, b = max(-lags[k], 0), max(lags[k], 0)
        count = n - abs(lags[k])
        mean_x = mean_y = 0.0
        same_x = same_y = True
        for i in range(count):
            mean_x += x[a + i]
            mean_y += y[b + i]
            same_x = same_x and x[a + i] == x[a]
            same_y = same_y and y[b + i] == y[b]
        if same_x or same_y:
            continue
        mean_x /= count
        mean_y /= count
        xx = yy = xy = 0.0
        for i in range(count):
            dx, dy = x[a + i] - mean_x, y[b + i] - mean_y
            xx += dx * dx
            yy += dy * dy
            xy += dx * dy
        spread = sqrt(xx) * sqrt(yy)
        if spread > 0.0:
            found[k] = max(min(xy / spread, 1.0), -1.0)
    return found

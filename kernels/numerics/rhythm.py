"""The length of what recurs in a series, be it as irregular as a heart beat.

Other than a season (`period`) it needs no test and no fixed length: a window that is to hold one recurrence wants a
length that fits, and jitter hides every heart beat from a test of seasons. The first peak of the autocorrelation behind
its first negative value, if it is high enough beside the highest one.

Source: the clipped autocorrelation is that of L. R. Rabiner, "On the use of autocorrelation analysis for pitch
detection", IEEE Transactions on Acoustics, Speech, and Signal Processing 25 (1977).    Cost: O(n log n).
"""

from __future__ import annotations

import numpy as np

from kernels.contract import Series
from kernels.numerics.lagged_products import lagged_products
from kernels.numerics.quantiles import median, quantile

SIGMA_OF_IQR = 1.3489795003921634  # interquartile range of the standard normal distribution
CLIP = 3.0  # standard deviations: no outlier may feign or hide a rhythm
WEAKEST = 0.2  # autocorrelation
AS_GOOD = 0.6  # of the highest peak: higher, and three heart beats pass for one
LEAST_CYCLES = 4


def find_rhythm(series: Series) -> int:
    """Return the rows from one recurrence to the next, 0 if there is none.

    Parameters
    ----------
    series : float64 (n,), finite, magnitudes below 1e150.
    """
    n = len(series)
    spread = (quantile(series, 0.75) - quantile(series, 0.25)) / SIGMA_OF_IQR or float(series.std())
    if not spread > 0.0:
        return 0
    clipped = np.clip(series - median(series), -CLIP * spread, CLIP * spread) / spread
    clipped -= clipped.mean()
    products = lagged_products(clipped, max(n // LEAST_CYCLES, 1))
    if not products[0] > 0.0:
        return 0
    correlation = products / products[0] * n / (n - np.arange(len(products)))
    negative = np.flatnonzero(correlation < 0.0)
    if not len(negative):
        return 0
    first = int(negative[0])
    tail = correlation[first:]
    enough = max(WEAKEST, 3.0 / np.sqrt(n), AS_GOOD * float(tail.max()))
    peaks = (tail[1:-1] >= tail[:-2]) & (tail[1:-1] >= tail[2:]) & (tail[1:-1] > enough)
    if not peaks.any():
        return 0
    early = (
        first + 1 + int(np.argmax(peaks))
    )  # a broad peak has several tops in noise, and the first is not the highest
    return early + int(np.argmax(correlation[early : early + early // 4 + 1]))

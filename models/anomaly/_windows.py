"""Windows of a series: how the autoencoder sees it, in training and in service alike.

A window has a fixed number of values but not a fixed length in time: a series with a season is read in blocks, each
the mean of `stride` neighbours, such that one window spans one season. There is a window at every row, so nothing of
the resolution is lost.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Series
from kernels.numerics.fast_length import fast_length

Windows = NDArray[np.float32]

SIGMA_OF_IQR = 1.3489795003921634  # interquartile range of the standard normal distribution
FURTHEST = 100.0  # spreads from the centre; what lies beyond is an anomaly anyway
OUTLYING = 3.0  # spreads; clipped before the season is looked for
WEAKEST_SEASON = 0.2  # autocorrelation
AS_GOOD = 0.8  # a shorter season is preferred to a multiple of it that correlates little better
HIGH = 0.9  # share of a long series' windows with errors that are no anomalies
NO_ERROR = 1e-9  # so that it has a logarithm
MOST_OF_SERIES = 4  # a window spans at most this fraction of the series: 1/4


def centre_and_spread(series: Series) -> tuple[float, float]:
    """Return the median and a robust standard deviation; a spread of 0 means that all values are equal."""
    peak = float(np.abs(series).max())
    if peak == 0.0 or series.min() == series.max():
        return float(series[0]), 0.0
    relative = series / peak  # neither differences nor squares of huge values may overflow
    low, middle, high = np.quantile(relative, (0.25, 0.5, 0.75))
    spread = (high - low) / SIGMA_OF_IQR or relative.std()
    return float(middle) * peak, min(float(spread) * peak, sys.float_info.max)


def standardise(series: Series, centre: float, spread: float) -> Series:
    """Return the distance from the centre in spreads, at most `FURTHEST`; zeros where the spread is 0."""
    if spread == 0.0:
        return np.zeros_like(series)
    with np.errstate(over="ignore"):  # what is infinite is clipped
        standard: Series = np.clip((series - centre) / spread, -FURTHEST, FURTHEST)
    return standard


def season(standard: Series) -> int:
    """Return the length of the dominant season in rows, 0 if there is none.

    The first peak of the autocorrelation beyond its first negative value, if nearly as high as the highest one. Not
    `kernels.numerics.period`, which wants a season to be significant where a window only wants a length that fits: with
    it the mean event F1 of the development series stays, but that of one family falls from 0.74 to 0.00.
    """
    n = len(standard)
    clipped = np.clip(standard, -OUTLYING, OUTLYING)
    clipped = clipped - clipped.mean()
    power = float(np.square(clipped).sum())
    if power == 0.0:
        return 0
    lags = np.arange(n // MOST_OF_SERIES + 1)
    size = fast_length(n + len(lags) - 1)
    spectrum = np.fft.rfft(clipped, size)
    correlation = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[lags] / power * n / (n - lags)
    negative = np.flatnonzero(correlation < 0.0)
    if not negative.size:
        return 0
    first = int(negative[0])
    tail = correlation[first:]
    weakest = max(WEAKEST_SEASON, 3.0 / np.sqrt(n), AS_GOOD * float(tail.max()))
    peaks = (tail[1:-1] >= tail[:-2]) & (tail[1:-1] >= tail[2:]) & (tail[1:-1] > weakest)
    if not peaks.any():
        return 0
    early = first + 1 + int(np.argmax(peaks))  # on a broad peak noise makes several, the first is not the top
    return early + int(np.argmax(correlation[early : early + early // 4 + 1]))


def stride_for(rows: int, season: int, window: int) -> int:
    """Return how many rows one value of a window stands for: enough for a window to span one season (0: none)."""
    longest = rows // (MOST_OF_SERIES * window)
    return max(1, min(-(-season // window), longest))


def cut(standard: Series, window: int, stride: int) -> Windows:
    """Return every window, float32 (n - window * stride + 1, window)."""
    blocks = standard
    if stride > 1:
        sums = np.concatenate(([0.0], np.cumsum(standard)))
        blocks = (sums[stride:] - sums[:-stride]) / stride
    reach = (window - 1) * stride + 1
    views = np.lib.stride_tricks.sliding_window_view(blocks.astype(np.float32), reach)[:, ::stride]
    return np.ascontiguousarray(views)


def least_over_windows(errors: Series, span: int) -> Series:
    """Return for every row the least error of the windows that hold it; a window holds `span` rows.

    Doubling the width of the minimum takes log2(span) passes.
    """
    rows = len(errors) + span - 1
    edge = np.full(span - 1, np.inf)
    least = np.concatenate((edge, errors, edge))
    width = 1
    while 2 * width <= span:
        least = np.minimum(least[:-width], least[width:])
        width *= 2
    row_least: Series = np.minimum(least[:rows], least[span - width : span - width + rows])
    return row_least


def with_level_ends(least: Series, errors: Series, span: int, usual: float) -> Series:
    """Return the least errors with their first and last rows, which fewer windows hold, on the level of the others.

    The least of few errors is larger than that of many: by as much as the largest usual ones are, `usual` being their
    share.
    """
    widths, high, some = [1], [np.quantile(errors, usual)], errors
    while 2 * widths[-1] < span:
        some = np.minimum(some[: -widths[-1]], some[widths[-1] :])
        widths.append(2 * widths[-1])
        high.append(np.quantile(some, usual))
    all_hold = least[span - 1 : len(least) - span + 1]
    widths.append(span)
    high.append(np.quantile(all_hold, usual))
    logs = np.interp(np.log(np.arange(1, span)), np.log(widths), np.log(np.maximum(high, NO_ERROR)))
    factor = np.exp(np.log(max(high[-1], NO_ERROR)) - logs)
    level = least.copy()
    level[: span - 1] *= factor
    level[len(least) - span + 1 :] *= factor[::-1]
    return level

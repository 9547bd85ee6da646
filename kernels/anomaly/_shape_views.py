"""How unlike the rest of its series every stretch is, in one view: a length, with or without its size.

A window is a row of block means, so that its cost does not grow with its length. What is measured is the distance to
the third nearest of some hundred windows that were drawn once and stand for the series.
"""

from __future__ import annotations

import numpy as np

from kernels.contract import Series
from kernels.numerics.nearest_windows import UNROLLED, centred_windows, kth_distances

WIDTH = 24  # blocks of a window, at most
FINENESS = 8  # a window begins every so many-th of a window, or more often
REFERENCES = 512
NEIGHBOUR = 3  # so that what happened twice does not hide itself
LEAST_SPREAD = 0.05  # of the series': a window that moves less is not blown up to full size
ROUNDING = 1e-6  # of the spread: windows that differ by less are equal, in single precision
ROUNDED = 16.0  # what the rounding of the values makes of a distance, at most
GOLDEN = 0.6180339887498949  # its multiples spread over the series and follow none of its rhythms


def profile(x: Series, rows: int, sized: bool, rounding: float = 0.0) -> Series:
    """Return how far the windows around every row are from what is usual, float64 (n,), > 0.

    Parameters
    ----------
    x : float64 (n,), n >= 4 windows, its spread not 0.
    rows : of a window, about.
    sized : whether size counts; else every window is brought to a spread of 1, and only forms are compared.
    rounding : of the values, in spreads of the series.
    """
    n = len(x)
    block = -(-rows // WIDTH)
    width = max(1, round(rows / (block * UNROLLED))) * UNROLLED
    count = n // block
    skipped = n - count * block  # of the oldest rows: the newest are seen
    blocks = x[skipped:].reshape(count, block).mean(axis=1)
    spread = float(x.std())
    step = max(1, width // FINENESS)
    windows = centred_windows(blocks, width, step, spread if sized else 0.0, LEAST_SPREAD * spread)
    places = np.arange(len(windows))
    if len(windows) > REFERENCES:
        share = np.modf(np.arange(1, REFERENCES + 1) * GOLDEN)[0]
        places = np.unique((share * len(windows)).astype(np.int64))
    distance = kth_distances(windows, np.ascontiguousarray(windows[places].T), places, NEIGHBOUR, -(-width // step))
    known = np.isfinite(distance)
    distance[~known] = distance[known].max(initial=0.0)  # in the middle of a series of few windows
    first = skipped + (count - width) % step * block
    middle = first + np.arange(len(windows)) * step * block + width * block // 2
    distance[distance <= ROUNDED * rounding] = 0.0
    along: Series = np.interp(np.arange(n), middle, np.maximum(distance, ROUNDING))
    return along

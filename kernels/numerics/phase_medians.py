"""A season as the medians of its phases, around a level that moves.

Source: J. W. Tukey, "Exploratory Data Analysis" (1977), chapter 7, for medians of what a smoother leaves.
Cost: O(n).
"""

from __future__ import annotations

import numpy as np

from kernels.contract import Series


def without_season(x: Series, season: int) -> Series:
    """Return a series without the medians of its phases, as they are around a running mean over one season."""
    if not season:
        return x
    n = len(x)
    sums = np.concatenate(([0.0], np.cumsum(x)))
    first = np.clip(np.arange(n) - season // 2, 0, n - season)
    around = (sums[first + season] - sums[first]) / season
    cycles = n // season
    pattern = np.median((x - around)[: cycles * season].reshape(cycles, season), axis=0)
    deseasoned: Series = x - np.resize(pattern - pattern.mean(), n)
    return deseasoned

"""How much wider or narrower intervals must be, by rows of the past that were forecast as the newest ones are.

Source: conformal prediction by the size of the error over that of the interval, H. Papadopoulos et al., "Inductive
confidence machines for regression", ECML 2002; few rows say little, so they count less. That they are exchangeable with
those to come is hoped for: docs/zero.md has what became of it.    Cost: O(k log k) for k rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels.contract import Series
from kernels.numerics.quantiles import quantile


@dataclass(frozen=True, slots=True)
class Trust:
    """How far rows of the past are believed.

    rows : number with which half of what they say counts, as a logarithm. most : the largest factor; the least is its
        reciprocal.
    """

    rows: float
    most: float


def width(
    value: Series, low: Series, high: Series, truth: Series, conf: float, trust: Trust, each: float = 1.0
) -> float:
    """Return the factor of intervals that would have held the share `conf` of past rows, moved towards 1.

    value, low, high, truth : (k,) forecasts, their bounds, and what came; k may be 0. Intervals of no width are passed
    over. each : how many rows of the past one of them stands for.
    """
    error = truth - value
    half = np.where(error > 0.0, high - value, value - low)
    known = half > 0.0
    if not known.any():
        return 1.0
    outside = np.minimum(np.abs(error), 2.0 * trust.most * half)[known] / half[known]
    wanted = min(max(quantile(outside, conf), 1.0 / trust.most), trust.most)
    rows = each * len(outside)
    factor: float = wanted ** (rows / (rows + trust.rows))
    return factor

"""How much wider or narrower intervals must be, by rows of the past that were forecast as the newest ones are.

Source: conformal prediction by the size of the error over that of the interval, H. Papadopoulos et al., "Inductive
confidence machines for regression", ECML 2002; few rows say little, so they count less. That they are exchangeable with
those to come is hoped for: docs/zero.md has what became of it.    Cost: O(k log k) for k rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels._jit import kernel
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
    outside = _outside(value, low, high, truth, 2.0 * trust.most)
    if len(outside) == 0:
        return 1.0
    wanted = min(max(quantile(outside, conf), 1.0 / trust.most), trust.most)
    rows = each * len(outside)
    factor: float = wanted ** (rows / (rows + trust.rows))
    return factor


@kernel("f8[::1](f8[:], f8[:], f8[:], f8[:], f8)")
def _outside(value: Series, low: Series, high: Series, truth: Series, most: float) -> Series:
    """Return errors over the width of the interval on their side, at most `most`, where it has one."""
    outside, count = np.empty(value.shape[0]), 0
    for t in range(value.shape[0]):
        error = truth[t] - value[t]
        half = high[t] - value[t] if error > 0.0 else value[t] - low[t]
        if half > 0.0:
            outside[count] = min(abs(error), most * half) / half
            count += 1
    return outside[:count]

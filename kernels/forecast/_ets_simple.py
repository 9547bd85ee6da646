"""Simple exponential smoothing from the first observation: the one smoothing parameter by least squares.

Source: R. G. Brown, "Smoothing, Forecasting and Prediction of Discrete Time Series" (1963), chapter 7. The squared
error may have several minima in alpha, so a grid over [0, 1] is narrowed down, sixteen values in one pass: they run
side by side in the vector unit.    Cost: O(16 n) per pass, 7 passes.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series

LANES = 16
PASSES = 7


@kernel()
def _squares(y: Series, alpha: Series, level: Series, squares: Series) -> None:
    """Sum the squared errors for `LANES` values of alpha at once."""
    for k in range(LANES):
        level[k] = y[0]
        squares[k] = 0.0
    for t in range(1, y.shape[0]):
        value = y[t]
        for k in range(LANES):
            e = value - level[k]
            squares[k] += e * e
            level[k] += alpha[k] * e


@kernel("f8(f8[::1])")
def best_alpha(y: Series) -> float:
    """Return the alpha in [0, 1] of the least squared one-step errors; the level starts at y[0]."""
    alpha, level, squares = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    low, high = 0.0, 1.0
    best = 0
    for _ in range(PASSES):
        gap = (high - low) / (LANES - 1)
        for k in range(LANES):
            alpha[k] = low + k * gap
        alpha[LANES - 1] = high
        _squares(y, alpha, level, squares)
        best = 0
        for k in range(1, LANES):
            if squares[k] < squares[best]:
                best = k
        low, high = alpha[max(best - 1, 0)], alpha[min(best + 1, LANES - 1)]
    return float(alpha[best])

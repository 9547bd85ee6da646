"""Prediction intervals from a model's own earlier errors on the same series.

Source: split conformal prediction (V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", 2005,
chapter 2), weighted towards the newest errors as in R. F. Barber, E. J. Candes, A. Ramdas and R. J. Tibshirani,
"Conformal prediction beyond exchangeability", Annals of Statistics 51 (2023), eq. 9-10.
Errors of all steps are pooled after division by step^growth, so a few cuts are enough and steps further ahead than
any error known are covered too.    Cost: O(n log n) for n errors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Series

def half_widths(points: Series, earlier: Series, cuts: NDArray[np.intp], steps: int, conf: float) -> Series:
    steps_known = np.arange(1, earlier.shape[1] + 1)
    at = cuts[:, None] + steps_known - 1
    known = at < len(points)
    error = np.abs(np.where(known, points[np.minimum(at, len(points) - 1)] - earlier, 0.0))
    weight = known*1.0
    half = np.quantile(error[known], conf)
    return np.full(steps, half)

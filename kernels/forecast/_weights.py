"""Weights of forecasts that are averaged: shares, divided by a power of the error that each made before.

Source: J. M. Bates and C. W. J. Granger, "The combination of forecasts", Operational Research Quarterly 20 (1969).
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series

LEAST = 1e-3  # of the largest error


@kernel("f8[::1](f8[::1], f8[::1], f8)")
def by_errors(shares: Series, errors: Series, power: float) -> Series:
    """Return shares over errors to a power, of sum 1; an error is at least `LEAST` of the largest.

    shares, errors : (forecasts,), at least one, > 0 and >= 0.
    """
    told, largest = shares.copy(), np.max(errors)
    if largest > 0.0:
        for i in range(told.shape[0]):
            told[i] /= max(errors[i] / largest, LEAST) ** power
    return told / np.sum(told)

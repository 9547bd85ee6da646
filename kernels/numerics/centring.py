"""A series less its median and of unit size, and the way back: what a detector computes with, whatever the unit."""

from __future__ import annotations

from dataclasses import dataclass
from math import ldexp

import numpy as np

from kernels.contract import Series
from kernels.numerics.quantiles import median
from kernels.numerics.scaling import scale_to_unit

INPUT_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)  # of the median that is subtracted
LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True)
class Centred:
    """A series on a scale without unit.

    values : float64 (n,), their median 0 and their largest magnitude in [1/4, 1/2), or all 0.
    rounding : differences up to this are rounding of the series as it was given.
    """

    values: Series
    rounding: float
    _centre: float
    _exponents: tuple[int, int]

    @classmethod
    def of(cls, series: Series) -> Centred:
        """Centre a series, (n,), finite; it is not modified."""
        x = np.array(series, dtype=np.float64, order="C")
        first = scale_to_unit(x)
        centre = median(x)
        x -= centre
        second = scale_to_unit(x)
        return cls(x, ldexp(INPUT_ROUNDING * abs(centre), -second), centre, (first, second))

    def back(self, values: Series) -> Series:
        """Return values of that scale in the unit of the series, as near as its numbers reach."""
        first, second = self._exponents
        with np.errstate(over="ignore"):
            given = np.ldexp(np.ldexp(values, second) + self._centre, first)
        return np.clip(given, -LARGEST, LARGEST)

    def sized(self, values: Series) -> Series:
        """Return differences of values of that scale in the unit of the series, as near as its numbers reach."""
        with np.errstate(over="ignore"):
            return np.clip(np.ldexp(values, sum(self._exponents)), -LARGEST, LARGEST)

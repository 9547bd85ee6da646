"""Units in which an ARIMA model is fitted, and differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels.contract import Series

LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True)
class Scaled:
    """The series in units in which nothing over- or underflows: ``values * unit * scale + unit * centre``."""

    values: Series
    unit: float
    centre: float
    scale: float
    rounding: float  # differences up to this are rounding of the user's numbers

    def into(self, values: Series) -> Series:
        """Return values in these units."""
        return (values / self.unit - self.centre) / self.scale

    def back(self, values: Series) -> Series:
        """Return values in the user's units, within the range of a double."""
        with np.errstate(over="ignore"):
            return np.clip((values * self.scale + self.centre) * self.unit, -LARGEST, LARGEST)


def scaled(y: Series) -> Scaled:
    """Centre and scale the series; a power of two as unit keeps the first step exact."""
    largest = float(np.max(np.abs(y)))
    unit = 2.0**900 if largest > 2.0**900 else 1.0
    values = y / unit
    # the last value as origin; but 0 where that costs no digits, so that a mean of 0 can be told from another
    centre = 0.0 if float(np.ptp(values)) > 0.1 * largest / unit else float(values[-1])
    values = values - centre
    scale = float(np.max(np.abs(values)))
    if scale == 0.0:
        return Scaled(values, unit, centre, 1.0, 0.0)
    rounding = 8.0 * float(np.finfo(np.float64).eps) * (largest / unit / scale + 1.0)
    return Scaled(values / scale, unit, centre, scale, rounding)


def differenced(values: Series, d: int, seasonal_d: int, m: int) -> Series:
    """Return the series differenced D times at lag m and d times at lag 1."""
    for _ in range(seasonal_d):
        values = values[m:] - values[:-m]
    for _ in range(d):
        values = np.diff(values)
    return np.ascontiguousarray(values)

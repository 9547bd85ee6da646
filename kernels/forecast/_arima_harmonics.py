"""A long season as a sum of sines and cosines, each kept only where it stands out of the noise around it.

A seasonal ARIMA needs a state as long as the period, and repeats the noise of one season in the next. Harmonics of the
season with ARIMA errors cost the same whatever the period, and average over the seasons there are. Over whole periods
the harmonics are orthogonal, so that one Fourier transform estimates them all; the frequencies between them tell how
strong the noise is there.

Sources: R. A. Fisher, "Tests of significance in harmonic analysis", Proc. Royal Society A 125 (1929): an ordinate of
noise is exponentially distributed, and the largest of many is judged by their number; P. J. Brockwell and R. A. Davis,
"Time Series: Theory and Methods" (2nd ed., 1991), sections 10.1 and 10.2; R. J. Hyndman and G. Athanasopoulos,
"Forecasting: Principles and Practice" (3rd ed.), section 10.5, for the form.    Cost: O(n log n).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Series

FALSE = 0.05  # share of series without a season in which a harmonic is found
# Ordinates on either side that tell the noise; fewer where the spectrum of a wandering level falls steeply.
NEIGHBOURS, NEAR_ZERO = 50, 4


@dataclass(frozen=True, slots=True)
class Harmonics:
    """A season that repeats exactly.

    pattern : (m,) its values, mean 0; the first is the one m rows before the next row.
    count : how many harmonics it is made of.
    doubt : (m,) variance of its value h rows ahead, at h mod m, that comes from estimating it.
    """

    pattern: Series
    count: int
    doubt: Series

    def inside(self, n: int) -> Series:
        """Return the season of the `n` rows there are."""
        return self.pattern[np.arange(-n, 0) % len(self.pattern)]

    def ahead(self, rows: int) -> Series:
        """Return the season of the next rows."""
        return self.pattern[np.arange(rows) % len(self.pattern)]

    def doubt_ahead(self, rows: int) -> Series:
        """Return the variance of the season of the next rows."""
        return self.doubt[np.arange(1, rows + 1) % len(self.doubt)]


def harmonics(values: Series, m: int, d: int) -> Harmonics:
    """Estimate the season of length `m` of a series (n,), n >= 2 m + d, whose d-th difference is stationary."""
    differences = np.diff(values, d)
    cycles = len(differences) // m
    rows = cycles * m
    last = differences[len(differences) - rows :]
    transform = np.fft.rfft(last - np.mean(last))
    power = np.abs(transform) ** 2
    orders = np.arange(1, m // 2 + 1)
    at = orders * cycles
    noise = _noise(power, at, cycles)
    kept = power[at] > log(0.5 * m / FALSE) * noise
    orders, at, noise = orders[kept], at[kept], noise[kept]

    turn = 2.0 * np.pi * orders / m
    gain = (1.0 - np.exp(-1j * turn)) ** d  # what differencing did to a harmonic
    spectrum, variances = np.zeros(m // 2 + 1, np.complex128), np.zeros(m // 2 + 1)
    spectrum[orders] = transform[at] / (gain * cycles)
    waves = np.where(2 * orders == m, 1.0, 2.0)  # a cosine and a sine, but one alone where rows alternate
    variances[orders] = waves * noise / (rows * np.abs(gain)) ** 2
    doubt = np.full(m, float(np.sum(variances)))
    if d > 0:  # what counts is the season against that of the last row, whose level is known
        variances[orders] *= m / waves
        doubt = 2.0 * (doubt - np.fft.irfft(variances, m))
    return Harmonics(np.fft.irfft(spectrum, m), len(orders), np.maximum(doubt, 0.0))


def _noise(power: Series, at: NDArray[np.int64], cycles: int) -> Series:
    """Return the mean power of the noise at the harmonics: from the median of what lies between them."""
    between = np.arange(1, len(power))
    between = between[between % cycles != 0]
    after = np.searchsorted(between, at)

    def level(reach: int) -> Series:
        first = np.clip(after - reach, 0, max(len(between) - 2 * reach, 0))
        columns = np.minimum(first[:, None] + np.arange(2 * reach), len(between) - 1)
        return np.asarray(np.median(power[between[columns]], axis=1) / log(2.0))

    return np.where(after < 4 * NEAR_ZERO, level(NEAR_ZERO), level(NEIGHBOURS))

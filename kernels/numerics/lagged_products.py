"""Sums of the products of values some rows apart: lag after lag where few are wanted, else all at once by transforms.

Source: G. M. Jenkins and D. G. Watts, "Spectral Analysis and its Applications" (1968): padded with zeros, so that the
ends do not meet, values are transformed, squared and transformed back.    Cost: O(n min(count, log n)).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.fast_length import fast_length

FEW = 64  # lags up to which their sums take less time than transforms do
TOGETHER = 4  # sums that do not wait for each other


def lagged_products(values: Series, count: int) -> Series:
    """Return the sums of the products of values 0, 1, ..., count - 1 rows apart; values (n,) with n >= count >= 1."""
    if count <= FEW:
        return _few(values, count)
    padded = fast_length(len(values) + count - 1)
    spectrum = np.fft.rfft(values, padded)
    _square(spectrum)
    return np.fft.irfft(spectrum, padded)[:count]


@kernel("void(c16[::1])")
def _square(spectrum: NDArray[np.complex128]) -> None:
    for k in range(spectrum.shape[0]):
        value = spectrum[k]
        spectrum[k] = complex(value.real * value.real + value.imag * value.imag, 0.0)


@kernel("f8[::1](f8[::1], i8)")
def _few(values: Series, count: int) -> Series:
    n, products = values.shape[0], np.zeros(count)
    together = count // TOGETHER * TOGETHER
    for lag in range(0, together, TOGETHER):
        later, first, second, third, fourth = values[lag:], 0.0, 0.0, 0.0, 0.0
        pairs = n - lag - TOGETHER + 1  # that all four have
        for t in range(pairs):
            value = values[t]
            first += value * later[t]
            second += value * later[t + 1]
            third += value * later[t + 2]
            fourth += value * later[t + 3]
        products[lag : lag + TOGETHER] = first, second, third, fourth
        for more in range(TOGETHER - 1):
            for t in range(pairs, n - lag - more):
                products[lag + more] += values[t] * later[t + more]
    for lag in range(together, count):
        later = values[lag:]
        for t in range(later.shape[0]):
            products[lag] += values[t] * later[t]
    return products

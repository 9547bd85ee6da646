"""Bring a series to unit size without rounding, so that no square or difference over- or underflows.

Multiplying by a power of two is exact, so whatever has no unit (flags, scores, ranks) is not changed by it.
"""

from __future__ import annotations

from math import frexp

from kernels._jit import kernel
from kernels.contract import Series


@kernel("i8(f8[::1])")
def scale_to_unit(x: Series) -> int:
    """Multiply `x` in place by 2 ** -e so that the largest magnitude is in [1/4, 1/2); return e, 0 if all are 0.

    Differences of the scaled values are below 1. A value too small beside the largest one becomes subnormal or 0.
    """
    n = x.shape[0]
    largest = 0.0
    for i in range(n):
        largest = max(largest, abs(x[i]))
    if largest == 0.0:
        return 0
    exponent = int(frexp(largest)[1]) + 1
    half = -exponent // 2  # in two steps: 2 ** 1074 itself is out of range
    first, second = 2.0**half, 2.0 ** (-exponent - half)
    for i in range(n):
        x[i] = x[i] * first * second
    return exponent

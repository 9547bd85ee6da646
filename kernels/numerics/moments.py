"""Mean and standard deviation that survive a huge offset and values near the ends of the float range.

Source: T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance", The American
Statistician 37 (1983), eq. 1.7: two passes, with the rounding error of the mean corrected.
"""

from __future__ import annotations

from math import frexp, sqrt

from kernels._jit import kernel
from kernels.contract import Series


@kernel("Tuple((f8, f8))(f8[::1])")
def mean_and_std(x: Series) -> tuple[float, float]:
    """Return the mean and the population standard deviation (ddof 0) of n >= 1 finite values.

    Both are computed on values brought near 1 by a power of two, which is exact, so that no square over- or underflows.
    A constant series has a standard deviation of exactly 0.
    """
    n = x.shape[0]
    size = 0.0
    constant = True
    for i in range(n):
        size = max(size, abs(x[i]))
        constant = constant and x[i] == x[0]
    if constant:
        return float(x[0]), 0.0
    shift = float(min(max(-frexp(size)[1], -1000), 1000))
    scale, back = 2.0**shift, 2.0**-shift
    total = 0.0
    for i in range(n):
        total += x[i] * scale
    mean = total / n
    largest = 0.0
    for i in range(n):
        largest = max(largest, abs(x[i] * scale - mean))
    squares = 0.0
    error = 0.0
    for i in range(n):
        deviation = (x[i] * scale - mean) / largest
        squares += deviation * deviation
        error += deviation
    variance = (squares - error * error / n) / n
    return (mean + error * largest / n) * back, sqrt(max(variance, 0.0)) * largest * back

"""Mean and standard deviation that survive a huge offset and values near the ends of the float range.

Source: T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample variance", The American
Statistician 37 (1983), eq. 1.7: two passes, with the rounding error of the mean corrected.
"""

from __future__ import annotations

from math import sqrt

from kernels._jit import kernel
from kernels.contract import Series


@kernel("Tuple((f8, f8))(f8[::1])")
def mean_and_std(x: Series) -> tuple[float, float]:
    """Return the mean and the population standard deviation (ddof 0) of n >= 1 finite values.

    Both are computed on values scaled by the largest magnitude, so that no square over- or underflows.
    A constant series has a standard deviation of exactly 0.
    """
    n = x.shape[0]
    scale = 0.0
    constant = True
    for i in range(n):
        scale = max(scale, abs(x[i]))
        constant = constant and x[i] == x[0]
    if constant:
        return x[0], 0.0
    total = 0.0
    for i in range(n):
        total += x[i] / scale
    mean = total / n
    largest = 0.0
    for i in range(n):
        largest = max(largest, abs(x[i] / scale - mean))
    squares = 0.0
    error = 0.0
    for i in range(n):
        deviation = (x[i] / scale - mean) / largest
        squares += deviation * deviation
        error += deviation
    variance = (squares - error * error / n) / n
    return (mean + error * largest / n) * scale, sqrt(max(variance, 0.0)) * largest * scale

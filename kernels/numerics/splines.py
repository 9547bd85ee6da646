"""The cubic spline through some points, without a knot at the second and the last but one.

Source: C. de Boor, "A Practical Guide to Splines" (2001), chapter IV, "not-a-knot".    Cost: O(n + m).
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series


@kernel("f8[::1](f8[::1], f8[::1], f8[::1])")
def cubic_spline(x: Series, y: Series, at: Series) -> Series:
    """Return the spline through n >= 4 points at some places.

    Parameters
    ----------
    x, y : float64 (n,), x increasing. at : float64 (m,), ascending, from ``x[0]`` to ``x[-1]``.
    """
    n = x.shape[0]
    h = x[1:] - x[:-1]
    slope = (y[1:] - y[:-1]) / h
    # slopes at the points: a system of three diagonals, its ends from the missing knots
    below, here, above, right = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    here[0], above[0] = h[1], h[0] + h[1]
    right[0] = ((h[0] + 2.0 * above[0]) * h[1] * slope[0] + h[0] * h[0] * slope[1]) / above[0]
    for i in range(1, n - 1):
        below[i], here[i], above[i] = h[i], 2.0 * (h[i - 1] + h[i]), h[i - 1]
        right[i] = 3.0 * (h[i] * slope[i - 1] + h[i - 1] * slope[i])
    here[n - 1], below[n - 1] = h[n - 3], h[n - 3] + h[n - 2]
    right[n - 1] = h[n - 2] * h[n - 2] * slope[n - 3]
    right[n - 1] = (right[n - 1] + (2.0 * below[n - 1] + h[n - 2]) * h[n - 3] * slope[n - 2]) / below[n - 1]
    for i in range(1, n):
        factor = below[i] / here[i - 1]
        here[i] -= factor * above[i - 1]
        right[i] -= factor * right[i - 1]
    d = np.empty(n)
    d[n - 1] = right[n - 1] / here[n - 1]
    for i in range(n - 2, -1, -1):
        d[i] = (right[i] - above[i] * d[i + 1]) / here[i]
    found = np.empty(at.shape[0])
    piece = 0
    for k in range(at.shape[0]):
        while piece < n - 2 and at[k] > x[piece + 1]:
            piece += 1
        t = at[k] - x[piece]
        c = (3.0 * slope[piece] - 2.0 * d[piece] - d[piece + 1]) / h[piece]
        b = (d[piece] + d[piece + 1] - 2.0 * slope[piece]) / (h[piece] * h[piece])
        found[k] = y[piece] + t * (d[piece] + t * (c + t * b))
    return found

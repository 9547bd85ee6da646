"""Locally weighted regression (loess, degree 1) on evenly spaced values.

Source: W. S. Cleveland, "Robust locally weighted regression and smoothing scatterplots", JASA 74 (1979); details for
even spacing from R. B. Cleveland, W. S. Cleveland, J. E. McRae and I. Terpenning, "STL: a seasonal-trend decomposition
procedure based on loess", Journal of Official Statistics 6 (1990), sections 2.2 and 3.5, and the documentation of R's
`stl`: a span longer than the series widens the bandwidth by half of the excess, and with a jump only every jump-th
point is fitted and the rest interpolated.    Cost: O(n span / jump).
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series

FLAT, OUTSIDE = 0.001, 0.999  # of the bandwidth: weight 1 below, 0 beyond


@kernel()
def tricube(distance: float, bandwidth: float) -> float:
    """Return the weight of a value at a distance from the fitted point."""
    if distance <= FLAT * bandwidth:
        return 1.0
    if distance > OUTSIDE * bandwidth:
        return 0.0
    ratio = distance / bandwidth
    weight = 1.0 - ratio * ratio * ratio
    return weight * weight * weight


@kernel()
def _fit(values: Series, weights: Series, left: int, right: int, at: int, near: Series, spread: float) -> float:
    """Return the weighted line through ``values[left:right]`` at place `at`; the value there if all weights are 0.

    near : tricube weights by distance. spread : the line is flat where the weighted places spread less than this.
    """
    s0 = s1 = s2 = t0 = t1 = 0.0
    for i in range(left, right):
        offset = float(i - at)
        weight = near[abs(i - at)] * weights[i]
        moment = weight * offset
        s0 += weight
        s1 += moment
        s2 += moment * offset
        t0 += weight * values[i]
        t1 += moment * values[i]
    if s0 <= 0.0:
        return float(values[at])
    centre, level = s1 / s0, t0 / s0
    variance = s2 / s0 - centre * centre
    if sqrt(max(variance, 0.0)) <= spread:
        return level
    return float(level - centre / variance * (t1 / s0 - centre * level))


@kernel()
def _fit_middle(values: Series, at: int, half: int, near: Series, total: float) -> float:
    """Like `_fit` where all weights are 1 and the window is symmetric: a plain weighted mean."""
    a = near[0] * values[at]
    b = 0.0
    offset = 1
    while offset < half:
        a += near[offset] * (values[at - offset] + values[at + offset])
        b += near[offset + 1] * (values[at - offset - 1] + values[at + offset + 1])
        offset += 2
    if offset == half:
        a += near[half] * (values[at - half] + values[at + half])
    return float((a + b) / total)


@kernel("void(f8[::1], f8[::1], b1, i8, i8, f8[::1])")
def smooth(values: Series, weights: Series, weighted: bool, span: int, jump: int, fitted: Series) -> None:
    """Write the loess fit at every place to `fitted`.

    Parameters
    ----------
    values, weights, fitted : float64 (n,), n >= 2.
    weighted : whether the weights count; if not, they must all be 1.
    span : values in a window, odd, >= 3.
    jump : distance of the fitted places, >= 1; between them lies a straight line.
    """
    n = values.shape[0]
    window = min(span, n)
    half = (window - 1) // 2
    near = np.empty(n)
    bandwidth, total = -1.0, 0.0
    step = min(jump, n - 1)
    spread = 0.001 * (n - 1)
    before = -1
    at = 0
    while at < n:
        left = min(max(at - half, 0), n - window)
        wanted = float(max(at - left, left + window - 1 - at) + max(span - n, 0) // 2)
        if wanted != bandwidth:
            bandwidth, total = wanted, 0.0
            for distance in range(window):
                near[distance] = tricube(distance, bandwidth)
                total += near[distance]
            total = 2.0 * total - near[0]
        if not weighted and span < n and left == at - half and 2 * half + 1 == window and wanted == half:
            fitted[at] = _fit_middle(values, at, half, near, total)
        else:
            fitted[at] = _fit(values, weights, left, left + window, at, near, spread)
        if before >= 0:
            slope = (fitted[at] - fitted[before]) / (at - before)
            for i in range(before + 1, at):
                fitted[i] = fitted[before] + slope * (i - before)
        before = at
        at = at + step if at + step < n or at == n - 1 else n - 1

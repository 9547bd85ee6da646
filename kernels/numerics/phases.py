"""The season of a series as one random walk per phase, seen once a cycle with noise.

All phases share the variances; how fast the season changes and how strong it is are chosen by the likelihood of all
phases together (empirical Bayes, so that a season that is not there shrinks to nothing).

Source: A. C. Harvey, "Forecasting, Structural Time Series Models and the Kalman Filter" (1989), section 2.3.4 (a season
whose effects are random walks) and 3.6 (fixed-interval smoothing).    Cost: O(n) per pair of variances.
"""

from __future__ import annotations

from math import inf, log

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

# Relative to the noise: variance of the step from cycle to cycle, and of the first cycle.
STEPS = (0.0, 1e-3, 1e-2, 10.0**-1.5, 0.1, 10.0**-0.5, 1.0, 10.0**0.5, 10.0)
STRENGTHS = (0.0, 1e-2, 10.0**-1.5, 0.1, 10.0**-0.5, 1.0, 10.0**0.5, 10.0, 10.0**1.5, 1e2, 1e3, 1e4, 1e6)


@kernel("void(f8[::1], b1[::1], i8, f8, f8, f8, f8[::1], f8[::1])")
def smooth_phases(
    x: Series,
    observed: NDArray[np.bool_],
    m: int,
    noise: float,
    step: float,
    strength: float,
    season: Series,
    spread: Series,
) -> None:
    """Write the smoothed season (n,) and its variance (n,) given the variances; for every row, observed or not."""
    n = x.shape[0]
    cycles = (n + m - 1) // m
    mean, variance = np.empty(cycles), np.empty(cycles)
    for p in range(min(m, n)):
        a, v = 0.0, strength
        k = 0
        for t in range(p, n, m):
            v += step if k > 0 else 0.0
            if observed[t] and v > 0.0:
                gain = v / (v + noise)
                a += gain * (x[t] - a)
                v = gain * noise
            mean[k], variance[k] = a, v
            k += 1
        for j in range(k - 1, -1, -1):
            if j < k - 1 and variance[j] > 0.0:
                back = variance[j] / (variance[j] + step)
                a = mean[j] + back * (a - mean[j])
                v = variance[j] + back * back * (v - variance[j] - step)
            elif j < k - 1:
                a, v = mean[j], 0.0
            season[p + j * m], spread[p + j * m] = a, v


@kernel()
def _misfit(x: Series, observed: NDArray[np.bool_], m: int, step: float, strength: float) -> tuple[float, float]:
    """Return -2 log-likelihood at the best noise variance, but for a constant, and that variance."""
    n = x.shape[0]
    squares = logs = 0.0
    count = 0
    product = 1.0
    for p in range(min(m, n)):
        a, v = 0.0, strength
        for t in range(p, n, m):
            if observed[t]:
                f = v + 1.0
                e = x[t] - a
                squares += e * e / f
                product *= f
                count += 1
                a += v / f * e
                v = v / f
                if product > 1e100:
                    logs += log(product)
                    product = 1.0
            v += step
    noise = max(squares / count, 1e-300)
    return count * log(noise) + logs + log(product), noise


@kernel("UniTuple(f8, 3)(f8[::1], b1[::1], i8)")
def season_variances(x: Series, observed: NDArray[np.bool_], m: int) -> tuple[float, float, float]:
    """Return the likeliest variances of noise, step and first cycle of `x` (n,), which has no level any more."""
    best, chosen = inf, (1.0, 0.0, 0.0)
    for strength in STRENGTHS:
        for step in STEPS:
            if step > 0.0 and strength == 0.0:
                continue
            misfit, noise = _misfit(x, observed, m, step, strength)
            if misfit < best:
                best, chosen = misfit, (noise, noise * step, noise * strength)
    return chosen

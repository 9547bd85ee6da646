"""The smoothed values of a structural model whose season is too long for a state of that width.

They minimise a quadratic form in the season, W being the inverse covariance of all but the season and S the season's
covariance: ``(y - s)' W (y - s) + s' S^-1 s``. W and S are never formed: either is applied by smoothing, O(n). By
conjugate gradients, preconditioned with the season's own smoother as if W were a multiple of the identity:
J. Nocedal and S. J. Wright, "Numerical Optimization" (2006), algorithm 5.3. The variance is that of both smoothers
side by side, each as if the other were known; the season's with all its noise, so that little is missed.
Cost: O(n) per iteration.
"""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.local_level import STATES, gains, smooth
from kernels.numerics.phases import smooth_phases
from kernels.numerics.structural import smooth_season

MOST_ITERATIONS = 200
LEAST_LEFT = 0.05  # share of the squares
ENOUGH = 1e-4  # of the first residual, in the preconditioner's norm


@kernel()
def _descend(step: Series, by: Series, length: float, residual: Series, season: Series) -> None:
    for t in range(season.shape[0]):
        season[t] += length * step[t]
        residual[t] -= length * by[t]


@kernel()
def _likeliest_season(
    y: Series,
    observed: NDArray[np.bool_],
    m: int,
    model: Series,
    season_step: float,
    first_season: float,
    season: Series,
    unused: Series,
) -> None:
    """Write the season (n,) for every row."""
    n = y.shape[0]
    variance, covariance = np.empty(n), np.empty((n, STATES))
    gains(observed, model, variance, covariance)
    unit = float(np.mean(variance[1:]))  # W is about 1 / unit
    search, image, eased = np.zeros(n), np.zeros(n), np.empty(n)
    residual, by = np.empty(n), np.empty(n)
    smooth(y, observed, model, variance, covariance, unused, residual)
    season[:] = 0.0
    before, first = inf, 0.0
    for _ in range(MOST_ITERATIONS):
        smooth_phases(residual * unit, observed, m, unit, season_step, first_season, eased, unused)
        now = np.sum(residual * eased)  # the residual is 0 where not observed
        first = max(first, now)
        if not now > ENOUGH * ENOUGH * first:
            break
        for t in range(n):
            search[t] = eased[t] + now / before * search[t] if observed[t] else 0.0
            image[t] = residual[t] + now / before * image[t]  # what the preconditioner's inverse makes of `search`
        before = now
        smooth(search, observed, model, variance, covariance, unused, by)
        for t in range(n):
            by[t] += image[t] - search[t] / unit
        curvature = np.sum(search * by)
        if not curvature > 0.0:
            break
        _descend(search, by, now / curvature, residual, season)
    smooth(y - season, observed, model, variance, covariance, unused, by)
    smooth_phases(by * unit + season, observed, m, unit, season_step, first_season, season, unused)


@kernel("f8(f8[::1], b1[::1], i8, f8[::1], f8, f8, f8, f8[::1], f8[::1])")
def smooth_long_season(
    y: Series,
    observed: NDArray[np.bool_],
    m: int,
    model: Series,
    noise: float,
    season_step: float,
    first_season: float,
    value: Series,
    spread: Series,
) -> float:
    """Write for every row the smoothed value (n,) and its variance (n,), that of the noise included.

    noise : variance of what is not season around the season of a phase. Everything else as `smooth_season` has it.

    Returns
    -------
    The sum of squared standardised prediction errors, made up for the share of them that the season takes along.
    """
    season, season_spread, unused = np.empty(y.shape[0]), np.empty(y.shape[0]), np.empty(y.shape[0])
    _likeliest_season(y, observed, m, model, season_step, first_season, season, unused)
    smooth_phases(season, observed, m, noise, season_step, first_season, unused, season_spread)
    squares, _ = smooth_season(y - season, observed, 0, model, 0.0, 0.0, value, spread)
    taken = count = 0.0
    for t in range(y.shape[0]):
        if observed[t]:
            taken += season_spread[t] / noise
            count += 1.0
        value[t] = y[t] if observed[t] else value[t] + season[t]
        spread[t] = 0.0 if observed[t] else spread[t] + season_spread[t]
    return squares / max(1.0 - taken / count, LEAST_LEFT)

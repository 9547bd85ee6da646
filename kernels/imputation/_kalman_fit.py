"""Maximum likelihood of structural models, observations missing or not.

The variances are sought relative to that of the noise, as logarithms; the scale follows from the data. By the simplex
method of J. A. Nelder and R. Mead, "A simplex method for function minimization", The Computer Journal 7 (1965): a few
parameters, a likelihood that costs little, and directions in which it is flat because a variance is zero.
Cost: one filter pass per likelihood, some 100 of them.
"""

from __future__ import annotations

from math import exp, inf, log

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.local_level import DEVIATION, FIRST_SLOPE, LEVEL, NOISE, PHI, RHO, SLOPE, STATES, likelihood
from kernels.numerics.structural import filter_season

# Forms of the model: what there is besides level, season and noise.
PLAIN, DEVIATING, TRENDING = 0, 1, 2
OWN = (1, 3, 3)  # parameters: level; besides, variance and factor of the deviation or of the slope
STEP, STRENGTH = 3, 4  # where the season's parameters are: variances of its step and of the first cycle
WIDTH = 5
MOST, MOST_OF_SEASON = 16.0, 32.0  # logarithms of variances over that of the noise
LARGEST_RHO = 0.99
TOLERANCE = 1e-3  # of twice the log-likelihood


@kernel()
def _set_model(x: Series, form: int, model: Series, season: Series) -> None:
    """Write the model and the season's two variances that the parameters `x` (5,) stand for, up to their scale."""
    model[:] = 0.0
    model[NOISE], model[PHI] = 1.0, 1.0
    model[LEVEL] = exp(min(max(x[0], -MOST), MOST))
    variance, odds = exp(min(max(x[1], -MOST), MOST)), exp(min(max(x[2], -MOST), MOST))
    if form == DEVIATING:
        model[DEVIATION] = variance
        model[RHO] = LARGEST_RHO * odds / (1.0 + odds)
    elif form == TRENDING:
        model[SLOPE] = variance
        model[PHI] = odds / (1.0 + odds)
        model[FIRST_SLOPE] = model[LEVEL] + variance + 1.0  # as large as the changes from row to row
    for i in range(2):
        season[i] = exp(min(max(x[STEP + i], -MOST_OF_SEASON), MOST_OF_SEASON))


@kernel()
def _rescale(model: Series, season: Series, factor: float) -> None:
    for i in (LEVEL, SLOPE, DEVIATION, NOISE, FIRST_SLOPE):
        model[i] *= factor
    for i in range(2):
        season[i] *= factor


@kernel()
def _misfit(
    y: Series,
    observed: NDArray[np.bool_],
    m: int,
    x: Series,
    form: int,
    model: Series,
    season: Series,
    work: Series,
    covariance: Series,
) -> float:
    """Return -2 log-likelihood at the best scale, but for a constant; model and season are then in that scale."""
    _set_model(x, form, model, season)
    _rescale(model, season, 1.0 / max(model[LEVEL], model[DEVIATION], model[SLOPE], 1.0))
    if m > 0:
        squares, logs = filter_season(y, observed, m, model, season[0], season[1], work[0], work[1], covariance)
    else:
        squares, logs = likelihood(y, observed, model)
    count = np.sum(observed) - 1
    scale = squares / count
    if not 0.0 < scale < inf:
        return inf
    _rescale(model, season, scale)
    return float(count * log(scale) + logs)


@kernel()
def _ranked(value: Series) -> tuple[int, int, float]:
    """Return where the lowest and the highest value are, and the second highest value (the lowest if there are 2)."""
    low = high = 0
    for i in range(1, value.shape[0]):
        low = i if value[i] < value[low] else low
        high = i if value[i] >= value[high] else high
    second = value[low]
    for i in range(value.shape[0]):
        if i != high:
            second = max(second, value[i])
    return low, high, second


@kernel()
def _away(middle: Series, corner: Series, length: float, out: Series) -> None:
    """Write the point on the line from a corner through the middle, `length` times their distance beyond it."""
    for j in range(WIDTH):
        out[j] = middle[j] + length * (middle[j] - corner[j])


@kernel()
def _further(new: float, lowest: float, highest: float) -> float:
    """Return how far to go: beyond a new best corner, or inwards from the better of the worst corner and its image."""
    if new < lowest:
        return 2.0
    return 0.5 if new < highest else -0.5


@kernel()
def _shrink(corner: Series, low: int) -> None:
    """Move all corners half way to the best one."""
    for i in range(corner.shape[0]):
        _away(corner[low], corner[i], -0.5, corner[i])


@kernel()
def _first_simplex(x: Series, own: int, width: float, corner: Series) -> None:
    """Write the corners: `x`, and it moved along each parameter that is free."""
    for i in range(corner.shape[0]):
        corner[i] = x
        if i > 0:
            corner[i, i - 1 if i <= own else STEP + i - 1 - own] += width


@kernel("f8(f8[::1], b1[::1], i8, i8, f8, i8, f8[::1], f8[::1], f8[::1])")
def fit(
    y: Series,
    observed: NDArray[np.bool_],
    m: int,
    form: int,
    width: float,
    most_steps: int,
    x: Series,
    model: Series,
    season: Series,
) -> float:
    """Set `x` (5,), where to start, to the likeliest parameters, `model` and `season` (2,) to what they stand for.

    Parameters
    ----------
    y, observed : (n,), the first one observed, at least 3 of them, not all equal.
    m : rows per season; 0: without season, `x` from STEP on and `season` are not used.
    width, most_steps : of the first simplex; of the search.

    Returns
    -------
    -2 log-likelihood, but for a constant that all forms share.
    """
    work, covariance = np.empty((2, y.shape[0])), np.empty((y.shape[0] if m > 0 else 0, STATES + m))
    own = OWN[form]
    k = own + 2 if m > 0 else own
    # the points that wait to be valued: all corners at first, and again when the simplex shrinks
    corner, value = np.empty((k + 1, WIDTH)), np.full(k + 1, inf)
    _first_simplex(x, own, width, corner)
    middle, tried, further = np.empty(WIDTH), np.empty(WIDTH), np.empty(WIDTH)
    stale, low = True, -1
    for _ in range(most_steps):
        for i in range(k + 1 if stale else 0):
            if i != low:
                value[i] = _misfit(y, observed, m, corner[i], form, model, season, work, covariance)
        stale = False
        low, high, second = _ranked(value)
        if value[high] - value[low] <= TOLERANCE:
            break
        for j in range(WIDTH):
            middle[j] = (np.sum(corner[:, j]) - corner[high, j]) / k
        _away(middle, corner[high], 1.0, tried)
        new = _misfit(y, observed, m, tried, form, model, season, work, covariance)
        if not value[low] <= new < second:
            _away(middle, corner[high], _further(new, value[low], value[high]), further)
            newer = _misfit(y, observed, m, further, form, model, season, work, covariance)
            if newer < new:
                new = newer
                tried[:] = further
        stale = not new < value[high]
        if stale:
            _shrink(corner, low)
        else:
            corner[high] = tried
            value[high] = new
    x[:] = corner[np.argmin(value)]
    return _misfit(y, observed, m, x, form, model, season, work, covariance)

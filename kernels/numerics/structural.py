"""Fixed-interval smoothing of a structural time series model with a season that may change.

The model of `local_level` plus, in the phase p of each row, ``season_p``: a random walk that steps each time its phase
comes by (season and step have variances of their own), so that without steps it repeats exactly. The seasons start
with mean zero.    No transition mixes the seasons: a row costs one update of rank one.

Source: as `local_level`; smoothing by J. Durbin and S. J. Koopman (2012), eq. 4.44, only for the sum of the states
that makes the value, so that no covariance matrix has to be kept.    Cost: O(n m**2) time, O(n m) memory.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.local_level import (
    DEVIATION,
    FIRST_SLOPE,
    LEVEL,
    NOISE,
    PHI,
    RHO,
    SLOPE,
    STATES,
    first_deviation,
)


@kernel()
def _move(core: Series, cross: Series, model: Series) -> None:
    """Take the covariances T P T' of level, slope and deviation, and theirs with the seasons, one row on."""
    phi, rho = model[PHI], model[RHO]
    for j in range(cross.shape[1]):
        cross[0, j] += cross[1, j]
        cross[1, j] *= phi
        cross[2, j] *= rho
    for j in range(STATES):
        core[0, j] += core[1, j]
        core[1, j] *= phi
        core[2, j] *= rho
    for j in range(STATES):
        core[j, 0] += core[j, 1]
        core[j, 1] *= phi
        core[j, 2] *= rho


@kernel()
def _move_back(core: Series, cross: Series, model: Series) -> None:
    """Take T' N T of the same blocks one row back."""
    phi, rho = model[PHI], model[RHO]
    for j in range(cross.shape[1]):
        cross[1, j] = cross[0, j] + phi * cross[1, j]
        cross[2, j] *= rho
    for j in range(STATES):
        core[1, j] = core[0, j] + phi * core[1, j]
        core[2, j] *= rho
    for j in range(STATES):
        core[j, 1] = core[j, 0] + phi * core[j, 1]
        core[j, 2] *= rho


@kernel()
def _start(model: Series, season_step: float, first_season: float, core: Series, cross: Series, season: Series) -> None:
    """Set the covariances after the first observation: the first level is that value less all else."""
    m = season.shape[0]
    for j in range(m):
        for k in range(m):
            season[j, k] = first_season * ((1.0 if j == k else 0.0) - 1.0 / m)
    c = first_deviation(model)
    core[0, 0], core[0, 2], core[2, 0], core[2, 2] = c + model[NOISE], -c, -c, c
    core[1, 1] = model[FIRST_SLOPE]
    if m > 0:
        core[0, 0] += season[0, 0]
        for j in range(m):
            cross[0, j] = -season[0, j]
        season[0, 0] += season_step


@kernel()
def _with_value(core: Series, cross: Series, season: Series, p: int, column: Series) -> float:
    """Write the covariances of all states with the sum that makes a value of phase `p`; return that sum's variance."""
    for i in range(STATES):
        column[i] = core[i, 0] + core[i, 2]
    total = 0.0
    m = season.shape[0]
    if m > 0:
        for i in range(STATES):
            column[i] += cross[i, p]
        of_seasons, level, deviation, row = column[STATES:], cross[0], cross[2], season[p]
        for j in range(m):
            of_seasons[j] = level[j] + deviation[j] + row[j]
        total = of_seasons[p]
    return float(total + column[0] + column[2])


@kernel()
def _learn(core: Series, cross: Series, season: Series, column: Series, f: float) -> None:
    """Take away from the covariances what an observation tells."""
    of_seasons = column[STATES:]
    for i in range(STATES):
        k = column[i] / f
        for j in range(STATES):
            core[i, j] -= k * column[j]
        row = cross[i]
        for j in range(of_seasons.shape[0]):
            row[j] -= k * of_seasons[j]
    for i in range(of_seasons.shape[0]):
        k = of_seasons[i] / f
        row = season[i]
        for j in range(of_seasons.shape[0]):
            row[j] -= k * of_seasons[j]


@kernel("Tuple((f8, f8))(f8[::1], b1[::1], i8, f8[::1], f8, f8, f8[::1], f8[::1], f8[:, ::1])")
def filter_season(
    y: Series,
    observed: NDArray[np.bool_],
    m: int,
    model: Series,
    season_step: float,
    first_season: float,
    error: Series,
    variance: Series,
    covariance: Series,
) -> tuple[float, float]:
    """Write what `smooth_season` needs and return what it returns.

    error : (n,) prediction errors, the prediction itself where not observed.
    variance, covariance : (n,), (n, 3 + m), of the prediction and of it with the state.
    """
    a = np.zeros(STATES + m)
    core, cross, season = np.zeros((STATES, STATES)), np.zeros((STATES, m)), np.zeros((m, m))
    _start(model, season_step, first_season, core, cross, season)
    a[0] = y[0]
    squares = logs = 0.0
    p = 0
    for t in range(1, y.shape[0]):
        a[0] += a[1]
        a[1] *= model[PHI]
        a[2] *= model[RHO]
        _move(core, cross, model)
        core[0, 0] += model[LEVEL]
        core[1, 1] += model[SLOPE]
        core[2, 2] += model[DEVIATION]
        p = p + 1 if p + 1 < m else 0
        f = _with_value(core, cross, season, p, covariance[t]) + model[NOISE]
        prediction = a[0] + a[2] + (a[STATES + p] if m > 0 else 0.0)
        variance[t], error[t] = f, prediction
        if observed[t]:
            e = y[t] - prediction
            error[t] = e
            squares += e * e / f
            logs += log(f)
            for i in range(STATES + m):
                a[i] += covariance[t, i] / f * e
            _learn(core, cross, season, covariance[t], f)
        if m > 0:
            season[p, p] += season_step
    return squares, logs


@kernel()
def _times(core: Series, cross: Series, season: Series, column: Series, u: Series) -> None:
    """Write the product of the whole symmetric matrix with a column."""
    u[:] = 0.0
    of_seasons, out = column[STATES:], u[STATES:]
    for i in range(STATES):
        row, k = cross[i], column[i]
        for j in range(STATES):
            u[i] += core[i, j] * column[j]
        for j in range(out.shape[0]):
            u[i] += row[j] * of_seasons[j]
            out[j] += row[j] * k
    for i in range(out.shape[0]):
        row, k = season[i], of_seasons[i]
        for j in range(out.shape[0]):
            out[j] += k * row[j]


@kernel()
def _learn_back(core: Series, cross: Series, season: Series, p: int, u: Series, bent: float) -> None:
    """Take N to N - z u' - u z' + bent z z', z being 1 for level, deviation and the season of phase `p`."""
    of_seasons = u[STATES:]
    for i in range(0, STATES, 2):
        row = cross[i]
        for j in range(STATES):
            core[i, j] -= u[j]
            core[j, i] -= u[j]
        for j in range(of_seasons.shape[0]):
            row[j] -= of_seasons[j]
        core[i, 0] += bent
        core[i, 2] += bent
    if of_seasons.shape[0] > 0:
        for i in range(STATES):
            cross[i, p] -= u[i]
        cross[0, p] += bent
        cross[2, p] += bent
        row = season[p]
        for j in range(of_seasons.shape[0]):
            row[j] -= of_seasons[j]
            season[j, p] -= of_seasons[j]
        season[p, p] += bent


@kernel("Tuple((f8, f8))(f8[::1], b1[::1], i8, f8[::1], f8, f8, f8[::1], f8[::1])")
def smooth_season(
    y: Series,
    observed: NDArray[np.bool_],
    m: int,
    model: Series,
    season_step: float,
    first_season: float,
    value: Series,
    spread: Series,
) -> tuple[float, float]:
    """Write for every row the smoothed value (n,) and its variance (n,), that of the noise included.

    Parameters
    ----------
    y : (n,). Where not observed, any finite number.
    observed : (n,), the first one true. There, the value is `y` and the variance 0.
    m : rows per season, 0 for none.
    model : as `local_level` describes.

    Returns
    -------
    The sums of squared standardised prediction errors and of the logs of their variances.
    """
    n, d = y.shape[0], STATES + m
    variance, covariance = np.empty(n), np.empty((n, d))
    squares, logs = filter_season(y, observed, m, model, season_step, first_season, value, variance, covariance)
    r, u = np.zeros(d), np.empty(d)
    core, cross, season = np.zeros((STATES, STATES)), np.zeros((STATES, m)), np.zeros((m, m))
    p = (n - 1) % m if m > 0 else 0
    for t in range(n - 1, 0, -1):
        f, column = variance[t], covariance[t]
        _times(core, cross, season, column, u)
        mean = known = 0.0
        for i in range(d):
            mean += column[i] * r[i]
            known += column[i] * u[i]
        if observed[t]:
            moved = (value[t] - mean) / f
            value[t], spread[t] = y[t], 0.0
            r[0] += moved
            r[2] += moved
            if m > 0:
                r[STATES + p] += moved
            for i in range(d):
                u[i] /= f
            _learn_back(core, cross, season, p, u, (1.0 + known / f) / f)
        else:
            value[t] += mean
            spread[t] = max(f - known, 0.0)
        r[1] = r[0] + model[PHI] * r[1]
        r[2] *= model[RHO]
        _move_back(core, cross, model)
        p = p - 1 if p > 0 else max(m - 1, 0)
    value[0], spread[0] = y[0], 0.0
    return squares, logs

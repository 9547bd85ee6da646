"""The exponential smoothing recursion, its derivatives and its forecast path.

State space form, R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, "Forecasting with Exponential Smoothing"
(2008), tables 2.2 and 2.3. With level l, growth b, season s (of m seasons ago) and damping phi

    q = l + phi b   or  l b**phi            trend ADD or MUL
    mu = q + s      or  q s                 season ADD or MUL; one step forecast
    e = y - mu,     k = e  or  e / s        season ADD or MUL
    l' = q + alpha k
    b' = phi b + beta k   or  b**phi + beta k / l
    s' = s + gamma e      or  s + gamma e / q

Without a trend, b = beta = 0 and phi = 1 under ADD; without a season, one season s = gamma = 0 under ADD. The error
only decides what is minimised (eq. 5.2): additive, ``sum e**2``; multiplicative, ``sum (e / mu)**2`` times the squared
geometric mean of mu, so that ``n log`` of it is minus twice the likelihood, up to a constant.    Cost: O(n) a pass.

Parameters travel as ``smoothing = (alpha, beta, gamma, phi)``, states as ``states = (l, b, s of slot 0 .. m - 1)``.
"""

from __future__ import annotations

from math import exp, inf, log

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series

ADD, MUL = 1, 2
STATES = 2  # level and growth come before the seasons
ENORMOUS = 1e200  # a trend that grows so far has no forecast
SMALLEST = 1e-12  # of data scaled to about 1: nothing that is divided by may come nearer to 0


@kernel()
def grow(level: float, growth: float, trend: int, phi: float) -> tuple[float, float]:
    """Return q, the level one step on, and the growth after damping."""
    if trend == ADD:
        damped = phi * growth
        return level + damped, damped
    damped = growth if phi == 1.0 else growth**phi
    return level * damped, damped


@kernel()
def errors(value: float, grown: float, seasonal: float, season: int) -> tuple[float, float, float, float]:
    """Return mu, e, k and the season's own error."""
    if season == ADD:
        e = value - (grown + seasonal)
        return grown + seasonal, e, e, e
    mu = grown * seasonal
    e = value - mu
    return mu, e, e / seasonal, e / grown


@kernel()
def growth_error(k: float, level: float, trend: int) -> float:
    """Return what beta is multiplied with."""
    return k if trend == ADD else k / level


@kernel("f8(f8[::1], i8, i8, i8, f8[::1], f8[::1], f8[::1])")
def run_through(
    y: Series, error: int, trend: int, season: int, smoothing: Series, states: Series, residual: Series
) -> float:
    """Run over a series; `states` become those after its last value. Return what is to be minimised.

    `residual` takes the n one-step errors y - mu, unless it is empty. inf: this run left the model's domain.
    """
    n, m = y.shape[0], states.shape[0] - STATES
    keep = residual.shape[0] == n
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    level, growth = states[0], states[1]
    squares = logs = 0.0
    product = 1.0
    slot = 0
    for t in range(n):
        seasonal = states[STATES + slot]
        if trend == MUL and (level < SMALLEST or growth < SMALLEST):
            return inf
        grown, damped = grow(level, growth, trend, phi)
        if season == MUL and (grown < SMALLEST or seasonal < SMALLEST):
            return inf
        mu, e, k, e_season = errors(y[t], grown, seasonal, season)
        if error == ADD:
            squares += e * e
        else:
            if mu < SMALLEST:
                return inf
            squares += (e / mu) * (e / mu)
            product *= mu
            if product < 1e-100 or product > 1e100:
                logs += log(product)
                product = 1.0
        if keep:
            residual[t] = e
        growth = damped + beta * growth_error(k, level, trend)
        level = grown + alpha * k
        states[STATES + slot] = seasonal + gamma * e_season
        slot = slot + 1 if slot + 1 < m else 0
    states[0], states[1] = level, growth
    if error == MUL:
        squares *= exp(2.0 * (logs + log(product)) / n)
    return squares if squares < inf else inf


@kernel()
def _add_rows(rows: Series, gram: Series) -> None:
    """Add four rows' outer products to `gram`: both triangles, as whole rows vectorise best."""
    width = gram.shape[0]
    first, second, third, fourth = rows[0], rows[1], rows[2], rows[3]
    for i in range(width):
        a, b, c, d = first[i], second[i], third[i], fourth[i]
        target = gram[i]
        for k in range(width):
            target[k] += a * first[k] + b * second[k] + c * third[k] + d * fourth[k]


@kernel()
def _level_slopes(level: float, growth: float, damped: float, trend: int, phi: float) -> tuple[float, float, float]:
    """Return the derivatives of q in level, growth and phi."""
    if trend == ADD:
        return 1.0, phi, growth
    return damped, level * phi * damped / growth, level * damped * log(growth)


@kernel()
def _growth_slopes(
    level: float, growth: float, damped: float, k: float, trend: int, beta: float, phi: float
) -> tuple[float, float, float, float]:
    """Return the derivatives of the next growth in growth, -k, level and phi, the others fixed."""
    if trend == ADD:
        return phi, -beta, 0.0, growth
    return phi * damped / growth, -beta / level, -beta * k / (level * level), damped * log(growth)


@kernel()
def _season_slopes(value: float, grown: float, seasonal: float, season: int) -> tuple[float, float, float, float]:
    """Return dmu/dq, dmu/ds, -dk/ds and minus the derivative of the season's own error in q; -dk/dq is 1."""
    if season == ADD:
        return 1.0, 1.0, 1.0, 1.0
    return seasonal, grown, value / (seasonal * seasonal), value / (grown * grown)


@kernel()
def _finish_multiplicative(squares: float, logs: float, n: int, gram: Series, gradient: Series, d_log: Series) -> float:
    """Turn the system of the relative errors r into that of r G, with G the geometric mean of mu."""
    scale = exp(2.0 * logs / n)
    width = gram.shape[0]
    for i in range(width):
        d_log[i] /= n  # of log G
    for i in range(width):
        for k in range(width):
            both = gradient[i] * d_log[k] + d_log[i] * gradient[k] + squares * d_log[i] * d_log[k]
            gram[i, k] = scale * (gram[i, k] + both)
    for i in range(width):
        gradient[i] = scale * (gradient[i] + squares * d_log[i])
    return scale * squares


@kernel("f8(f8[::1], i8, i8, i8, f8[::1], f8[::1], f8[:,::1], f8[:,::1], f8[::1])")
def normal_equations(
    y: Series,
    error: int,
    trend: int,
    season: int,
    smoothing: Series,
    states: Series,
    tangents: Series,
    gram: Series,
    gradient: Series,
) -> float:
    """Run over a series with derivatives: the Gauss-Newton system of what `run_through` minimises.

    tangents : (2 + m, width) derivative of each initial state in each direction; overwritten. Directions 0 to 3 are
        alpha, beta, gamma and phi themselves, whose own terms are added here.
    gram, gradient : (width, width) and (width,), J'J and J'r of the residuals r. Set here.

    Returns what `run_through` returns. The states must be in the model's domain all along.
    """
    n, m, width = y.shape[0], states.shape[0] - STATES, gram.shape[0]
    alpha, beta, gamma, phi = smoothing[0], smoothing[1], smoothing[2], smoothing[3]
    level, growth = states[0], states[1]
    seasons = states[STATES:].copy()
    d_level, d_growth = tangents[0], tangents[1]
    rows = np.zeros((4, width))
    d_log = np.zeros(width)
    gram[:] = 0.0
    gradient[:] = 0.0
    squares = logs = 0.0
    product = 1.0
    slot = 0
    for t in range(n):
        seasonal = seasons[slot]
        d_season = tangents[STATES + slot]
        grown, damped = grow(level, growth, trend, phi)
        mu, e, k, e_season = errors(y[t], grown, seasonal, season)
        q_l, q_b, q_phi = _level_slopes(level, growth, damped, trend, phi)
        b_b, b_q, b_l, b_phi = _growth_slopes(level, growth, damped, k, trend, beta, phi)
        mu_q, mu_s, k_s, e_q = _season_slopes(y[t], grown, seasonal, season)
        b_s = b_q * k_s
        l_q, l_s = 1.0 - alpha, -alpha * k_s
        s_q, s_s = -gamma * e_q, 1.0 - gamma
        r, weight = (e, -1.0) if error == ADD else (e / mu, -y[t] / (mu * mu))
        r_q, r_s = weight * mu_q, weight * mu_s
        row = rows[t & 3]
        for i in range(width):
            dl, ds = d_level[i], d_season[i]
            dq = q_l * dl + q_b * d_growth[i]
            row[i] = r_q * dq + r_s * ds
            d_level[i] = l_q * dq + l_s * ds
            d_growth[i] = b_b * d_growth[i] + b_q * dq + b_s * ds + b_l * dl
            d_season[i] = s_s * ds + s_q * dq
        # what alpha, beta, gamma and phi do themselves
        b_beta = growth_error(k, level, trend)
        row[3] += r_q * q_phi
        d_level[0] += k
        d_level[3] += l_q * q_phi
        d_growth[1] += b_beta
        d_growth[3] += b_phi + b_q * q_phi
        d_season[2] += e_season
        d_season[3] += s_q * q_phi

        squares += r * r
        for i in range(width):
            gradient[i] += r * row[i]
        if error == MUL:
            for i in range(width):
                d_log[i] -= row[i] * (mu / y[t])
            product *= mu
            if product < 1e-100 or product > 1e100:
                logs += log(product)
                product = 1.0
        if t & 3 == 3 or t + 1 == n:
            _add_rows(rows, gram)
            rows[:] = 0.0
        level, growth = grown + alpha * k, damped + beta * b_beta
        seasons[slot] = seasonal + gamma * e_season
        slot = slot + 1 if slot + 1 < m else 0
    if error == MUL:
        return _finish_multiplicative(squares, logs + log(product), n, gram, gradient, d_log)
    return squares


@kernel("f8[::1](i8, i8, i8, i8, f8, f8[::1])")
def forecast_path(rows: int, phase: int, trend: int, season: int, phi: float, states: Series) -> Series:
    """Return the forecasts 1 .. `rows` steps on, inf past ENORMOUS; the next value falls into season slot `phase`."""
    m = states.shape[0] - STATES
    level, growth = states[0], states[1]
    value = np.empty(rows)
    slot = phase
    for h in range(rows):
        level, growth = grow(level, growth, trend, phi)
        if level > ENORMOUS:
            value[h:] = inf
            break
        value[h] = level + states[STATES + slot] if season == ADD else level * states[STATES + slot]
        slot = slot + 1 if slot + 1 < m else 0
    return value

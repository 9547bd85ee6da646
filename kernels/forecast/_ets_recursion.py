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
SMALLEST = 1e-12  # of data scaled to about 1: nothing that is divided by may come nearer to 0


@kernel()
def _grown(level: float, growth: float, trend: int, phi: float) -> tuple[float, float]:
    """Return the level one step on, and the growth after damping."""
    if trend == ADD:
        damped = phi * growth
        return level + damped, damped
    damped = growth if phi == 1.0 else growth**phi
    return level * damped, damped


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
        grown, damped = _grown(level, growth, trend, phi)
        if season == ADD:
            mu = grown + seasonal
            e = y[t] - mu
            k = e
            states[STATES + slot] = seasonal + gamma * e
        else:
            if grown < SMALLEST or seasonal < SMALLEST:
                return inf
            mu = grown * seasonal
            e = y[t] - mu
            k = e / seasonal
            states[STATES + slot] = seasonal + gamma * (y[t] / grown - seasonal)
        if trend == ADD:
            growth = damped + beta * k
        else:
            if level < SMALLEST or growth < SMALLEST:
                return inf
            growth = damped + beta * k / level
        level = grown + alpha * k
        if keep:
            residual[t] = e
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
        slot += 1
        if slot == m:
            slot = 0
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
    gram, gradient : (width, width) and (width,), both triangles: J'J and J'r of the residuals r. Set here.

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
        grown, damped = _grown(level, growth, trend, phi)
        # q = grown, derivatives of q in level and growth; q's own term in phi
        if trend == ADD:
            q_l, q_b, q_phi, b_phi = 1.0, phi, growth, growth
        else:
            b_phi = damped * log(growth)
            q_l, q_b, q_phi = damped, level * phi * damped / growth, level * b_phi
        if season == ADD:
            mu = grown + seasonal
            e = y[t] - mu
            k, e_season = e, e
            mu_q, mu_s, k_s = 1.0, 1.0, 1.0
            s_q = -gamma
        else:
            mu = grown * seasonal
            e = y[t] - mu
            k, e_season = e / seasonal, e / grown
            mu_q, mu_s, k_s = seasonal, grown, y[t] / (seasonal * seasonal)
            s_q = -gamma * y[t] / (grown * grown)
        # dk = -dq - k_s ds
        if trend == ADD:
            b_b, b_q, b_l, b_beta = phi, -beta, 0.0, k
        else:
            b_b, b_q, b_l, b_beta = phi * damped / growth, -beta / level, -beta * k / (level * level), k / level
        b_s = b_q * k_s
        l_q, l_s, s_s = 1.0 - alpha, -alpha * k_s, 1.0 - gamma
        if error == ADD:
            r, weight = e, -1.0
        else:
            r, weight = e / mu, -y[t] / (mu * mu)
        row = rows[t & 3]
        r_q, r_s = weight * mu_q, weight * mu_s
        for i in range(width):
            dl, ds = d_level[i], d_season[i]
            dq = q_l * dl + q_b * d_growth[i]
            row[i] = r_q * dq + r_s * ds
            d_level[i] = l_q * dq + l_s * ds
            d_growth[i] = b_b * d_growth[i] + b_q * dq + b_s * ds + b_l * dl
            d_season[i] = s_s * ds + s_q * dq
        row[3] += r_q * q_phi
        d_level[0] += k
        d_level[3] += l_q * q_phi
        d_growth[1] += b_beta
        d_growth[3] += b_phi + b_q * q_phi
        d_season[2] += e_season
        d_season[3] += s_q * q_phi

        level, growth = grown + alpha * k, damped + beta * b_beta
        seasons[slot] = seasonal + gamma * e_season
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
        if t & 3 == 3:
            _add_rows(rows, gram)
        slot += 1
        if slot == m:
            slot = 0
    for t in range(n & 3, 4):
        rows[t] = 0.0
    if n & 3:
        _add_rows(rows, gram)

    if error == MUL:  # residuals r G with G the geometric mean of mu, d log G = d_log / n
        scale = exp(2.0 * (logs + log(product)) / n)
        for i in range(width):
            d_log[i] /= n
        for i in range(width):
            for k in range(width):
                both = gradient[i] * d_log[k] + d_log[i] * gradient[k] + squares * d_log[i] * d_log[k]
                gram[i, k] = scale * (gram[i, k] + both)
        for i in range(width):
            gradient[i] = scale * (gradient[i] + squares * d_log[i])
        squares *= scale
    return squares


@kernel("f8[::1](i8, i8, i8, i8, f8, f8[::1])")
def forecast_path(rows: int, phase: int, trend: int, season: int, phi: float, states: Series) -> Series:
    """Return the forecasts 1 .. `rows` steps on; the next value falls into season slot `phase`."""
    m = states.shape[0] - STATES
    level, growth = states[0], states[1]
    value = np.empty(rows)
    slot = phase
    for h in range(rows):
        level, growth = _grown(level, growth, trend, phi)
        value[h] = level + states[STATES + slot] if season == ADD else level * states[STATES + slot]
        slot += 1
        if slot == m:
            slot = 0
    return value

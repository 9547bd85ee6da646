"""Conditional least squares of one ARMA model: what comes before the series is taken to be 0.

Where the series is long the exact likelihood is nearly this, and an iteration here costs little more than running the
difference equation a few times. With ``(1 - f(B)) (1 - F(B^m)) w = (1 - t(B)) (1 - T(B^m)) e`` the derivative of e for
a coefficient of f at lag j is ``-B^j e / (1 - f(B))``, and alike, without the sign, for t: four autoregressive filters
of e and their shifts are the whole Jacobian, whatever the period.

Source: G. E. P. Box and G. M. Jenkins, "Time Series Analysis" (1970), sections 7.1.2 and 7.2.2; D. W. Marquardt, SIAM
J. 11 (1963).    Cost: O(n (p + q + P + Q)) per iteration.
"""

from __future__ import annotations

from math import inf, log

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._arima_fit import dot, propose
from kernels.numerics.arma import Lags, coefficients, from_partial, nonzero_lags
from kernels.numerics.innovations import limit_errors

AR, MA, SEASONAL_AR, SEASONAL_MA = 0, 1, 2, 3
DIFFERENCE = 1e-6
WORTHWHILE = 0.05  # of the way to the goal, that an iteration must promise


@kernel()
def _errors(padded: Series, before: int, x: Series, orders: Lags, error: Series) -> float:
    """Write the errors behind `before` zeros; return their sum of squares, inf where it is not finite."""
    phi, theta = coefficients(x, orders)
    error[:before] = 0.0
    limit_errors(padded, phi, theta, nonzero_lags(phi), nonzero_lags(theta), before, error)
    total = dot(error, error)
    return total if total < inf else inf


@kernel()
def _divide(error: Series, coefficient: Series, step: int, before: int, out: Series) -> None:
    """Write ``error / (1 - c(B^step))``."""
    count = coefficient.shape[0]
    out[:] = error
    for t in range(before, error.shape[0]):
        total = out[t]
        for j in range(1, count):
            total += coefficient[j] * out[t - (j + 1) * step]
        out[t] = total + coefficient[0] * out[t - step]  # the only term that waits for the step before


@kernel()
def _slope(x: Series, first: int, count: int, out: Series) -> None:
    """Fill (count, count) with the derivatives of a factor's coefficients (rows) for its parameters."""
    at = from_partial(x, first, count)
    for j in range(count):
        kept = x[first + j]
        h = DIFFERENCE if kept < 0.0 else -DIFFERENCE
        x[first + j] = kept + h
        moved = from_partial(x, first, count)
        x[first + j] = kept
        for i in range(count):
            out[i, j] = (moved[i] - at[i]) / h


@kernel()
def _products(error: Series, filtered: Series, source: Lags, lag: Lags, by_lag: Series, right: Series) -> None:
    """Fill J'J and J'e for the coefficients themselves: the products of shifted series."""
    n = error.shape[0]
    for i in range(lag.shape[0]):
        a, shift = filtered[source[i]], lag[i]
        right[i] = dot(error[shift:], a[: n - shift])
        for j in range(i + 1):
            b, other = filtered[source[j]], lag[j]
            if source[i] < SEASONAL_AR and source[j] < SEASONAL_AR and shift > 1 and other > 1:
                # one lag more for both: the same products but for the last
                by_lag[i, j] = by_lag[i - 1, j - 1] - a[n - shift] * b[n - other]
            else:
                longest = max(shift, other)
                by_lag[i, j] = dot(a[longest - shift : n - shift], b[longest - other : n - other])
            by_lag[j, i] = by_lag[i, j]


@kernel()
def _linearise(
    error: Series, before: int, x: Series, orders: Lags, filtered: Series, normal: Series, gradient: Series
) -> None:
    """Fill J'J and J'e for the unconstrained parameters."""
    k, m = x.shape[0], orders[4]
    slope, by_lag, right = np.zeros((k, k)), np.empty((k, k)), np.empty(k)
    source, lag = np.empty(k, np.int64), np.empty(k, np.int64)
    first = 0
    for factor in range(4):
        count, step = orders[factor], m if factor >= SEASONAL_AR else 1
        if count > 0:
            _divide(error, from_partial(x, first, count), step, before, filtered[factor])
            if factor in (AR, SEASONAL_AR):
                filtered[factor] *= -1.0
            _slope(x, first, count, slope[first : first + count, first : first + count])
        for j in range(count):
            source[first + j], lag[first + j] = factor, (j + 1) * step
        first += count
    _products(error, filtered, source, lag, by_lag, right)
    for i in range(k):
        gradient[i] = dot(slope[:, i].copy(), right)
        for j in range(k):
            column = slope[:, j].copy()
            normal[i, j] = 0.0
            for a in range(k):
                normal[i, j] += slope[a, i] * dot(by_lag[a], column)


@kernel("Tuple((f8, b1))(f8[::1], f8[::1], i8[::1], i8, f8, f8, f8[::1])")
def improve_conditionally(
    w: Series, x: Series, orders: Lags, iterations: int, tolerance: float, goal: float, damping: Series
) -> tuple[float, bool]:
    """Improve the parameters `x` in place by at most so many iterations.

    Parameters
    ----------
    w : (n,) the differenced series, its mean taken off.
    x, orders, tolerance, goal, damping : as for `kernels.forecast._arima_fit.improve`.

    Returns
    -------
    squares, done : the sum of squared errors; whether there is nothing more to gain.
    """
    n, k = w.shape[0], x.shape[0]
    before = max(orders[0] + orders[2] * orders[4], orders[1] + orders[3] * orders[4])
    padded = np.zeros(before + n)
    padded[before:] = w
    error, other = np.zeros(before + n), np.zeros(before + n)
    filtered = np.zeros((4, before + n))
    squares = _errors(padded, before, x, orders, error)
    if k == 0 or squares == inf or squares <= 0.0:
        return squares, True
    normal, gradient = np.empty((k, k)), np.empty(k)
    step, trial = np.empty(k), np.empty(k)
    for _ in range(iterations):
        _linearise(error, before, x, orders, filtered, normal, gradient)
        accepted = False
        while not accepted:
            promised = propose(normal, normal, damping, gradient, x, trial, step)
            enough = max(tolerance, WORTHWHILE * 0.5 * n * log(max(squares / goal, 1.0))) * squares
            if not 0.5 * n * promised > enough:
                return squares, True
            trial_squares = _errors(padded, before, trial, orders, other)
            accepted = trial_squares < squares
            damping[0] = damping[0] if accepted else max(damping[0], 1e-4) * 5.0
        good = squares - trial_squares > 0.5 * promised
        damping[0] = max(0.1 * damping[0], 1e-9) if good else damping[0]
        x[:] = trial
        squares = trial_squares
        error, other = other, error
    return squares, False

"""ARMA polynomials: from unconstrained numbers to coefficients, and the autocovariances they imply.

Source: J. F. Monahan, "A note on enforcing stationarity in autoregressive-moving average models", Biometrika 71
(1984), for the partial autocorrelations; G. E. P. Box and G. M. Jenkins, "Time Series Analysis" (1970), chapter 9, for
the product of the seasonal polynomials; N. Levinson (1947) and J. Durbin (1960) for the recursion and its inverse.

Signs: ``x_t = phi_1 x_{t-1} + ... + a_t + theta_1 a_{t-1} + ...`` with a_t of variance 1.
"""

from __future__ import annotations

from math import tanh

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

Lags = NDArray[np.int64]


@kernel()
def from_partial(x: Series, first: int, count: int) -> Series:
    """Return the coefficients of the stationary AR whose partial autocorrelations are ``tanh(x[first:first+count])``.

    Durbin-Levinson recursion.
    """
    phi = np.zeros(count)
    previous = np.zeros(count)
    for order in range(count):
        partial = tanh(x[first + order])
        for i in range(order):
            phi[i] = previous[i] - partial * previous[order - 1 - i]
        phi[order] = partial
        previous[:] = phi
    return phi


@kernel()
def _product(short: Series, seasonal: Series, m: int) -> Series:
    """Return c with ``1 - c(B) = (1 - short(B)) (1 - seasonal(B^m))``."""
    p, big = short.shape[0], seasonal.shape[0]
    out = np.zeros(p + m * big)
    for i in range(p):
        out[i] = short[i]
    for j in range(big):
        at = (j + 1) * m
        out[at - 1] += seasonal[j]
        for i in range(p):
            out[at + i] -= seasonal[j] * short[i]
    return out


@kernel("Tuple((f8[::1], f8[::1]))(f8[::1], i8[::1])")
def coefficients(x: Series, orders: Lags) -> tuple[Series, Series]:
    """Return (phi, theta) of the multiplicative model with unconstrained parameters `x`.

    x : for AR, MA, seasonal AR and seasonal MA in turn, the inverse tanh of the partial autocorrelations.
    orders : p, q, P, Q, m.
    """
    p, q, big_p, big_q, m = orders[0], orders[1], orders[2], orders[3], orders[4]
    phi = _product(from_partial(x, 0, p), from_partial(x, p + q, big_p), m)
    theta = _product(from_partial(x, p, q), from_partial(x, p + q + big_p, big_q), m)
    for i in range(theta.shape[0]):
        theta[i] = -theta[i]
    return phi, theta


@kernel()
def nonzero_lags(coefficient: Series) -> Lags:
    """Return the lags (from 1) at which a polynomial's coefficient is not 0, largest first."""
    n = coefficient.shape[0]
    count = 0
    for i in range(n):
        if coefficient[i] != 0.0:
            count += 1
    lags = np.empty(count, np.int64)
    for i in range(n):
        if coefficient[i] != 0.0:
            count -= 1
            lags[count] = i + 1
    return lags


@kernel()
def _step_down(phi: Series) -> tuple[Series, float]:
    """Return the partial autocorrelations of an AR and the variance they imply, 0 if it is not stationary.

    Levinson's recursion backwards.
    """
    p = phi.shape[0]
    partial = np.empty(p)
    a, b = phi.copy(), np.empty(p)
    variance = 1.0
    for order in range(p, 0, -1):
        k = a[order - 1]
        partial[order - 1] = k
        if not abs(k) < 1.0:
            return partial, 0.0
        scale = 1.0 / (1.0 - k * k)
        variance *= scale
        if k != 0.0:
            for i in range(order - 1):
                b[i] = (a[i] + k * a[order - 2 - i]) * scale
            a, b = b, a
    return partial, variance


@kernel()
def ar_autocovariance(phi: Series, count: int) -> tuple[Series, bool]:
    """Return the autocovariances at lags 0 to count-1 (count > p) of a stationary AR, and whether it is stationary.

    Levinson's recursion downwards gives the partial autocorrelations, and upwards again the autocovariances: O(p^2).
    """
    p = phi.shape[0]
    gamma = np.zeros(count)
    partial, variance = _step_down(phi)
    if not 0.0 < variance < np.inf:
        return gamma, False
    a, b = np.empty(p), np.empty(p)
    gamma[0] = variance
    for order in range(1, p + 1):
        k = partial[order - 1]
        total = k * variance
        for i in range(order - 1):
            total += a[i] * gamma[order - 1 - i]
        gamma[order] = total
        if k != 0.0:
            for i in range(order - 1):
                b[i] = a[i] - k * a[order - 2 - i]
            a, b = b, a
            variance *= 1.0 - k * k
        a[order - 1] = k
    for j in range(p + 1, count):
        for i in range(p):
            gamma[j] += phi[i] * gamma[j - 1 - i]
    return gamma, True


@kernel()
def _ma_autocovariance(theta: Series, lags: Lags) -> Series:
    """Return the autocovariances of an MA at lags 0 to q."""
    q = theta.shape[0]
    out = np.zeros(q + 1)
    out[0] = 1.0
    for i in range(lags.shape[0]):
        c = theta[lags[i] - 1]
        out[lags[i]] += c
        for j in range(i, lags.shape[0]):  # lags[j] <= lags[i]
            out[lags[i] - lags[j]] += c * theta[lags[j] - 1]
    return out


@kernel()
def _weights(phi: Series, theta: Series, ar_lags: Lags) -> Series:
    """Return the weights psi_0 to psi_q of the past innovations in an ARMA."""
    q = theta.shape[0]
    psi = np.zeros(q + 1)
    psi[0] = 1.0
    for k in range(1, q + 1):
        psi[k] = theta[k - 1]
        for j in range(ar_lags.shape[0]):
            if ar_lags[j] <= k:
                psi[k] += phi[ar_lags[j] - 1] * psi[k - ar_lags[j]]
    return psi


@kernel()
def _add_reversed(coefficient: Series, lags: Lags, values: Series, out: Series) -> None:
    """Add ``sum_j coefficient_j values_{j-i}`` over j >= i to ``out_i`` (both counted from lag 1)."""
    for j in range(lags.shape[0]):
        lag = lags[j]
        c = coefficient[lag - 1]
        for i in range(lag):
            out[i] += c * values[lag - 1 - i]


@kernel("Tuple((f8, f8[::1], b1))(f8[::1], f8[::1])")
def stationary_gain(phi: Series, theta: Series) -> tuple[float, Series, bool]:
    """Return variance and first Kalman gain of an ARMA started in its stationary distribution.

    Returns
    -------
    variance : of one observation, in units of the variance of a_t.
    gain : (r,), r = max(p, q): covariance of the next state of the innovations form with this observation.
    usable : false where the AR part is not stationary in double precision.
    """
    p, q = phi.shape[0], theta.shape[0]
    gain = np.zeros(max(p, q))
    # the ARMA is the MA of an AR u: its autocovariance is the MA's (in units of u) folded with that of u
    gamma_u, usable = ar_autocovariance(phi, p + q + 1)
    if not usable:
        return 0.0, gain, False
    ar_lags, ma_lags = nonzero_lags(phi), nonzero_lags(theta)
    ma = _ma_autocovariance(theta, ma_lags)
    gamma = ma[0] * gamma_u[: p + 1]
    for lag in range(1, q + 1):
        if ma[lag] != 0.0:
            for k in range(p + 1):
                gamma[k] += ma[lag] * (gamma_u[abs(k - lag)] + gamma_u[k + lag])
    _add_reversed(phi, ar_lags, gamma, gain)
    _add_reversed(theta, ma_lags, _weights(phi, theta, ar_lags), gain)
    return gamma[0], gain, gamma[0] > 0.0


@kernel("b1(f8[::1], i8[::1], f8)")
def roots_beyond(x: Series, orders: Lags, radius: float) -> bool:
    """Tell whether the roots of every factor (the seasonal ones in B^m) lie beyond `radius` >= 1.

    A polynomial has them there when the one with coefficients ``c_i radius^i`` is still stationary.
    """
    first = 0
    for factor in range(4):
        count = orders[factor]
        phi = from_partial(x, first, count)
        first += count
        scale = 1.0
        for i in range(count):
            scale *= radius
            phi[i] *= scale
        _, inside = ar_autocovariance(phi, count + 1)
        if not inside:
            return False
    return True

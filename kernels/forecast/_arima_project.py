"""From a fitted ARMA of the differenced series to forecasts of the series itself, with their variance.

Source: P. J. Brockwell and R. A. Davis, "Time Series: Theory and Methods" (2nd ed., 1991), sections 5.3 and 9.5: the
h-step error is the sum of the future one-step errors, each through its own impulse response. The responses come from
the filter's exact gains, so that a short history widens the interval, and
equal the psi-weights once it is at its limit.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.arma import Lags, nonzero_lags
from kernels.numerics.innovations import GAIN, INCREMENT, SERIES, advance, innovations, state_at_limit

APART = 500  # steps whose errors have responses of their own, while the filter is not at its limit


@kernel()
def _integrate(response: Series, d: int, seasonal_d: int, m: int) -> None:
    """Undo the differencing of an impulse response, in place."""
    for _ in range(d):
        for i in range(1, response.shape[0]):
            response[i] += response[i - 1]
    for _ in range(seasonal_d):
        for i in range(m, response.shape[0]):
            response[i] += response[i - m]


@kernel()
def _response(rows: int, gain: Series, phi: Series, ar_lags: Lags, orders: tuple[int, int, int]) -> Series:
    """Return what an error of 1 does to the series from its step on."""
    response = np.zeros(rows)
    if rows > 0:
        response[0] = 1.0
    for i in range(min(rows - 1, gain.shape[0])):
        response[i + 1] = gain[i]
    for i in range(1, rows):
        for j in range(ar_lags.shape[0]):
            lag = ar_lags[j]
            if lag < i:  # lag i is in the gain already
                response[i] += phi[lag - 1] * response[i - lag]
    _integrate(response, orders[0], orders[1], orders[2])
    return response


@kernel()
def _add_response(
    variance: Series, weight: float, gain: Series, phi: Series, ar_lags: Lags, orders: tuple[int, int, int], at: int
) -> None:
    """Add to `variance` what one error of variance `weight` at step `at` means from there on."""
    rows = variance.shape[0] - at
    response = _response(rows, gain, phi, ar_lags, orders)
    for i in range(rows):
        variance[at + i] += weight * response[i] * response[i]


@kernel()
def _undifference(y: Series, d: int, seasonal_d: int, m: int, value: Series) -> None:
    """Turn forecasts of the differences into forecasts of `y`, in place."""
    length = d + m * seasonal_d
    polynomial = np.zeros(length + 1)
    polynomial[0] = 1.0
    for _ in range(d):
        for i in range(length, 0, -1):
            polynomial[i] -= polynomial[i - 1]
    for _ in range(seasonal_d):
        for i in range(length, m - 1, -1):
            polynomial[i] -= polynomial[i - m]
    lags = nonzero_lags(polynomial[1:])
    n = y.shape[0]
    for h in range(value.shape[0]):
        for j in range(lags.shape[0]):
            lag = lags[j]
            value[h] -= polynomial[lag] * (value[h - lag] if lag <= h else y[n + h - lag])


@kernel()
def _filtered(
    centred: Series,
    phi: Series,
    theta: Series,
    exact_steps: int,
    error: Series,
    one_step: Series,
    state: Series,
    value: Series,
) -> tuple[float, bool]:
    """Filter a series without mean and forecast it; return the next step's variance, and whether it is the limit."""
    n, r = centred.shape[0], state.shape[1] - 1
    f, _, settled = innovations(centred, False, phi, theta, exact_steps, error, np.empty(n), one_step, state)
    if settled < n:
        state_at_limit(centred, error, phi, theta, state)
    ahead = state[SERIES].copy()
    for h in range(value.shape[0]):
        value[h] = ahead[0]
        for i in range(r):
            ahead[i] = ahead[i + 1] + (phi[i] * value[h] if i < phi.shape[0] else 0.0)
    return f, settled < n


@kernel("Tuple((f8[::1], f8[::1], f8[::1]))(f8[::1], f8[::1], f8, b1, f8[::1], f8[::1], i8, i8, i8, i8, i8)")
def project(
    y: Series,
    w: Series,
    mean: float,
    mean_uncertain: bool,
    phi: Series,
    theta: Series,
    d: int,
    seasonal_d: int,
    m: int,
    rows: int,
    exact_steps: int,
) -> tuple[Series, Series, Series]:
    """Forecast `rows` steps.

    Parameters
    ----------
    y : (n,) the series, and w : its differences, of mean `mean` under the model.
    exact_steps : see `kernels.numerics.innovations.innovations`.
    mean_uncertain : add the variance that the estimated mean brings (generalised least squares).

    Returns
    -------
    value, variance : (rows,) forecasts, and their variance in units of that of the innovations.
    error : (len(w),) in-sample one-step errors.
    """
    n = w.shape[0]
    r = max(phi.shape[0], theta.shape[0])
    error, one_step, state = np.empty(n), np.empty(n), np.zeros((4, r + 1))
    value, variance = np.empty(rows), np.zeros(rows)
    if mean_uncertain:
        # by how much a forecast moves with the mean: 1 less what the past, its mean off by 1 as well, makes up for
        _filtered(np.ones(n), phi, theta, exact_steps, error, one_step, state, value)
        information = 0.0
        for t in range(n):
            information += error[t] * error[t] / one_step[t]
        moves = 1.0 - value
        _undifference(np.zeros(y.shape[0]), d, seasonal_d, m, moves)
        if information > 0.0:
            variance += moves * moves / information
    f, limiting = _filtered(w - mean, phi, theta, exact_steps, error, one_step, state, value)
    value += mean
    _undifference(y, d, seasonal_d, m, value)

    orders = (d, seasonal_d, m)
    ar = np.zeros(r)
    ar[: phi.shape[0]] = phi
    ar_lags = nonzero_lags(phi)
    apart = 0 if limiting else min(rows, APART)
    for h in range(apart):
        _add_response(variance, f, state[GAIN, :r] / f, phi, ar_lags, orders, h)
        first = state[INCREMENT, 0]
        k = first / f
        advance(state, ar, 0.0, k)
        f = max(f - k * first, 1.0)
    response = _response(rows - apart, state[GAIN, :r] / f, phi, ar_lags, orders)
    total = 0.0
    for h in range(apart, rows):  # from here on the filter stands still, and every error has the same response
        total += f * response[h - apart] ** 2
        variance[h] += total
    return value, variance, error

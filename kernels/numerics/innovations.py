"""One-step prediction errors of a stationary ARMA, exactly, by Chandrasekhar recursions.

Source: M. Morf, G. S. Sidhu and T. Kailath, "Some new algorithms for recursive estimation in constant, linear,
discrete-time systems", IEEE Trans. Automatic Control 19 (1974); J. G. Pearlman, "An algorithm for the exact likelihood
of a high-order autoregressive-moving average process", Biometrika 67 (1980). Against a Kalman filter with its r x r
covariance, one step costs O(r) instead of O(r^2), r = max(p, q). Once the prediction variance has reached its limit
the filter is the plain difference equation, whose step costs only the non-zero coefficients.

State (innovations form): ``s_{t+1,i} = s_{t,i+1} + phi_i x_t + theta_i a_t`` and ``x_t = s_{t,1} + a_t``.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.arma import Lags, nonzero_lags, stationary_gain

# The prediction variance is at its limit 1 once it stayed this near for r steps.
SETTLED = 1e-10
# Rows of the filter's state: prediction state of the series and of the constant 1, gain, and its increment.
SERIES, ONES, GAIN, INCREMENT = 0, 1, 2, 3


@kernel()
def limit_errors(
    x: Series, phi: Series, theta: Series, ar_lags: Lags, ma_lags: Lags, start: int, error: Series
) -> None:
    """Continue the errors from `start` on by the difference equation."""
    n = x.shape[0]
    for t in range(start, n):
        error[t] = x[t]
    for j in range(ar_lags.shape[0]):
        lag = ar_lags[j]
        c = phi[lag - 1]
        now, past = error[start:], x[start - lag : n - lag]
        for t in range(n - start):
            now[t] -= c * past[t]
    count = ma_lags.shape[0]
    if count == 0:
        return
    coefficient = np.empty(count)
    for j in range(count):
        coefficient[j] = theta[ma_lags[j] - 1]
    shortest = coefficient[count - 1] if ma_lags[count - 1] == 1 else 0.0
    others = count - 1 if ma_lags[count - 1] == 1 else count
    previous = error[start - 1]
    for t in range(start, n):
        total = error[t]
        for j in range(others):
            total -= coefficient[j] * error[t - ma_lags[j]]
        previous = total - shortest * previous  # the only term that waits for the step before
        error[t] = previous


@kernel()
def _limit_of_ones(phi: Series, theta: Series, ma_lags: Lags, start: int, error: Series) -> None:
    """Continue the errors of the constant 1 from `start` on; once they stand still they stay so."""
    level = 1.0
    for i in range(phi.shape[0]):
        level -= phi[i]
    n = error.shape[0]
    q = theta.shape[0]
    still = 0
    for t in range(start, n):
        total = level
        for j in range(ma_lags.shape[0]):
            total -= theta[ma_lags[j] - 1] * error[t - ma_lags[j]]
        error[t] = total
        still = still + 1 if t > 0 and abs(total - error[t - 1]) <= 1e-14 * abs(total) else 0
        if still > q:
            for later in range(t + 1, n):
                error[later] = total
            return


@kernel()
def _advance_ones(state: Series, ar: Series, per_error: float) -> None:
    """Take the prediction state of the ones one step on; before the gain moves."""
    s, gain = state[ONES], state[GAIN]
    prediction = s[0]
    for i in range(ar.shape[0]):
        s[i] = s[i + 1] + ar[i] * prediction + gain[i] * per_error


@kernel()
def advance(state: Series, ar: Series, per_error: float, k: float) -> None:
    """Take state, gain and increment one step on; k: partial autocorrelation at the lag of this step."""
    s, gain, increment = state[SERIES], state[GAIN], state[INCREMENT]
    r = ar.shape[0]
    prediction, first = s[0], increment[0]
    for i in range(r):  # three short loops become vector instructions, one long loop does not
        s[i] = s[i + 1] + ar[i] * prediction + gain[i] * per_error
    for i in range(r):
        increment[i] = increment[i + 1] + ar[i] * first
    for i in range(r):
        g, moved = gain[i], increment[i]
        gain[i] = g - k * moved
        increment[i] = moved - k * g


@kernel()
def _conditional(x: Series, phi: Series, theta: Series, error: Series) -> None:
    """Write the errors of the difference equation, everything before the series being 0."""
    n, r = x.shape[0], max(phi.shape[0], theta.shape[0])
    padded, errors = np.zeros(r + n), np.zeros(r + n)
    padded[r:] = x
    limit_errors(padded, phi, theta, nonzero_lags(phi), nonzero_lags(theta), r, errors)
    error[:] = errors[r:]


@kernel()
def _continue_at_limit(
    x: Series, with_ones: bool, phi: Series, theta: Series, start: int, error: Series, error_of_ones: Series
) -> None:
    """Continue the errors from `start` on by the limiting filter; from 0: as if zeros came before."""
    if start == 0:
        _conditional(x, phi, theta, error)
        if with_ones:
            _conditional(np.ones(x.shape[0]), phi, theta, error_of_ones)
        return
    ma_lags = nonzero_lags(theta)
    limit_errors(x, phi, theta, nonzero_lags(phi), ma_lags, start, error)
    if with_ones:
        _limit_of_ones(phi, theta, ma_lags, start, error_of_ones)


@kernel("Tuple((f8, b1, i8))(f8[::1], b1, f8[::1], f8[::1], i8, f8[::1], f8[::1], f8[::1], f8[:, ::1])")
def innovations(
    x: Series,
    with_ones: bool,
    phi: Series,
    theta: Series,
    exact_steps: int,
    error: Series,
    error_of_ones: Series,
    variance: Series,
    state: Series,
) -> tuple[float, bool, int]:
    """Run the filter over `x` and, if wanted, over a series of ones (to fit a mean by least squares).

    Parameters
    ----------
    exact_steps : switch to the limiting filter after so many steps at the latest (at least r are made); negative: use
        it from the beginning, as if everything before the series were 0.
    error, error_of_ones, variance : (n,) receive the prediction errors and their variance over that of a_t.
    state : (4, r + 1) receives the state after the last observation, unless the limiting filter was in use then.

    Returns
    -------
    next_variance : of the prediction of x_{n+1}.
    usable : false where the parameters are too near the edge of stationarity for double precision.
    settled : the step from which on the limiting filter was in use, all variances being 1; n if never. Where it was,
        `state_at_limit` gives the state.
    """
    n = x.shape[0]
    p, q = phi.shape[0], theta.shape[0]
    r = max(p, q)
    if exact_steps < 0:
        _continue_at_limit(x, with_ones, phi, theta, 0, error, error_of_ones)
        variance[:] = 1.0
        return 1.0, True, 0
    f, gain_now, usable = stationary_gain(phi, theta)
    if not usable:
        return f, False, 0
    state[:, :] = 0.0
    state[GAIN, :r] = gain_now
    state[INCREMENT, :r] = gain_now
    ar = np.zeros(r)
    ar[:p] = phi
    settled_for = 0
    steps = min(n, max(exact_steps, r))
    t = 0
    while t < steps:
        if f - 1.0 < SETTLED:
            settled_for += 1
            if settled_for > r:
                break
        else:
            settled_for = 0
        if q == 0 and t >= r:
            f = 1.0
            break
        error[t] = x[t] - state[SERIES, 0]
        variance[t] = f
        first = state[INCREMENT, 0]
        k = first / f  # the partial autocorrelation at lag t + 1
        if with_ones:
            error_of_ones[t] = 1.0 - state[ONES, 0]
            _advance_ones(state, ar, error_of_ones[t] / f)
        advance(state, ar, error[t] / f, k)
        f = max(f - k * first, 1.0)
        if not abs(k) < 1.0:
            return f, False, 0
        t += 1
    if t < n:
        _continue_at_limit(x, with_ones, phi, theta, t, error, error_of_ones)
        variance[t:] = 1.0
        return 1.0, True, t
    return f, True, n


@kernel("void(f8[::1], f8[::1], f8[::1], f8[::1], f8[:, ::1])")
def state_at_limit(x: Series, error: Series, phi: Series, theta: Series, state: Series) -> None:
    """Set the state after the last observation from the last observations and errors."""
    n = x.shape[0]
    p, q = phi.shape[0], theta.shape[0]
    state[:, :] = 0.0
    for i in range(max(p, q)):
        total = 0.0
        for j in range(i, p):
            total += phi[j] * x[n - 1 + i - j]
        for j in range(i, q):
            total += theta[j] * error[n - 1 + i - j]
        state[SERIES, i] = total
        ar = phi[i] if i < p else 0.0
        state[GAIN, i] = ar + (theta[i] if i < q else 0.0)

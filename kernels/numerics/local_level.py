"""The part of a structural time series model that has no season: local level, damped slope and an AR(1) deviation.

    y_t = level_t + deviation_t + noise
    level_{t+1} = level_t + slope_t + step
    slope_{t+1} = phi slope_t + step
    deviation_{t+1} = rho deviation_t + step

The level starts diffuse: it is known from the first observation on, which adds nothing to the likelihood; the
deviation starts in its stationary distribution, the slope at zero with a given variance. A row that is not observed
only moves the state on, so gaps cost the likelihood nothing and are exact.

Source: A. C. Harvey, "Forecasting, Structural Time Series Models and the Kalman Filter" (1989), sections 2.3 and 3.4;
J. Durbin and S. J. Koopman, "Time Series Analysis by State Space Methods" (2012), sections 4.3 to 4.5 and 4.10.
Cost: O(n).
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

# What a model is made of: variances of the steps and of the noise, factors, variance of the first slope.
LEVEL, SLOPE, DEVIATION, NOISE, PHI, RHO, FIRST_SLOPE = 0, 1, 2, 3, 4, 5, 6
MODEL = 7  # numbers
STATES = 3  # level, slope, deviation


@kernel()
def first_deviation(model: Series) -> float:
    """Return the stationary variance of the deviation."""
    return float(model[DEVIATION] / (1.0 - model[RHO] * model[RHO]))


@kernel("void(b1[::1], f8[::1], f8[::1], f8[:, ::1])")
def gains(observed: NDArray[np.bool_], model: Series, variance: Series, covariance: Series) -> None:
    """Write the prediction variance (n,) of every value and its covariance (n, 3) with the state; they need no data.

    observed : (n,), the first one true.
    """
    phi, rho = model[PHI], model[RHO]
    c = first_deviation(model)
    p00, p01, p02, p11, p12, p22 = c + model[NOISE], 0.0, -c, model[FIRST_SLOPE], 0.0, c
    variance[0] = 0.0
    covariance[0, :] = 0.0
    for t in range(1, observed.shape[0]):
        p00 += 2.0 * p01 + p11 + model[LEVEL]
        p01 = phi * (p01 + p11)
        p02 = rho * (p02 + p12)
        p11 = phi * phi * p11 + model[SLOPE]
        p12 = phi * rho * p12
        p22 = rho * rho * p22 + model[DEVIATION]
        m0, m1, m2 = p00 + p02, p01 + p12, p02 + p22
        f = m0 + m2 + model[NOISE]
        variance[t] = f
        covariance[t, 0], covariance[t, 1], covariance[t, 2] = m0, m1, m2
        if observed[t]:
            k0, k1, k2 = m0 / f, m1 / f, m2 / f
            p00 -= k0 * m0
            p01 -= k0 * m1
            p02 -= k0 * m2
            p11 -= k1 * m1
            p12 -= k1 * m2
            p22 -= k2 * m2


@kernel("void(f8[::1], b1[::1], f8[::1], f8[::1], f8[:, ::1], f8[::1], f8[::1])")
def smooth(
    y: Series,
    observed: NDArray[np.bool_],
    model: Series,
    variance: Series,
    covariance: Series,
    value: Series,
    weighted: Series,
) -> None:
    """Write the smoothed values (n,) where not observed and the inverse covariance of the observed ones times them.

    variance, covariance : from `gains`.
    weighted : 0 where not observed. The matrix that makes it of `y` is symmetric and takes constants to 0.
    """
    n = y.shape[0]
    phi, rho = model[PHI], model[RHO]
    a0, a1, a2 = y[0], 0.0, 0.0
    for t in range(1, n):
        a0 += a1
        a1 *= phi
        a2 *= rho
        value[t] = a0 + a2
        if observed[t]:
            e = (y[t] - value[t]) / variance[t]
            weighted[t] = e
            a0 += covariance[t, 0] * e
            a1 += covariance[t, 1] * e
            a2 += covariance[t, 2] * e
    r0 = r1 = r2 = 0.0
    for t in range(n - 1, 0, -1):
        inner = covariance[t, 0] * r0 + covariance[t, 1] * r1 + covariance[t, 2] * r2
        if observed[t]:
            u = weighted[t] - inner / variance[t]
            weighted[t] = u
            value[t] = y[t]
            r0 += u
            r2 += u
        else:
            weighted[t] = 0.0
            value[t] += inner
        r1 = r0 + phi * r1
        r2 *= rho
    value[0], weighted[0] = y[0], -r0


@kernel("Tuple((f8, f8))(f8[::1], b1[::1], f8[::1])")
def likelihood(y: Series, observed: NDArray[np.bool_], model: Series) -> tuple[float, float]:
    """Return the sum of squared standardised prediction errors and the sum of the logs of their variances."""
    phi, rho = model[PHI], model[RHO]
    c = first_deviation(model)
    p00, p01, p02, p11, p12, p22 = c + model[NOISE], 0.0, -c, model[FIRST_SLOPE], 0.0, c
    a0, a1, a2 = y[0], 0.0, 0.0
    squares = logs = 0.0
    product = 1.0
    for t in range(1, y.shape[0]):
        a0 += a1
        a1 *= phi
        a2 *= rho
        p00 += 2.0 * p01 + p11 + model[LEVEL]
        p01 = phi * (p01 + p11)
        p02 = rho * (p02 + p12)
        p11 = phi * phi * p11 + model[SLOPE]
        p12 = phi * rho * p12
        p22 = rho * rho * p22 + model[DEVIATION]
        if observed[t]:
            m0, m1, m2 = p00 + p02, p01 + p12, p02 + p22
            f = m0 + m2 + model[NOISE]
            e = y[t] - a0 - a2
            k0, k1, k2 = m0 / f, m1 / f, m2 / f
            a0 += k0 * e
            a1 += k1 * e
            a2 += k2 * e
            p00 -= k0 * m0
            p01 -= k0 * m1
            p02 -= k0 * m2
            p11 -= k1 * m1
            p12 -= k1 * m2
            p22 -= k2 * m2
            squares += e * e / f
            product *= f
            if not 1e-100 < product < 1e100:  # a logarithm costs as much as the rest of the step
                logs += log(product)
                product = 1.0
    return squares, logs + log(product)

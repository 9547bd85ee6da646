"""The most probable parameters of a trend with changepoints and seasons by the calendar.

With z linear in t but for changes of slope at changepoints, and s a sum of Fourier terms, a row is expected at g + s or
g (1 + s); the trend g is z, or cap / (1 + exp(-z)). Priors: normal for the first slope, the level and the seasons, a
Laplace distribution for the changes of slope, half a normal one for the noise.

Source: S. J. Taylor and B. Letham, "Forecasting at scale", The American Statistician 72 (2018), section 3. Gauss and
Newton's method with Marquardt's damping; a Laplace prior is bounded by normal ones that touch it at the last changes:
D. R. Hunter and R. Li, "Variable selection using MM algorithms", Annals of Statistics 33 (2005).
Cost: O(n p + p**3) for each of some dozens of iterations; O(n p**2) once, or for each where the model is not linear.
"""

from __future__ import annotations

from math import exp, inf, sqrt

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.cholesky import solve_positive

SMALLEST_CHANGE = 1e-7  # of slope: below, the bound of the Laplace prior is no narrower
SMALLEST_VARIANCE = 1e-14  # of scaled data
NOISE = 0.5  # deviation of the prior of the noise
ITERATIONS, TRIES = 200, 12
QUIET, SETTLED = 1e-7, 1e-6  # decrease for each row, and change of the variance, that are not worth another iteration
FARTHEST = 500.0  # a logistic trend is 0 or its cap beyond


@kernel()
def trend_at(z: float, cap: float) -> float:
    """Return the trend; a cap of 0 is none."""
    return z if cap == 0.0 else cap / (1.0 + exp(-min(max(z, -FARTHEST), FARTHEST)))


@kernel()
def _sums(basis: Series, season: Series, theta: Series, t: int) -> tuple[float, float]:
    """Return z and s of row t."""
    q = basis.shape[1]
    z = wave = 0.0
    for i in range(q):
        z += basis[t, i] * theta[i]
    for i in range(season.shape[1]):
        wave += season[t, i] * theta[q + i]
    return z, wave


@kernel()
def _expect(
    basis: Series, season: Series, y: Series, cap: float, multiplied: bool, theta: Series, residual: Series
) -> float:
    """Set the errors; return the sum of their squares."""
    squares = 0.0
    for t in range(y.shape[0]):
        z, wave = _sums(basis, season, theta, t)
        trend = trend_at(z, cap)
        residual[t] = y[t] - (trend * (1.0 + wave) if multiplied else trend + wave)
        squares += residual[t] * residual[t]
    return squares if squares < inf else inf


@kernel()
def _linearise(
    basis: Series, season: Series, cap: float, multiplied: bool, theta: Series, jacobian: Series, gram: Series
) -> None:
    """Set the derivatives of what is expected, (n, p), and their products."""
    n, q, s = basis.shape[0], basis.shape[1], season.shape[1]
    p = q + s
    gram[:] = 0.0
    for t in range(n):
        z, wave = _sums(basis, season, theta, t)
        trend = trend_at(z, cap)
        slope = 1.0 if cap == 0.0 else trend * (1.0 - trend / cap)
        if multiplied:
            slope *= 1.0 + wave
        row = jacobian[t]
        for i in range(q):
            row[i] = slope * basis[t, i]
        for i in range(s):
            row[q + i] = season[t, i] * (trend if multiplied else 1.0)
        for i in range(p):
            a, target = row[i], gram[i]
            for k in range(i, p):
                target[k] += a * row[k]


@kernel()
def _variance(squares: float, n: int) -> float:
    """Return the most probable variance of the noise: the root of its derivative."""
    unit = 1.0 / (NOISE * NOISE)
    found = 2.0 * squares / (n + sqrt(n * n + 4.0 * unit * squares))
    return max(found, SMALLEST_VARIANCE)


@kernel()
def _weights(theta: Series, precision: Series, laplace: Series, weights: Series) -> None:
    """Set the weights of the squares that bound the priors where the parameters are now."""
    for i in range(theta.shape[0]):
        weights[i] = precision[i]
        if laplace[i] > 0.0:
            weights[i] = 1.0 / (laplace[i] * max(abs(theta[i]), SMALLEST_CHANGE))


@kernel()
def _goal(squares: float, variance: float, theta: Series, weights: Series) -> float:
    total = squares / variance
    for i in range(theta.shape[0]):
        total += weights[i] * theta[i] * theta[i]
    return total


@kernel()
def _slopes(jacobian: Series, residual: Series, right: Series) -> None:
    """Set J'r."""
    right[:] = 0.0
    for t in range(residual.shape[0]):
        e, row = residual[t], jacobian[t]
        for i in range(right.shape[0]):
            right[i] += e * row[i]


@kernel()
def _propose(
    gram: Series, right: Series, variance: float, weights: Series, damping: float, theta: Series, trial: Series
) -> bool:
    """Set the next parameters to try."""
    p = theta.shape[0]
    system, step = gram.copy(), right - variance * weights * theta
    for i in range(p):
        system[i, i] += variance * weights[i] + damping * gram[i, i] + SMALLEST_VARIANCE
    if not solve_positive(system, step, p):
        return False
    trial[:] = theta + step
    return True


@kernel("f8(f8[:,::1], f8[:,::1], f8[::1], f8, b1, f8[::1], f8[::1], f8[::1])")
def fit(
    basis: Series,
    season: Series,
    y: Series,
    cap: float,
    multiplied: bool,
    precision: Series,
    laplace: Series,
    theta: Series,
) -> float:
    """Improve (p,) `theta` in place; return the variance of the noise.

    basis, season : (n, q), (n, s) what the parameters of z and of s are multiplied with, q + s = p.
    y : scaled to about 1. cap : of a logistic trend, else 0. multiplied : the season is.
    precision : (p,) one over the variance of a normal prior. laplace : (p,) scale of a Laplace prior, 0 for none.
    """
    n, p = y.shape[0], theta.shape[0]
    residual, other, trial = np.empty(n), np.empty(n), theta.copy()
    jacobian, gram, weights, right = np.empty((n, p)), np.empty((p, p)), np.empty(p), np.empty(p)
    _weights(laplace, precision, laplace, weights)  # changes as large as their prior lets expect
    squares = _expect(basis, season, y, cap, multiplied, theta, residual)
    variance = _variance(squares, n)
    linear = cap == 0.0 and not multiplied
    damping = 0.0 if linear else 1e-3
    for iteration in range(ITERATIONS):
        if iteration == 0 or not linear:
            _linearise(basis, season, cap, multiplied, theta, jacobian, gram)
        _slopes(jacobian, residual, right)
        before = _goal(squares, variance, theta, weights)
        found, after = inf, inf
        for _ in range(TRIES):
            if _propose(gram, right, variance, weights, damping, theta, trial):
                found = _expect(basis, season, y, cap, multiplied, trial, other)
                after = _goal(found, variance, trial, weights)
                if after <= before:
                    break
            damping = max(5.0 * damping, 1e-6)
        if not after <= before:
            break
        theta[:] = trial
        residual[:] = other
        squares, damping, old = found, 0.2 * damping, variance
        variance = _variance(squares, n)
        _weights(theta, precision, laplace, weights)
        if iteration > 0 and before - after <= QUIET * n and abs(old - variance) <= SETTLED * variance:
            break
    return float(variance)

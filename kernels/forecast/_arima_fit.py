"""Exact maximum likelihood of one ARMA model, as a least-squares problem.

With the innovation variance and the mean concentrated out, the likelihood is a sum of squares:
``loglik = -n/2 (log(2 pi S / n) + 1)``, ``S = sum (g e_t / sqrt(f_t))^2``, g the geometric mean of the sqrt(f_t).
Source: C. F. Ansley, "An algorithm for the exact likelihood of a mixed autoregressive-moving average process",
Biometrika 66 (1979), section 4; minimised by Levenberg's method as scaled by D. W. Marquardt, SIAM J. 11 (1963).
Coefficients of regressors are concentrated out like the mean: the filter makes generalised least squares ordinary ones
(A. C. Harvey and G. D. A. Phillips, "Maximum likelihood estimation of regression models with autoregressive-moving
average disturbances", Biometrika 66 (1979)), solved by the modified Gram-Schmidt process.
"""

from __future__ import annotations

from math import exp, inf, log, sqrt

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.arma import Lags, coefficients
from kernels.numerics.cholesky import solve_positive
from kernels.numerics.innovations import innovations

# The differenced series and regressors, whether it has a mean, p, q, P, Q, m, and how many steps the filter is exact.
Problem = tuple[Series, Series, bool, Lags, int]
# Unconstrained parameters stay within +-EDGE: tanh of it is 1 - 1.7e-6, on the unit circle for any series length here.
EDGE = 7.0
LONGEST_STEP = 2.0
DIFFERENCE = 1e-6
WORTHWHILE = 0.05
WORST = 1e10  # the damping at which no step is possible any more
NOTHING_NEW = 1e-12  # a regressor of which so much is left by the others tells nothing


@kernel()
def dot(a: Series, b: Series) -> float:
    """Inner product in eight partial sums, so that the additions need not wait for each other."""
    n = a.shape[0]
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    i = 0
    while i + 7 < n:
        s0 += a[i] * b[i]
        s1 += a[i + 1] * b[i + 1]
        s2 += a[i + 2] * b[i + 2]
        s3 += a[i + 3] * b[i + 3]
        s4 += a[i + 4] * b[i + 4]
        s5 += a[i + 5] * b[i + 5]
        s6 += a[i + 6] * b[i + 6]
        s7 += a[i + 7] * b[i + 7]
        i += 8
    while i < n:
        s0 += a[i] * b[i]
        i += 1
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@kernel()
def _take_off(columns: Series, at: int, out: Series) -> None:
    """Make column `at` (n,) orthogonal to those before it, of length 1, and take it off `out`."""
    column = columns[at]
    before = dot(column, column)
    for j in range(at):
        share = dot(columns[j], column)
        for t in range(column.shape[0]):
            column[t] -= share * columns[j, t]
    left = dot(column, column)
    scale = 1.0 / sqrt(left) if left > NOTHING_NEW * before else 0.0
    for t in range(column.shape[0]):
        column[t] *= scale
    share = dot(column, out)
    for t in range(column.shape[0]):
        out[t] -= share * column[t]


@kernel()
def _regress(
    problem: Problem, phi: Series, theta: Series, settled: int, work: Series, state: Series, out: Series
) -> None:
    """Take off the residuals `out` what the filtered regressors explain; the mean is one of them."""
    _, regressors, with_mean, _, exact_steps = problem
    n, first = out.shape[0], 3
    if with_mean:  # its filtered ones are there
        for t in range(n):
            work[3, t] = work[1, t] / sqrt(work[2, t]) if t < settled else work[1, t]
        _take_off(work[3:], 0, out)
        first = 4
    for j in range(regressors.shape[0]):
        column = work[first + j]
        innovations(regressors[j], False, phi, theta, exact_steps, column, work[1], work[2], state)
        for t in range(settled):
            column[t] /= sqrt(work[2, t])
        _take_off(work[3:], first - 3 + j, out)


@kernel()
def _mean(error: Series, ones: Series, variance: Series, settled: int) -> float:
    """Return the generalised least squares mean, from the filtered series and the filtered ones."""
    above = below = 0.0
    for t in range(settled):
        weighted = ones[t] / variance[t]
        above += weighted * error[t]
        below += weighted * ones[t]
    above += dot(ones[settled:], error[settled:])
    below += dot(ones[settled:], ones[settled:])
    return above / below if below > 0.0 else 0.0


@kernel()
def _scaled_residuals(
    problem: Problem, x: Series, work: Series, state: Series, out: Series
) -> tuple[float, float, float]:
    """Write the scaled residuals to `out`; return their sum of squares (inf if unusable), the mean, and sum log f."""
    w, regressors, with_mean, orders, exact_steps = problem
    n = w.shape[0]
    phi, theta = coefficients(x, orders)
    error, ones, variance = work[0], work[1], work[2]
    _, usable, settled = innovations(w, with_mean, phi, theta, exact_steps, error, ones, variance, state)
    if not usable:
        return inf, 0.0, 0.0
    log_variance = 0.0
    product = 1.0
    for t in range(settled):
        product *= variance[t]
        if product > 1e100:
            log_variance += log(product)
            product = 1.0
    log_variance += log(product)
    mean = _mean(error, ones, variance, settled) if with_mean else 0.0
    scale = exp(0.5 * log_variance / n)
    for t in range(n):
        out[t] = scale * (error[t] - mean * ones[t]) if with_mean else scale * error[t]
    for t in range(settled):
        out[t] /= sqrt(variance[t])
    if regressors.shape[0]:
        _regress(problem, phi, theta, settled, work, state, out)
    total = dot(out, out)
    if not total < inf:
        total = inf
    return total, mean, log_variance


@kernel()
def _solve(hessian: Series, normal: Series, damping: float, gradient: Series, step: Series) -> bool:
    """Solve (hessian + damping diag(normal)) step = -gradient; false where that matrix is not positive."""
    k = gradient.shape[0]
    matrix = hessian.copy()
    largest = 0.0
    for i in range(k):
        largest = max(largest, normal[i, i])
    for i in range(k):
        matrix[i, i] += damping * max(normal[i, i], 1e-12 * largest) + 1e-300
        step[i] = -gradient[i]
    return solve_positive(matrix, step, k)


@kernel()
def _update_curvature(curvature: Series, step: Series, change: Series, change_of_gradient: Series) -> None:
    """Learn from one step what ``J'J`` lacks of the true curvature.

    Structured secant update and its sizing: J. E. Dennis, D. M. Gay and R. E. Welsch, "An adaptive nonlinear
    least-squares algorithm", ACM TOMS 7 (1981), section 3.

    change : of ``J'r`` with the new residuals r, by the change of J alone.
    """
    k = step.shape[0]
    moved = np.zeros(k)
    for i in range(k):
        for j in range(k):
            moved[i] += curvature[i, j] * step[j]
    along, size, fit = dot(step, change_of_gradient), dot(step, moved), dot(step, change)
    if not along > 0.0:
        return
    scale = min(1.0, abs(fit) / abs(size)) if size != 0.0 else 1.0
    lacking = change - scale * moved
    left = dot(step, lacking)
    y = change_of_gradient
    for i in range(k):
        for j in range(k):
            secant = (lacking[i] * y[j] + y[i] * lacking[j]) / along - left * y[i] * y[j] / along**2
            curvature[i, j] = scale * curvature[i, j] + secant


@kernel()
def _linearise(
    problem: Problem, x: Series, residual: Series, work: Series, state: Series, other: Series, jacobian: Series
) -> bool:
    """Fill the Jacobian of the residuals by differences; false where a shifted point is not usable."""
    for i in range(x.shape[0]):
        kept = x[i]
        h = DIFFERENCE if kept < 0.0 else -DIFFERENCE  # towards the middle
        x[i] = kept + h
        squares, _, _ = _scaled_residuals(problem, x, work, state, other)
        x[i] = kept
        if squares == inf:
            return False
        column = jacobian[i]
        for t in range(residual.shape[0]):
            column[t] = (other[t] - residual[t]) / h
    return True


@kernel()
def _normal_equations(jacobian: Series, residual: Series, normal: Series, gradient: Series) -> None:
    """Fill J'J and J'r."""
    for i in range(gradient.shape[0]):
        gradient[i] = dot(jacobian[i], residual)
        for j in range(i + 1):
            normal[i, j] = normal[j, i] = dot(jacobian[i], jacobian[j])


@kernel()
def propose(
    hessian: Series, normal: Series, damping: Series, gradient: Series, x: Series, trial: Series, step: Series
) -> float:
    """Set the next point to try; return by how much it promises to lower the sum of squares, 0 if there is none."""
    k = x.shape[0]
    while not _solve(hessian, normal, damping[0], gradient, step):
        damping[0] = max(damping[0], 1e-6) * 10.0
        if damping[0] > WORST:
            return 0.0
    length = 0.0
    for i in range(k):
        length = max(length, abs(step[i]))
    shrink = LONGEST_STEP / length if length > LONGEST_STEP else 1.0
    promised = 0.0
    for i in range(k):
        trial[i] = min(max(x[i] + shrink * step[i], -EDGE), EDGE)
        step[i] = trial[i] - x[i]
    for i in range(k):
        promised -= 2.0 * step[i] * gradient[i]
        for j in range(k):
            promised -= step[i] * step[j] * hessian[i, j]
    return max(promised, 0.0)


@kernel("Tuple((f8, f8, f8, b1))(f8[::1], f8[:,::1], b1, f8[::1], i8[::1], i8, i8, f8, f8, f8[::1])")
def improve(
    w: Series,
    regressors: Series,
    with_mean: bool,
    x: Series,
    orders: Lags,
    exact_steps: int,
    iterations: int,
    tolerance: float,
    goal: float,
    damping: Series,
) -> tuple[float, float, float, bool]:
    """Improve the parameters `x` in place by at most so many iterations.

    Parameters
    ----------
    w : (n,) the differenced series.
    regressors : (c, n) differenced as often, scaled to about 1; their coefficients and the mean are the likeliest ones.
    x : (k,) unconstrained parameters, see `coefficients`; `orders` too.
    exact_steps : after so many steps the filter is taken to be at its limit; n for the exact likelihood.
    tolerance : stop once an iteration promises to gain less log-likelihood than this.
    goal : sum of squares that makes the model worth having; while it is far, stop as soon as the iterations promise
        little of the way to it. Infinite for a full fit.
    damping : (1,) Marquardt's lambda, kept between calls.

    Returns
    -------
    squares, mean, log_variance, done : the likelihood is ``squares``'s; inf where `x` was unusable from the start. The
        mean is that without regressors; with them it is one of the coefficients of `_arima_regression.coefficients`.
    """
    n, k = w.shape[0], x.shape[0]
    r = max(orders[0] + orders[2] * orders[4], orders[1] + orders[3] * orders[4])
    problem = (w, regressors, with_mean, orders, exact_steps)
    work, state = np.empty((4 + regressors.shape[0], n)), np.empty((4, r + 1))
    residual, other = np.empty(n), np.empty(n)
    squares, mean, logs = _scaled_residuals(problem, x, work, state, residual)
    if k == 0 or squares == inf or squares <= 0.0:
        return squares, mean, logs, True
    jacobian = np.empty((k, n))
    normal, hessian, curvature = np.empty((k, k)), np.empty((k, k)), np.zeros((k, k))
    gradient, old_gradient, across = np.empty(k), np.empty(k), np.empty(k)
    step, trial = np.empty(k), np.empty(k)
    for iteration in range(iterations):
        if not _linearise(problem, x, residual, work, state, other, jacobian):
            return squares, mean, logs, True
        _normal_equations(jacobian, residual, normal, gradient)
        learned = iteration > 0
        if learned:
            _update_curvature(curvature, step, gradient - across, gradient - old_gradient)
        hessian[:, :] = normal + curvature
        accepted = False
        while not accepted:
            promised = propose(hessian, normal, damping, gradient, x, trial, step)
            enough = max(tolerance, WORTHWHILE * 0.5 * n * log(max(squares / goal, 1.0))) * squares
            if 0.5 * n * promised > enough:
                trial_squares, trial_mean, trial_logs = _scaled_residuals(problem, trial, work, state, other)
                accepted = trial_squares < squares
                damping[0] = damping[0] if accepted else max(damping[0], 1e-4) * 5.0
            elif learned:  # what was learned may mislead: ask Gauss and Newton alone
                learned = False
                curvature[:, :] = 0.0
                hessian[:, :] = normal
                damping[0] = min(damping[0], 1e-3)
            else:
                return squares, mean, logs, True
        good = squares - trial_squares > 0.5 * promised
        damping[0] = max(0.1 * damping[0], 1e-9) if good else damping[0]
        for i in range(k):
            across[i] = dot(jacobian[i], other)
        old_gradient[:] = gradient
        x[:] = trial
        squares, mean, logs = trial_squares, trial_mean, trial_logs
        residual, other = other, residual
    return squares, mean, logs, False

"""Levenberg-Marquardt for exponential smoothing, in the box of its smoothing parameters.

The box 0 <= alpha, beta / alpha, gamma / (1 - alpha) <= 1 is the "usual region" of R. J. Hyndman, A. B. Koehler,
J. K. Ord and R. D. Snyder, "Forecasting with Exponential Smoothing" (2008), section 2.7.2; parameters at a bound that
the gradient pushes outwards are held. Damping update of H. B. Nielsen, "Damping parameter in Marquardt's method"
(1999), section 3. Gauss-Newton alone is slow where the residuals are large, so its matrix is corrected to agree with
the change of the gradient over the last step, formula of C. G. Broyden, R. Fletcher, D. Goldfarb and D. F. Shanno:
J. Nocedal and S. J. Wright, "Numerical Optimization" (2006), eq. 6.19 and section 10.3.
Cost: O(n (6 + m)**2) per iteration.

A `prior` weight w adds ``-w sum c_i log(1 - x_i)`` to minus the log-likelihood, x_i in the box and c_i from PRIOR: the
density of a beta distribution. On few observations it keeps trend and season from following the last few of them.
"""

from __future__ import annotations

from math import exp, inf, log

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._ets_recursion import STATES, normal_equations, run_through
from kernels.numerics.cholesky import solve_positive

BOXED = 4  # alpha, beta / alpha, gamma / (1 - alpha), phi
PRIOR = (0.0, 4.0, 1.0)
TRIES = 12  # dampings per iteration
MOST_DAMPING = 1e12
FLATTEST = 0.02  # curvature over the last step, relative to Gauss-Newton's, that is still believed
TOLERANCE = 1e-8  # relative decrease that is not worth another iteration


@kernel()
def to_natural(box: Series, smoothing: Series) -> None:
    """Return from the box to alpha, beta, gamma, phi."""
    smoothing[0] = box[0]
    smoothing[1] = box[0] * box[1]
    smoothing[2] = (1.0 - box[0]) * box[2]
    smoothing[3] = box[3]


@kernel()
def _to_box(box: Series, gram: Series, gradient: Series) -> None:
    """Turn derivatives in alpha, beta, gamma into those in the box."""
    a, b, c = box[0], box[1], box[2]
    for i in range(gram.shape[0]):
        gram[i, 0] += b * gram[i, 1] - c * gram[i, 2]
        gram[i, 1] *= a
        gram[i, 2] *= 1.0 - a
    for i in range(gram.shape[0]):
        gram[0, i] += b * gram[1, i] - c * gram[2, i]
        gram[1, i] *= a
        gram[2, i] *= 1.0 - a
    gradient[0] += b * gradient[1] - c * gradient[2]
    gradient[1] *= a
    gradient[2] *= 1.0 - a


@kernel()
def _penalty(box: Series, prior: float, n: int) -> float:
    """Return the factor that the prior puts on the sum of squares: the likelihood has the power -n / 2 of it."""
    total = 0.0
    if prior > 0.0:
        for i in range(len(PRIOR)):
            total -= prior * PRIOR[i] * log(1.0 - box[i])
    return exp(2.0 * total / n)


@kernel()
def _add_prior(box: Series, prior: float, n: int, value: float, gram: Series, gradient: Series) -> None:
    """Turn the system of residuals r into that of r times the root of the penalty."""
    width = gram.shape[0]
    slope = np.zeros(width)
    for i in range(len(PRIOR)):
        slope[i] = prior * PRIOR[i] / (1.0 - box[i]) / n
    scale = _penalty(box, prior, n)
    for i in range(width):
        for k in range(width):
            both = slope[i] * gradient[k] + gradient[i] * slope[k] + value * slope[i] * slope[k]
            gram[i, k] = scale * (gram[i, k] + both)
    for i in range(width):
        gradient[i] = scale * (gradient[i] + value * slope[i])


@kernel()
def _add_secant(gram: Series, moved: Series, change: Series) -> None:
    """Correct `gram` so that it maps the last step to the change of the gradient, if it stays positive definite."""
    width = gram.shape[0]
    image = np.zeros(width)
    inner = curvature = 0.0
    for i in range(width):
        for k in range(width):
            image[i] += gram[i, k] * moved[k]
        inner += moved[i] * image[i]
        curvature += moved[i] * change[i]
    if not inner > 0.0 or not curvature > FLATTEST * inner:
        return
    for i in range(width):
        for k in range(width):
            gram[i, k] += change[i] * change[k] / curvature - image[i] * image[k] / inner


@kernel()
def _solve_held(gram: Series, gradient: Series, ridge: Series, held: Series, step: Series, system: Series) -> bool:
    """Solve for the directions that are not held, those held moving by what `step` says."""
    width = gram.shape[0]
    index = np.empty(width, np.int64)
    right = np.empty(width)
    count = 0
    for i in range(width):
        if not held[i]:
            index[count] = i
            right[count] = -gradient[i]
            for j in range(BOXED):
                if held[j]:
                    right[count] -= gram[i, j] * step[j]
            count += 1
    for a in range(count):
        i = index[a]
        for b in range(a, count):
            system[a, b] = gram[i, index[b]]
        system[a, a] += ridge[i]
    if not solve_positive(system, right, count):
        return False
    for a in range(count):
        step[index[a]] = right[a]
    return True


@kernel()
def _step(
    gram: Series, gradient: Series, ridge: Series, free: Series, box: Series, low: Series, high: Series, step: Series
) -> bool:
    """Solve the damped system within the box; `step` is 0 where not free."""
    width = gram.shape[0]
    held = free == 0.0
    system = np.empty((width, width))
    step[:] = 0.0
    for i in range(BOXED):
        outwards = (box[i] <= low[i] and gradient[i] > 0.0) or (box[i] >= high[i] and gradient[i] < 0.0)
        held[i] = held[i] or outwards
    for _ in range(BOXED + 1):
        if not _solve_held(gram, gradient, ridge, held, step, system):
            return False
        inside = True
        for i in range(BOXED):
            wanted = box[i] + step[i]
            if not held[i] and not low[i] <= wanted <= high[i]:
                step[i] = min(max(wanted, low[i]), high[i]) - box[i]
                held[i] = True
                inside = False
        if inside:
            break
    return True


@kernel()
def _moved(states: Series, step: Series, patterns: Series, new_states: Series) -> None:
    """Move the initial states along their directions."""
    m = states.shape[0] - STATES
    new_states[:] = states
    new_states[0] += step[BOXED]
    new_states[1] += step[BOXED + 1]
    for k in range(patterns.shape[0]):
        size = step[BOXED + STATES + k]
        if size != 0.0:
            for j in range(m):
                new_states[STATES + j] += size * patterns[k, j]


@kernel()
def _set_tangents(patterns: Series, tangents: Series) -> None:
    """Set the derivatives of the initial states in each direction."""
    tangents[:] = 0.0
    tangents[0, BOXED] = tangents[1, BOXED + 1] = 1.0
    for k in range(patterns.shape[0]):
        tangents[STATES:, BOXED + STATES + k] = patterns[k]


@kernel()
def _clipped(box: Series, step: Series, low: Series, high: Series, new_box: Series) -> None:
    """Move the smoothing parameters, against rounding never out of the box."""
    for i in range(BOXED):
        new_box[i] = min(max(box[i] + step[i], low[i]), high[i])


@kernel()
def _predicted(gram: Series, gradient: Series, step: Series) -> float:
    """Return the decrease that the linear model promises."""
    total = 0.0
    for i in range(gram.shape[0]):
        inner = 2.0 * gradient[i]
        for k in range(gram.shape[0]):
            inner += gram[i, k] * step[k]
        total -= step[i] * inner
    return total


@kernel("f8(f8[::1], i8, i8, i8, f8, f8[::1], f8[::1], f8[::1], f8[:,::1], f8[::1], f8[::1], i8)")
def refine(
    y: Series,
    error: int,
    trend: int,
    season: int,
    prior: float,
    box: Series,
    states: Series,
    free: Series,
    patterns: Series,
    low: Series,
    high: Series,
    iterations: int,
) -> float:
    """Improve `box` and initial `states` in place; return what `run_through` then returns, times the penalty.

    free : (width,) 1 where a direction may move: the four of the box, level, growth, then one per pattern; 0 also
        for padding.
    patterns : (width - 6, m) what each further direction does to the seasons.
    """
    n, width, m = y.shape[0], free.shape[0], states.shape[0] - STATES
    smoothing, new_box = np.empty(BOXED), np.empty(BOXED)
    new_states, end, none = np.empty(STATES + m), np.empty(STATES + m), np.empty(0)
    gram, gradient = np.empty((width, width)), np.empty(width)
    scale, ridge, step = np.empty(width), np.empty(width), np.empty(width)
    moved, change = np.zeros(width), np.zeros(width)
    tangents = np.empty((STATES + m, width))
    to_natural(box, smoothing)
    end[:] = states
    best = run_through(y, error, trend, season, smoothing, end, none) * _penalty(box, prior, n)
    damping = 1e-3
    for _ in range(iterations):
        if not 1e-30 * n < best < inf:
            break
        _set_tangents(patterns, tangents)
        to_natural(box, smoothing)
        value = normal_equations(y, error, trend, season, smoothing, states, tangents, gram, gradient)
        _to_box(box, gram, gradient)
        if prior > 0.0:
            _add_prior(box, prior, n, value, gram, gradient)
        for i in range(width):
            scale[i] = max(gram[i, i], 1e-9 * best)
        change += gradient
        _add_secant(gram, moved, change)
        better, growth, promised = inf, 2.0, -1.0
        for _ in range(TRIES):
            ridge[:] = damping * scale
            if _step(gram, gradient, ridge, free, box, low, high, step):
                _clipped(box, step, low, high, new_box)
                _moved(states, step, patterns, new_states)
                promised = _predicted(gram, gradient, step)
                to_natural(new_box, smoothing)
                end[:] = new_states
                better = run_through(y, error, trend, season, smoothing, end, none) * _penalty(new_box, prior, n)
                if better < best or 0.0 <= promised <= 1e-14 * best:
                    break
            damping = min(damping * growth, MOST_DAMPING)
            growth *= 2.0
        if not better < best:
            break
        ratio = min((best - better) / promised, 1.0) if promised > 0.0 else 0.0
        damping = max(damping * max(1.0 / 3.0, 1.0 - (2.0 * ratio - 1.0) ** 3), 1e-12)
        quiet = best - better <= TOLERANCE * best
        best = better
        moved[:], change[:] = step, -gradient
        box[:] = new_box
        states[:] = new_states
        if quiet:
            break
    return best

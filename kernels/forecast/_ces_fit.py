"""Complex exponential smoothing: the recursion, and the parameters of the least squared one-step errors.

With level l and information potential c, complex parameter a0 + i a1 and error e, a row is expected at l and

    l' = l - (1 - a1) c + (a0 - a1) e
    c' = l + (1 - a0) c + (a0 + a1) e

SIMPLE: l and c are those of a season ago. PARTIAL: a season s is added, s' = s + b0 e. FULL: a season is added that is
the level of such a pair itself, with b0 + i b1.

Source: I. Svetunkov, N. Kourentzes and J. K. Ord, "Complex exponential smoothing", Naval Research Logistics 69 (2022).
The first states are backcast: the recursion runs forth, back and forth again. Minimised by Levenberg's method as scaled
by D. W. Marquardt, in a box, with derivatives by differences.    Cost: O(n) per run, some 200 runs.
"""

from __future__ import annotations

from math import exp, inf

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._arima_fit import dot
from kernels.numerics.cholesky import solve_positive

NONE, SIMPLE, PARTIAL, FULL = 0, 1, 2, 3
FREE = (2, 2, 3, 4)  # parameters of each form: a0, a1, b0, b1
LOW = (0.01, 0.01, 0.01, 0.01)
HIGH = (1.8, 1.9, 1.5, 1.5)
STARTS = ((1.3, 1.0), (0.7, 1.0), (1.6, 1.005), (0.2, 0.99))
SEASONS = (0.1, 0.6)  # b0 of the PARTIAL form to start from; FULL starts as its level does
SPREAD = 0.01  # of a1 and b1 around 1, where a level stays as it is: the prior of weight 1
UNLIKELIEST = 300.0  # logarithm that can still be multiplied with
DIFFERENCE = 1e-6
ITERATIONS, TRIES = 40, 10
TINY = 1e-300  # added to pivots
TOLERANCE = 1e-9  # relative decrease that is not worth another iteration
ROWS = 4  # of the states: l, c, s and the potential of s


@kernel()
def _move(states: Series, form: int, slot: int, parameters: Series, e: float) -> None:
    """Take the states (4, m) on by a row with error e, which falls into season `slot`."""
    a0, a1, b0, b1 = parameters[0], parameters[1], parameters[2], parameters[3]
    k = slot if form == SIMPLE else 0
    level, potential = states[0, k], states[1, k]
    states[0, k] = level - (1.0 - a1) * potential + (a0 - a1) * e
    states[1, k] = level + (1.0 - a0) * potential + (a0 + a1) * e
    if form == PARTIAL:
        states[2, slot] += b0 * e
    elif form == FULL:
        level, potential = states[2, slot], states[3, slot]
        states[2, slot] = level - (1.0 - b1) * potential + (b0 - b1) * e
        states[3, slot] = level + (1.0 - b0) * potential + (b0 + b1) * e


@kernel()
def _expected(states: Series, form: int, slot: int) -> float:
    return float(states[0, slot if form == SIMPLE else 0] + states[2, slot])


@kernel("f8(f8[::1], i8, f8[::1], f8[:,::1], b1, f8[::1])")
def run_through(y: Series, form: int, parameters: Series, states: Series, backwards: bool, residual: Series) -> float:
    """Run over a series; `states` (4, m) become those after its last row. Return the sum of squared errors."""
    n, m = y.shape[0], states.shape[1]
    squares = 0.0
    for i in range(n):
        t = n - 1 - i if backwards else i
        slot = t % m
        residual[t] = y[t] - _expected(states, form, slot)
        squares += residual[t] * residual[t]
        _move(states, form, slot, parameters, residual[t])
    return squares if squares < inf else inf


@kernel()
def _unlikely(parameters: Series, form: int) -> float:
    """Return minus twice the logarithm of the prior, a normal distribution."""
    off = (parameters[1] - 1.0) / SPREAD
    total = off * off
    if form == FULL:
        off = (parameters[3] - 1.0) / SPREAD
        total += off * off
    return float(total)


@kernel()
def _backcast(
    y: Series, form: int, prior: float, parameters: Series, first: Series, states: Series, residual: Series
) -> float:
    """Run from backcast states; `states` become the last ones. The prior enlarges the errors."""
    states[:] = first
    if run_through(y, form, parameters, states, False, residual) == inf:
        return inf
    if run_through(y, form, parameters, states, True, residual) == inf:
        return inf
    squares = run_through(y, form, parameters, states, False, residual)
    factor = exp(min(0.5 * prior * _unlikely(parameters, form) / y.shape[0], UNLIKELIEST))
    for t in range(y.shape[0]):
        residual[t] *= factor
    return float(squares * factor * factor)


@kernel()
def _linearise(
    y: Series,
    form: int,
    prior: float,
    parameters: Series,
    first: Series,
    states: Series,
    residual: Series,
    normal: Series,
    gradient: Series,
) -> None:
    """Set J'J and J'r of the errors r."""
    n, free = y.shape[0], gradient.shape[0]
    jacobian, other, trial = np.empty((free, n)), np.empty(n), parameters.copy()
    for i in range(free):
        h = -DIFFERENCE if parameters[i] > 1.0 else DIFFERENCE
        trial[i] = parameters[i] + h
        _backcast(y, form, prior, trial, first, states, other)
        trial[i] = parameters[i]
        for t in range(n):
            jacobian[i, t] = (other[t] - residual[t]) / h
        gradient[i] = dot(jacobian[i], residual)
        for k in range(i + 1):
            normal[i, k] = normal[k, i] = dot(jacobian[i], jacobian[k])


@kernel()
def _propose(normal: Series, gradient: Series, damping: float, parameters: Series, trial: Series) -> bool:
    """Set the next parameters to try; those at a bound that the gradient pushes outwards are held."""
    free = gradient.shape[0]
    system, step = normal.copy(), -gradient
    for i in range(free):
        at_low = parameters[i] <= LOW[i] and gradient[i] > 0.0
        if at_low or (parameters[i] >= HIGH[i] and gradient[i] < 0.0):
            system[i] = 0.0
            system[:, i] = 0.0
            system[i, i], step[i] = 1.0, 0.0
        else:
            system[i, i] += damping * normal[i, i] + TINY
    trial[:] = parameters
    if not solve_positive(system, step, free):
        return False
    for i in range(free):
        trial[i] = min(max(parameters[i] + step[i], LOW[i]), HIGH[i])
    return True


@kernel()
def _improve(
    y: Series, form: int, prior: float, parameters: Series, first: Series, states: Series, residual: Series
) -> float:
    """Improve the parameters in place; return the sum of squared errors."""
    free = FREE[form]
    other, trial = np.empty(y.shape[0]), parameters.copy()
    normal, gradient = np.empty((free, free)), np.empty(free)
    best = _backcast(y, form, prior, parameters, first, states, residual)
    damping = 1e-2
    for _ in range(ITERATIONS):
        if not 0.0 < best < inf:
            break
        _linearise(y, form, prior, parameters, first, states, residual, normal, gradient)
        before = best
        for _ in range(TRIES):
            if _propose(normal, gradient, damping, parameters, trial):
                found = _backcast(y, form, prior, trial, first, states, other)
                if found < best:
                    best = found
                    parameters[:] = trial
                    residual[:] = other
                    damping = max(0.2 * damping, 1e-10)
                    break
            damping *= 4.0
        if not best < (1.0 - TOLERANCE) * before:
            break
    return float(best)


@kernel("f8(f8[::1], i8, f8, f8[:,::1], f8[::1], f8[:,::1], f8[::1])")
def fit(
    y: Series, form: int, prior: float, first: Series, parameters: Series, states: Series, residual: Series
) -> float:
    """Return the least sum of squared errors; set (4,) `parameters`, (4, m) last `states` and (n,) `residual`.

    prior : its weight in the likelihood; what is returned knows nothing of it.
    first : (4, m) the states that the first run starts with.
    """
    least, tried = inf, np.empty(4)
    for s in range(len(STARTS)):
        for b in range(len(SEASONS) if form == PARTIAL else 1):
            tried[0], tried[1] = STARTS[s]
            tried[2], tried[3] = (1.3, 1.0) if form == FULL else (SEASONS[b], 0.0)
            squares = _improve(y, form, prior, tried, first, states, residual)
            if squares < least:
                least, parameters[:] = squares, tried
    return _backcast(y, form, 0.0, parameters, first, states, residual)


@kernel("f8[:,::1](i8, i8, f8[::1], f8[:,::1], i8)")
def predict(start: int, form: int, parameters: Series, states: Series, rows: int) -> Series:
    """Return forecasts after row `start` - 1, and their variances for errors of variance 1, (2, rows)."""
    m = states.shape[1]
    found = np.empty((2, rows))
    on, moved = states.copy(), np.zeros((ROWS, m))
    total = 0.0
    for h in range(rows):
        slot = (start + h) % m
        found[0, h] = _expected(on, form, slot)
        _move(on, form, slot, parameters, 0.0)
        weight = 1.0 if h == 0 else _expected(moved, form, slot)
        total += weight * weight
        found[1, h] = total
        _move(moved, form, slot, parameters, 1.0 if h == 0 else 0.0)
    return found

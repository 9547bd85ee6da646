"""Fit of exponential smoothing: smoothing parameters and initial states by least squares or maximum likelihood.

Levenberg-Marquardt with the exact Jacobian of the recursion, in the box 0 <= alpha, beta / alpha,
gamma / (1 - alpha) <= 1 ("usual region", R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, "Forecasting with
Exponential Smoothing" (2008), section 2.7.2). Damping update of H. B. Nielsen, "Damping parameter in Marquardt's
method" (1999), section 3; parameters at a bound that the gradient pushes outwards are held.

Several starts from a grid are followed, so that a poor valley does not decide. A long series is first fitted on its
beginning. Where the season is so long that a full Jacobian would cost too much, the initial seasons move only along a
few patterns: those of single years and of all.    Cost: O(n (6 + m)**2) per iteration.
"""

from __future__ import annotations

from math import inf

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._ets_recursion import ADD, MUL, STATES, normal_equations, run_through
from kernels.forecast._ets_start import initial_states, seasonal_pattern, smoothing_grid
from kernels.numerics.cholesky import solve_positive

BOXED = 4  # alpha, beta / alpha, gamma / (1 - alpha), phi
FEWEST_PHI, MOST_PHI = 0.8, 0.98
STARTS = 3
LONG = 2000  # rows that starts are compared on
ITERATIONS = 60
TOLERANCE = 1e-9  # relative decrease that is not worth another iteration
DEAREST = 1.5e8  # rows times squared width of a Jacobian that is still affordable
PATTERNS = 4


@kernel()
def _natural(box: Series, smoothing: Series) -> None:
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
def _step(
    gram: Series, gradient: Series, ridge: Series, free: Series, box: Series, low: Series, high: Series, step: Series
) -> bool:
    """Solve the damped system within the box; `step` is 0 where not free."""
    width = gram.shape[0]
    held = np.zeros(width, np.bool_)
    step[:] = 0.0
    for i in range(width):
        held[i] = free[i] == 0.0
    for i in range(BOXED):
        outwards = (box[i] <= low[i] and gradient[i] > 0.0) or (box[i] >= high[i] and gradient[i] < 0.0)
        held[i] = held[i] or outwards
    index = np.empty(width, np.int64)
    system = np.empty((width, width))
    right = np.empty(width)
    for _ in range(BOXED + 1):
        count = 0
        for i in range(width):
            if not held[i]:
                index[count] = i
                count += 1
        for a in range(count):
            i = index[a]
            right[a] = -gradient[i]
            for j in range(BOXED):
                if held[j]:
                    right[a] -= gram[i, j] * step[j]
            for b in range(a, count):
                system[a, b] = gram[i, index[b]]
            system[a, a] += ridge[i]
        if not solve_positive(system, right, count):
            return False
        inside = True
        for a in range(count):
            i = index[a]
            step[i] = right[a]
            if i < BOXED:
                wanted = box[i] + step[i]
                if wanted < low[i] or wanted > high[i]:
                    step[i] = min(max(wanted, low[i]), high[i]) - box[i]
                    held[i] = True
                    inside = False
        if inside:
            return True
    return True


@kernel("f8(f8[::1], i8, i8, i8, f8[::1], f8[::1], f8[::1], f8[:,::1], f8[::1], f8[::1], i8)")
def refine(
    y: Series,
    error: int,
    trend: int,
    season: int,
    box: Series,
    states: Series,
    free: Series,
    patterns: Series,
    low: Series,
    high: Series,
    iterations: int,
) -> float:
    """Improve `box` and initial `states` in place; return what `run_through` then returns.

    free : (width,) 1 where a direction may move: the four of the box, level, growth, then one per pattern; 0 also
        for padding.
    patterns : (width - 6, m) what each further direction does to the seasons.
    """
    width, m = free.shape[0], states.shape[0] - STATES
    smoothing, new_smoothing = np.empty(4), np.empty(4)
    new_box, new_states, end = np.empty(4), np.empty(STATES + m), np.empty(STATES + m)
    none = np.empty(0)
    gram, gradient = np.empty((width, width)), np.empty(width)
    ridge, step = np.empty(width), np.empty(width)
    tangents = np.empty((STATES + m, width))
    _natural(box, smoothing)
    end[:] = states
    best = run_through(y, error, trend, season, smoothing, end, none)
    damping, growth_of_damping = 1e-3, 2.0
    quiet = 0
    for _ in range(iterations):
        if not 1e-30 * y.shape[0] < best < inf:
            break
        tangents[:] = 0.0
        tangents[0, BOXED] = 1.0
        tangents[1, BOXED + 1] = 1.0
        for k in range(width - BOXED - STATES):
            for j in range(m):
                tangents[STATES + j, BOXED + STATES + k] = patterns[k, j]
        normal_equations(y, error, trend, season, smoothing, states, tangents, gram, gradient)
        _to_box(box, gram, gradient)
        better = inf
        for _ in range(12):
            for i in range(width):
                ridge[i] = damping * max(gram[i, i], 1e-9 * best)
            predicted = 0.0
            if _step(gram, gradient, ridge, free, box, low, high, step):
                for i in range(BOXED):
                    new_box[i] = min(max(box[i] + step[i], low[i]), high[i])
                _natural(new_box, new_smoothing)
                new_states[:] = states
                new_states[0] += step[BOXED]
                new_states[1] += step[BOXED + 1]
                for k in range(width - BOXED - STATES):
                    for j in range(m):
                        new_states[STATES + j] += step[BOXED + STATES + k] * patterns[k, j]
                for i in range(width):
                    total = 0.0
                    for k in range(width):
                        total += gram[i, k] * step[k]
                    predicted -= step[i] * (2.0 * gradient[i] + total)
                end[:] = new_states
                better = run_through(y, error, trend, season, new_smoothing, end, none)
                if better < best:
                    break
            if predicted <= 1e-14 * best and better < inf:
                break
            damping *= growth_of_damping
            growth_of_damping *= 2.0
        if not better < best:
            break
        ratio = (best - better) / predicted if predicted > 0.0 else 0.0
        damping = max(damping * max(1.0 / 3.0, 1.0 - (2.0 * min(ratio, 1.0) - 1.0) ** 3), 1e-12)
        growth_of_damping = 2.0
        quiet = quiet + 1 if best - better <= TOLERANCE * best else 0
        best = better
        box[:] = new_box
        states[:] = new_states
        smoothing[:] = new_smoothing
        if quiet == 2:
            break
    return best


@kernel()
def _directions(y: Series, season: int, with_trend: int, with_season: int, damped: int, m: int, full: bool) -> Series:
    """Return which directions may move, padded to a multiple of 4 for the vector unit."""
    count = 0
    if with_season:
        count = m if full else PATTERNS
    width = (BOXED + STATES + count + 3) // 4 * 4
    free = np.zeros(width)
    free[0] = 1.0
    free[1] = with_trend
    free[2] = with_season
    free[3] = damped
    free[4] = 0.0 if with_season and full else 1.0  # the seasons carry the level
    free[5] = with_trend
    free[6 : 6 + count] = 1.0
    return free


@kernel()
def _patterns(y: Series, season: int, m: int, full: bool, width: int, seasons: Series) -> Series:
    """Return what the directions beyond level and growth do to the seasons."""
    patterns = np.zeros((width - BOXED - STATES, m))
    if full:
        for j in range(m):
            patterns[j, j] = 1.0
    else:
        years = y.shape[0] // m
        for k in range(PATTERNS):
            if k < PATTERNS - 1:
                seasonal_pattern(y, season, m, min(k, years - 1), 1, patterns[k])
            else:
                seasonal_pattern(y, season, m, 0, years, patterns[k])
            for j in range(m):
                patterns[k, j] -= seasons[j]
    return patterns


@kernel("f8(f8[::1], i8, i8, i8, i8, i8, i8, f8[::1], f8[::1])")
def fit(
    y: Series,
    error: int,
    trend: int,
    season: int,
    with_trend: int,
    with_season: int,
    damped: int,
    smoothing: Series,
    states: Series,
) -> float:
    """Fit one form from scratch; set (4,) smoothing and (2 + m,) initial states, return what `run_through` returns.

    y : scaled to about 1; positive where trend, season or error is MUL. inf: no start stays in the model's domain.
    """
    n, m = y.shape[0], states.shape[0] - STATES
    start = y[: min(n, max(LONG, 6 * m))]
    full = n * (BOXED + STATES + m) ** 2 <= DEAREST
    free = _directions(y, season, with_trend, with_season, damped, m, full)
    width = free.shape[0]
    low = np.zeros(4)
    high = np.ones(4)
    if damped:
        low[3], high[3] = FEWEST_PHI, MOST_PHI
    first = np.empty(STATES + m)
    initial_states(start, trend, with_trend, season, first)
    patterns = np.zeros((width - BOXED - STATES, m))
    if with_season:
        patterns = _patterns(y, season, m, full, width, first[STATES:])

    grid = smoothing_grid(with_trend, with_season, damped)
    count = grid.shape[0]
    value = np.empty(count)
    end, none = np.empty(STATES + m), np.empty(0)
    for g in range(count):
        _natural(grid[g], smoothing)
        end[:] = first
        value[g] = run_through(start, error, trend, season, smoothing, end, none)
    order = np.argsort(value)

    boxes, starts, found = np.empty((STARTS, 4)), np.empty((STARTS, STATES + m)), np.full(STARTS, inf)
    used = 0
    for g in order:
        near = False
        for s in range(used):
            same = abs(boxes[s, 0] - grid[g, 0]) < 0.01 and abs(boxes[s, 2] - grid[g, 2]) < 0.01
            near = near or same
        if near or not value[g] < inf:
            continue
        boxes[used] = grid[g]
        used += 1
        if used == STARTS:
            break
    best = -1
    for s in range(used):
        starts[s] = first
        found[s] = refine(start, error, trend, season, boxes[s], starts[s], free, patterns, low, high, 6)
        if best < 0 or found[s] < found[best]:
            best = s
    if best < 0:
        return inf
    bar = 1.2 * found[best]
    for s in range(used):
        if found[s] <= bar:
            found[s] = refine(start, error, trend, season, boxes[s], starts[s], free, patterns, low, high, ITERATIONS)
            if found[s] < found[best]:
                best = s
    result = found[best]
    if start.shape[0] < n:
        result = refine(y, error, trend, season, boxes[best], starts[best], free, patterns, low, high, ITERATIONS)
    _natural(boxes[best], smoothing)
    states[:] = starts[best]
    return result

"""Fit of one form of exponential smoothing from scratch: smoothing parameters and initial states.

By least squares (additive errors) or maximum likelihood (multiplicative ones), from several starts, so that a poor
valley does not decide. A long series is fitted on its beginning first, then on
more of it. Where the season is so long that a full
Jacobian would cost too much, the initial seasons move only along a few patterns: those of single years and of all.
Cost: O(n (6 + m)**2) per iteration, some dozens of iterations.
"""

from __future__ import annotations

from math import inf

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._ets_recursion import ADD, MUL, STATES, run_through
from kernels.forecast._ets_refine import BOXED, PRIOR, refine, to_natural
from kernels.forecast._ets_start import initial_states, lowest_nearby, seasonal_pattern, smoothing_grid

FEWEST_PHI, MOST_PHI = 0.8, 0.995
CALM_PHI = 0.98  # MOST_PHI under a prior
NEAR_ONE = 0.9999  # the prior's density is 0 at 1
STARTS = 4
LONG = 1000  # rows that starts are compared on
LONGER = 6  # then the series grows by such a factor
FIRST_ITERATIONS, SECOND_ITERATIONS, ITERATIONS = 5, 10, 60
SAME = 0.01  # starts so near each other in the box are one
HOPELESS = 1.2  # a start still so much worse after its first iterations is given up
DEAREST = 1.5e8  # rows times squared width of a Jacobian that is still affordable
PATTERNS = 4


@kernel()
def _bounds(damped: int, prior: float) -> tuple[Series, Series]:
    """Return the lower and upper ends of the box."""
    low, high = np.zeros(BOXED), np.ones(BOXED)
    if prior > 0.0:
        high[: len(PRIOR)] = NEAR_ONE
    low[3] = 1.0
    if damped:
        low[3], high[3] = FEWEST_PHI, CALM_PHI if prior > 0.0 else MOST_PHI
    return low, high


@kernel()
def _directions(carried: bool, with_trend: int, with_season: int, damped: int, m: int, full: bool) -> Series:
    """Return which directions may move, padded to a multiple of 4 for the vector unit.

    carried : the seasons can do all that the level does, so it stays.
    """
    count = 0
    if with_season:
        count = m if full else PATTERNS
    free = np.zeros((BOXED + STATES + count + 3) // 4 * 4)
    free[0] = 1.0
    free[1] = with_trend
    free[2] = with_season
    free[3] = damped
    free[4] = 0.0 if carried else 1.0
    free[5] = with_trend
    free[BOXED + STATES : BOXED + STATES + count] = 1.0
    return free


@kernel()
def _patterns(y: Series, season: int, with_season: int, full: bool, width: int, seasons: Series) -> Series:
    """Return what the directions beyond level and growth do to the seasons."""
    m = seasons.shape[0]
    patterns = np.zeros((width - BOXED - STATES, m))
    if with_season and full:
        for j in range(m):
            patterns[j, j] = 1.0
    elif with_season:
        years = y.shape[0] // m
        for k in range(PATTERNS):
            if k + 1 < PATTERNS:
                seasonal_pattern(y, season, min(k, years - 1), 1, patterns[k])
            else:
                seasonal_pattern(y, season, 0, years, patterns[k])
            for j in range(m):
                patterns[k, j] -= seasons[j]
    return patterns


@kernel()
def _best_starts(
    y: Series,
    error: int,
    trend: int,
    season: int,
    with_trend: int,
    with_season: int,
    grid: Series,
    first: Series,
    boxes: Series,
) -> int:
    """Choose a fixed level and season, then the lowest valleys of the grid; return how many starts there are."""
    count = grid.shape[0]
    value = np.empty(count)
    smoothing, end, none = np.empty(BOXED), np.empty(first.shape[0]), np.empty(0)
    for g in range(count):
        to_natural(grid[g], smoothing)
        end[:] = first
        value[g] = run_through(y, error, trend, season, smoothing, end, none)
    boxes[0, :3], boxes[0, 3] = 0.0, grid[0, 3]  # its level is judged only after its states have moved
    used = 1
    for g in np.argsort(value):
        if used < boxes.shape[0] and value[g] < inf and lowest_nearby(value, g, with_trend, with_season):
            boxes[used] = grid[g]
            used += 1
    return used


@kernel()
def _follows(box: Series, leader: Series) -> bool:
    """Tell whether a start came to the same place as a better one."""
    apart = 0.0
    for i in range(BOXED):
        apart = max(apart, abs(box[i] - leader[i]))
    return apart < SAME


@kernel()
def _probe_seasons(y: Series, error: int, trend: int, season: int, box: Series, states: Series) -> None:
    """Take a livelier season where the longer series calls for one: fits crawl away from gamma = 0."""
    smoothing, end, none = np.empty(BOXED), np.empty(states.shape[0]), np.empty(0)
    least, chosen = inf, box[2]
    for gamma in (box[2], 0.02, 0.1, 0.4):
        to_natural(box, smoothing)
        smoothing[2] = (1.0 - box[0]) * gamma
        end[:] = states
        value = run_through(y, error, trend, season, smoothing, end, none)
        if value < least:
            least, chosen = value, gamma
    box[2] = chosen


@kernel("f8(f8[::1], i8, i8, i8, i8, i8, i8, f8, f8[::1], f8[::1])")
def fit(
    y: Series,
    error: int,
    trend: int,
    season: int,
    with_trend: int,
    with_season: int,
    damped: int,
    prior: float,
    smoothing: Series,
    states: Series,
) -> float:
    """Set (4,) smoothing and (2 + m,) initial states; return what `refine` returns.

    y : scaled to about 1; positive where trend, season or error is MUL. inf: no start stays in the model's domain.
    """
    n, m = y.shape[0], states.shape[0] - STATES
    start = y[: min(n, max(LONG, 6 * m))]
    full = n * (BOXED + STATES + m) ** 2 <= DEAREST
    low, high = _bounds(damped, prior)
    carried = with_season == 1 and full and not (trend == MUL and season == ADD)
    free = _directions(carried, with_trend, with_season, damped, m, full)
    still = free.copy()
    still[:BOXED] = 0.0
    first = np.empty(STATES + m)
    initial_states(start, trend, with_trend, season, first)
    patterns = _patterns(y, season, with_season, full, free.shape[0], first[STATES:])

    boxes = np.zeros((STARTS, BOXED))
    grid = smoothing_grid(with_trend, with_season, damped)
    used = _best_starts(start, error, trend, season, with_trend, with_season, grid, first, boxes)
    starts, found = np.empty((STARTS, STATES + m)), np.full(STARTS, inf)
    for rounds in (FIRST_ITERATIONS, SECOND_ITERATIONS, ITERATIONS):
        leader = np.argmin(found)
        bar = HOPELESS * found[leader]
        for s in range(used):
            if rounds == FIRST_ITERATIONS:
                starts[s] = first
                if s == 0:
                    refine(start, error, trend, season, prior, boxes[s], starts[s], still, patterns, low, high, rounds)
            elif found[s] > bar or (s != leader and _follows(boxes[s], boxes[leader])):
                continue
            found[s] = refine(
                start, error, trend, season, prior, boxes[s], starts[s], free, patterns, low, high, rounds
            )
    best = np.argmin(found)
    result = found[best]
    rows = start.shape[0]
    while rows < n and result < inf:
        rows = min(n, LONGER * rows)
        if with_season:
            _probe_seasons(y[:rows], error, trend, season, boxes[best], starts[best])
        result = refine(
            y[:rows], error, trend, season, prior, boxes[best], starts[best], free, patterns, low, high, ITERATIONS
        )
    to_natural(boxes[best], smoothing)
    states[:] = starts[best]
    return float(result)

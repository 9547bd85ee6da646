"""What a series with two seasons repeats, beside what the network of `zero` says of it.

Such series mostly repeat themselves more closely than a network for all series dares to say: what came one season ago,
one second season ago, and after the stretches of the past that were most like the newest season. How closely is seen
in rows of the past, which are forecast anyway for the width of the interval: the better the repetitions did there, the
further the median is moved towards them, and all quantiles with it. Shares and power were chosen on measured series:
docs/zero.md.

Source of the stretches: E. N. Lorenz, "Atmospheric predictability as revealed by naturally occurring analogues",
Journal of the Atmospheric Sciences 26 (1969).    Cost: O(rows).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._weights import by_errors
from kernels.forecast._zero_net import MEDIAN

SHARES = np.array([0.75, 0.05, 0.05, 0.15])  # of the network, of each repeated season, and of the alike stretches
POWER, HALF_POWER = 5.0, 12.0  # of the errors that shares are divided by; rows of the past with which it is half of it
ALIKE = 5  # stretches
COMPARED, SEEN = 48, 4096  # rows of a season that are compared, at most; newest rows in which a stretch may end
APART = 4  # stretches end at least a season divided by this apart

Ahead = NDArray[np.int64]


@kernel()
def _likeness(x: Series, n: int, season: int) -> Series:
    """Return how far the seasons that end where one more follows are from the newest, levels apart: squares, summed.

    The last is of the season that ends one season before the end of the first n rows.
    """
    step = -(-season // COMPARED)
    count = -(-season // step)
    ends = min(n - 2 * season + 1, SEEN)
    apart, squares = np.zeros(ends), np.zeros(ends)
    for i in range(count):
        first, newest = n - 2 * season - ends + 1 + i * step, x[n - season + i * step]
        for at in range(ends):
            distance = x[first + at] - newest
            apart[at] += distance
            squares[at] += distance * distance
    for at in range(ends):
        squares[at] -= apart[at] * apart[at] / count
    return squares


@kernel("f8[::1](f8[::1], i8, i8, i8[::1])")
def after_alike(x: Series, n: int, season: int, ahead: Ahead) -> Series:
    """Return what followed the stretches most like the newest season of the first n rows, moved to its level.

    x : (rows,), magnitudes up to 1e150. n : at least two seasons. ahead : counted from 1. The answer, (ahead,), is the
    mean over `ALIKE` stretches, or as many as there are; beyond what is known of one, its last season comes again.
    """
    squares = _likeness(x, n, season)
    level = np.mean(x[n - season : n])
    told, found = np.zeros(ahead.shape[0]), 0
    for _ in range(ALIKE):
        at = np.argmin(squares)
        if not squares[at] < np.inf:
            break
        end = n - season - len(squares) + 1 + at
        moved = level - np.mean(x[end - season : end])
        for row in range(ahead.shape[0]):
            later = ahead[row] - 1
            if later >= n - end:
                later -= -(-(later - (n - end) + 1) // season) * season
            told[row] += x[end + later] + moved
        found += 1
        squares[max(at - season // APART, 0) : at + season // APART + 1] = np.inf
    return told / found


@kernel()
def _repeated(x: Series, n: int, ahead: Ahead, seasons: Ahead) -> Series:
    """Return what the first n rows repeat, (3, ahead): each newest season, and what followed the stretches alike."""
    told = np.empty((3, ahead.shape[0]))
    for i in range(2):
        for row in range(ahead.shape[0]):
            told[i, row] = x[n - seasons[i] + (ahead[row] - 1) % seasons[i]]
    told[2] = after_alike(x, n, seasons[0], ahead)
    return told


@kernel()
def _move(told: Series, repeated: Series, weights: Series) -> None:
    """Move quantiles, (rows, quantiles), so that their median is the weighted mean."""
    for row in range(told.shape[0]):
        away = 0.0
        for i in range(repeated.shape[0]):
            away += weights[1 + i] * (repeated[i, row] - told[row, MEDIAN])
        for k in range(told.shape[1]):
            told[row, k] += away


@kernel("void(f8[::1], i8, i8[::1], i8[::1], i8[::1], f8, f8[:,::1], f8[:,::1])")
def lean(
    x: Series, n: int, seasons: Ahead, ahead: Ahead, tried: Ahead, each: float, told: Series, past: Series
) -> None:
    """Move what is said of a series towards what it repeats, as far as that has proved true.

    x : (rows,). n : rows of it that are the past of the try. seasons : (2,), in rows, > 0; at most n, and the first at
    most half of it.
    ahead, tried : rows ahead, counted from 1, of the series and of its past; at least one of the past.
    each : rows of the past that one of those tried stands for.
    told, past : (ahead, quantiles), (tried, quantiles), what the network says of them; changed in place.
    """
    repeated, before = _repeated(x, x.shape[0], ahead, seasons), _repeated(x, n, tried, seasons)
    errors = np.zeros(1 + before.shape[0])
    for row in range(tried.shape[0]):
        truth = x[n - 1 + tried[row]]
        errors[0] += abs(past[row, MEDIAN] - truth)
        for i in range(before.shape[0]):
            errors[1 + i] += abs(before[i, row] - truth)
    rows = each * tried.shape[0]
    weights = by_errors(SHARES.copy(), errors, POWER * rows / (rows + HALF_POWER))
    _move(told, repeated, weights)
    _move(past, before, weights)

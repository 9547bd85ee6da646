"""What came one season ago, and one second season ago, beside what the network of `zero` says of a series with both.

Such series mostly repeat themselves more closely than a network for all series dares to say. How closely is seen in
rows of the past, which are forecast anyway for the width of the interval: the better the repetitions did there, the
further the median is moved towards them, and all quantiles with it. Shares and power were chosen on measured series:
docs/zero.md.    Cost: O(rows).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._weights import by_errors
from kernels.forecast._zero_net import MEDIAN

SHARES = np.array([0.85, 0.075, 0.075])  # of the network, and of each repetition
POWER, HALF_POWER = 5.0, 12.0  # of the errors that shares are divided by; rows of the past with which it is half of it

Ahead = NDArray[np.int64]


@kernel()
def _repeated(x: Series, n: int, ahead: int, season: int) -> float:
    """Return the newest season of the first n rows again, `ahead` rows after them."""
    value: float = x[n - season + (ahead - 1) % season]
    return value


@kernel()
def _move(x: Series, n: int, ahead: Ahead, seasons: Ahead, weights: Series, told: Series) -> None:
    """Move quantiles, (rows, quantiles), so that their median is the weighted mean."""
    for row in range(ahead.shape[0]):
        away = 0.0
        for i in range(seasons.shape[0]):
            away += weights[1 + i] * (_repeated(x, n, ahead[row], seasons[i]) - told[row, MEDIAN])
        for k in range(told.shape[1]):
            told[row, k] += away


@kernel("void(f8[::1], i8, i8[::1], i8[::1], i8[::1], f8, f8[:,::1], f8[:,::1])")
def lean(
    x: Series, n: int, seasons: Ahead, ahead: Ahead, tried: Ahead, each: float, told: Series, past: Series
) -> None:
    """Move what is said of a series towards what its seasons repeat, as far as that has proved true.

    x : (rows,). n : rows of it that are the past of the try. seasons : (2,), in rows, at most n and > 0.
    ahead, tried : rows ahead, counted from 1, of the series and of its past; at least one of the past.
    each : rows of the past that one of those tried stands for.
    told, past : (ahead, quantiles), (tried, quantiles), what the network says of them; changed in place.
    """
    errors = np.zeros(1 + seasons.shape[0])
    for row in range(tried.shape[0]):
        truth = x[n - 1 + tried[row]]
        errors[0] += abs(past[row, MEDIAN] - truth)
        for i in range(seasons.shape[0]):
            errors[1 + i] += abs(_repeated(x, n, tried[row], seasons[i]) - truth)
    rows = each * tried.shape[0]
    weights = by_errors(SHARES.copy(), errors, POWER * rows / (rows + HALF_POWER))
    _move(x, x.shape[0], ahead, seasons, weights, told)
    _move(x, n, tried, seasons, weights, past)

"""How `zero` puts series to its network, and what the network says of them, in their own unit.

Positive values with a season are looked at in their logarithm, all others as they are; only the newest rows are.
Cost: O(n) for the features, 0.3 million products for each row ahead.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import exp

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast import _zero_net
from kernels.forecast._zero_features import OF_SERIES, OF_STEP, features
from kernels.forecast._zero_net import MEDIAN, SHARES

LONGEST, CYCLES = 4096, 6  # rows that are looked at: the newest, and at least so many cycles
PLAIN = (1e-9, 1e12)  # magnitudes that need no scaling
NARROWER = 0.95  # of the distances from the median: those it was trained on are wilder than measured series
FURTHEST_LOG = 50.0  # above twice the largest value

Ahead = NDArray[np.int64]


def newest(period: int, second: int) -> int:
    """Return how many of the newest rows are looked at."""
    return max(LONGEST, CYCLES * period, CYCLES // 2 * second)


def quantiles(asked: list[tuple[Series, Ahead]], period: int, second: int) -> list[Series]:
    """Return what the network says of series of the same seasons: quantiles of `SHARES`, finite and in order.

    Parameters
    ----------
    asked : each series, float64 (n,), finite, magnitudes up to 1e150, and the steps ahead that are wanted of it,
        int64 (rows,), >= 1.
    period, second : rows in a season and in a second, longer one; 0 for none.

    Returns
    -------
    float64 (rows, shares) each.
    """
    views = [_view(x[-newest(period, second) :], ahead, period, second) for x, ahead in asked]
    parts = iter(_from_network([view for view in views if view.moves]))
    return [view.values(next(parts)) if view.moves else view.constant() for view in views]


@dataclass(frozen=True, slots=True)
class _View:
    """How the network looks at a series: its features (OF_SERIES,), those of the rows ahead (rows, OF_STEP), and back.

    moves : false where all values are equal; there are no features then.
    base, unit : (rows,) a forecast is base + unit * what the network says.
    log_of : the logarithm is looked at of shares of this; 0: no logarithm. factor : what values were divided by.
    last, least : of the values, so divided.
    """

    moves: bool
    of_series: Series
    of_step: Series
    base: Series
    unit: Series
    log_of: float
    factor: float
    last: float
    least: float

    def values(self, told: Series) -> Series:
        """Return quantiles of the series from those of the network, (rows, shares) both."""
        values = np.empty(told.shape)
        _put_back(told, self.base, self.unit, self.log_of, self.factor, self.least >= 0.0, values)
        return values

    def constant(self) -> Series:
        """Return quantiles of a series that does not move."""
        return np.full((len(self.base), len(SHARES)), self.last * self.factor)


@kernel("void(f8[:,::1], f8[::1], f8[::1], f8, f8, b1, f8[:,::1])")
def _put_back(
    told: Series, base: Series, unit: Series, log_of: float, factor: float, positive: bool, values: Series
) -> None:
    """Fill `values`, (rows, shares), with those of the series: `_View` says what they are put back from."""
    for row in range(told.shape[0]):
        for at in range(told.shape[1]):
            value = base[row] + unit[row] * told[row, at]
            if log_of > 0.0:
                value = log_of * exp(min(value, FURTHEST_LOG))
            values[row, at] = max(value, 0.0) if positive else value
        median = values[row, MEDIAN]
        for at in range(told.shape[1]):
            values[row, at] = (median + NARROWER * (values[row, at] - median)) * factor


def _view(x: Series, ahead: Ahead, period: int, second: int) -> _View:
    """Return how a series is looked at."""
    largest = float(np.max(np.abs(x)))
    factor = 1.0 if largest == 0.0 or PLAIN[0] < largest < PLAIN[1] else largest
    x = x / factor
    least, rows = float(np.min(x)), len(ahead)
    filled = np.empty(OF_SERIES), np.empty((rows, OF_STEP)), np.empty(rows), np.empty(rows)
    # twice the largest value, so that the logarithm has one sign, whatever the unit
    log_of = 2.0 * float(np.max(x)) if least > 0.0 and period > 1 else 0.0
    moves = log_of > 0.0 and features(np.log(x / log_of), period, second, ahead, *filled)
    if not moves:  # the logarithm of a small movement on a large level may be constant
        log_of, moves = 0.0, features(x, period, second, ahead, *filled)
    return _View(moves, *filled, log_of, factor, float(x[-1]), least)


def _from_network(views: list[_View]) -> list[Series]:
    """Return what the network says of each, (rows, shares), asked once: its weights take longest to read."""
    if not views:
        return []
    rows = [len(view.base) for view in views]
    of_series, of_step = np.array([view.of_series for view in views]), np.concatenate([view.of_step for view in views])
    told = _zero_net.quantiles(_zero_net.shipped(), of_series, of_step, np.repeat(np.arange(len(views)), rows))
    ends = accumulate(rows)
    return [told[end - count : end] for count, end in zip(rows, ends, strict=True)]

"""Find the period of a series that repeats exactly, but for a few rows.

Where there is no noise, a test against chance has nothing to measure by, and a spectrum is blurred by every cycle that
is not whole. Counting the rows that are not the median of their phase is exact.
Cost: O(n) per period at most; a period that does not fit is given up within some dozens of rows.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.quantiles import median

MOST_OFF = 10  # rows off the pattern
ROUNDING = 1e-11  # of the spread: the digits that computing a pattern costs
INPUT_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)  # of the level
SIGNIFICANCE = 0.05  # of so many equal pairs by chance, over all periods: few rows, or few values, are no pattern


@kernel()
def _chance(x: Series, bound: float) -> float:
    """Return the probability that two values in any order are equal."""
    ordered = np.sort(x)
    total, begin = 0.0, 0
    for i in range(1, x.shape[0] + 1):
        if i == x.shape[0] or ordered[i] - ordered[i - 1] > bound:
            total += float(i - begin) ** 2
            begin = i
    return total / float(x.shape[0]) ** 2


@kernel()
def _differing(x: Series, period: int, bound: float, most: int) -> int:
    """Count the pairs of values one period apart that are not equal; ends beyond `most`."""
    count = 0
    for i in range(x.shape[0] - period):
        if abs(x[i + period] - x[i]) > bound:
            count += 1
            if count > most:
                break
    return count


@kernel()
def _by_chance(pairs: int, differing: int, chance: float) -> float:
    """Return the probability that so few of the pairs differ: the binomial tail."""
    term = total = chance**pairs
    for i in range(1, differing + 1):
        term *= (pairs - i + 1) / i * (1.0 - chance) / chance
        total += term
    return total


@kernel()
def _off(x: Series, period: int, bound: float, most: int) -> int:
    """Count the rows that are not the median of their phase; ends beyond `most`."""
    count = 0
    for phase in range(period):
        usual = median(x[phase::period].copy())
        for i in range(phase, x.shape[0], period):
            count += abs(x[i] - usual) > bound
        if count > most:
            break
    return count


@kernel("i8(f8[::1], i8, f8, f8)")
def exact_period(x: Series, longest: int, level: float, spread: float) -> int:
    """Return the period, at most `longest`, that leaves the fewest rows off; 0 if there is none, or nothing moves.

    x : (n,), n >= 3 * longest: the median of a phase is not moved by one of its values. level, spread : the median of
    the values, and of their distances from it.
    """
    n = x.shape[0]
    bound = ROUNDING * spread + INPUT_ROUNDING * abs(level)
    most = max(1, min(n // 20, MOST_OFF))
    moving = 0
    for t in range(n):
        moving += abs(x[t] - level) > bound
        if moving > 4 * most:
            break
    if moving <= 4 * most:
        return 0
    best, chance = 0, -1.0  # not known yet: it costs a sort, and few series need it
    for period in range(2, longest + 1):
        differing = _differing(x, period, bound, 2 * most)
        if differing > 2 * most:
            continue
        chance = chance if chance >= 0.0 else _chance(x, bound)
        if _by_chance(n - period, differing, chance) * longest < SIGNIFICANCE:
            off = _off(x, period, bound, most)
            if off <= most:
                best, most = period, off - 1
                if off == 0:
                    break
    return best

"""Grubbs' test, two-sided and repeated: remove the most extreme value as long as it is significant.

Source: F. E. Grubbs, "Procedures for detecting outlying observations in samples", Technometrics 11 (1969), with the
population standard deviation (ddof 0) that analysis nodes use.    Cost: O(n log n) for any number of outliers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from kernels._jit import kernel
from kernels.contract import ANOMALY, Algorithm, Detection, Flags, Needs, Series, Task, as_series
from kernels.numerics.scaling import scale_to_unit
from kernels.numerics.student_t import largest_deviate
from kernels.options import Options, option

SMALLEST_SQUARE = 1e-200  # below it the sums of squares have begun to underflow
SMALLEST_UNIT = 1e-300  # its reciprocal is finite; series are brought to unit size before


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of grubbs."""

    alpha: float = option(
        0.95,
        "confidence of the test; the significance is 1 - alpha",
        gt=0.0,
        lt=1.0,
        refusal="invalid alpha value, valid range is (0, 1)",
    )


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the values that the repeated test removes, and all values equal to one of them.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 3, finite, any unit. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): |x - mean| / std of the values that are left when the test stops, no unit; where these are
        all equal, distance in units of the largest one.

    Raises
    ------
    TooShort : n < 3.
    """
    x = as_series(task.series, at_least=3)
    ordered = np.sort(x)
    if not 1e-100 < max(-ordered[0], ordered[-1]) < 1e100:  # else no square can over- or underflow
        scale_to_unit(x)
        scale_to_unit(ordered)
    flags, score = _test(x, ordered, 1.0 - params.alpha)
    return Detection(flags, score)


@kernel()
def _sums_from_inside(ordered: Series, low: int, high: int, sums: Series, squares: Series) -> tuple[int, float]:
    """Prepare the mean and variance of every range around the middle of ``ordered[low:high]``.

    Deviations are taken from the middle value in units of the farther end. ``sums[i]`` and ``squares[i]`` add the
    deviations and their squares from the middle out to row i: only values of one sign meet, so nothing cancels.
    """
    middle = (low + high) // 2
    unit = max(ordered[high - 1] - ordered[middle], ordered[middle] - ordered[low], SMALLEST_UNIT)
    inverse = 1.0 / unit
    total = square = 0.0
    for i in range(middle, high):
        deviation = (ordered[i] - ordered[middle]) * inverse
        total += deviation
        square += deviation * deviation
        sums[i], squares[i] = total, square
    total = square = 0.0
    for i in range(middle - 1, low - 1, -1):
        deviation = (ordered[i] - ordered[middle]) * inverse
        total += deviation
        square += deviation * deviation
        sums[i], squares[i] = total, square
    return middle, unit


@kernel()
def _comes_first(x: Series, value: float, other: float) -> bool:
    """Tell whether `value` occurs in an earlier row than `other`."""
    for i in range(x.shape[0]):
        if x[i] == value or x[i] == other:
            return bool(x[i] == value)
    return False


@kernel()
def _flag(
    x: Series, ordered: Series, low: int, high: int, centre: float, mean: float, std: float
) -> tuple[Flags, Series]:
    """Flag every value equal to a removed one; the mean is given as its distance from a value in the centre."""
    n = x.shape[0]
    lowest = ordered[low - 1] if low > 0 else -np.inf
    highest = ordered[high] if high < n else np.inf
    flags = np.empty(n, np.int8)
    score = np.empty(n)
    for i in range(n):
        flags[i] = 1 - 2 * ((x[i] <= lowest) | (x[i] >= highest))
        score[i] = abs(x[i] - centre - mean)
    unit = std if std > 0.0 else score.max()
    if unit > 0.0:
        for i in range(n):
            score[i] = min(score[i] / unit, np.finfo(np.float64).max)
    return flags, score


@kernel("Tuple((i1[::1], f8[::1]))(f8[::1], f8[::1], f8)")
def _test(x: Series, ordered: Series, significance: float) -> tuple[Flags, Series]:
    n = x.shape[0]
    sums, squares = np.empty(n), np.empty(n)
    low, high = 0, n  # what is left is ordered[low:high]
    middle, unit = _sums_from_inside(ordered, low, high, sums, squares)
    mean = std = 0.0
    critical = np.inf
    while True:
        left = high - low
        square = squares[low] + squares[high - 1]
        # the middle must stay inside, and the squares away from underflow; each renewal drops a third of the values
        # or a hundred orders of magnitude
        if min(middle - low, high - 1 - middle) * 3 < left - 4 or (square < SMALLEST_SQUARE and unit > SMALLEST_UNIT):
            middle, unit = _sums_from_inside(ordered, low, high, sums, squares)
            square = squares[low] + squares[high - 1]
        mean = (sums[low] + sums[high - 1]) / left
        std = sqrt(max(square / left - mean * mean, 0.0))
        if left < 3 or std == 0.0:
            break
        above = (ordered[high - 1] - ordered[middle]) / unit - mean
        below = mean - (ordered[low] - ordered[middle]) / unit
        largest = max(above, below) / std
        # the critical value falls with `left`: what exceeds the last one exceeds this one
        if largest <= critical:
            critical = largest_deviate(significance / (2.0 * left), left)
            if not largest > critical:
                break
        # Of two equally far values the one in the earlier row goes. Beyond sqrt(3) the other goes next in any case (its
        # deviate grows by the removal), which spares the search.
        if above > below or (
            above == below and (largest * largest > 3.0 or _comes_first(x, ordered[high - 1], ordered[low]))
        ):
            high -= 1
        else:
            low += 1
    return _flag(x, ordered, low, high, ordered[middle], mean * unit, std * unit)


ALGORITHM = Algorithm(
    "grubbs", "Grubbs' test, two-sided, repeated until nothing is significant", ANOMALY, Params, detect, Needs(rows=3)
)

"""Find the season length of a series, or that it has none.

Source: a season is sought as the period that leaves the least dispersion within its phases: R. F. Stellingwerf,
"Period determination using phase dispersion minimization", The Astrophysical Journal 224 (1978). What a period explains
beyond chance is the mean product of values whole periods apart, so it is read off the autocorrelation. It must pass an
F test with the degrees of freedom of an autocorrelated series after M. S. Bartlett, "On the theoretical specification
and sampling properties of autocorrelated time-series" (1946); F is brought to a normal deviate by M. Abramowitz and
I. A. Stegun, "Handbook of Mathematical Functions", 26.6.15. A series that repeats exactly is looked at before, as it
has no chance in it (`exact_period`).    Cost: O(n log n).
"""

from __future__ import annotations

from math import cos, inf, pi, sin, sqrt
from typing import Any, Literal

import numpy as np

from kernels._jit import kernel
from kernels.contract import Json, Series
from kernels.numerics.exact_period import exact_period
from kernels.numerics.lagged_products import lagged_products
from kernels.numerics.normal import normal_quantile
from kernels.numerics.quantiles import median
from kernels.options import option

SIGNIFICANCE = 1e-3  # of the whole search, shared by all periods
CYCLES = 3  # a season must fit so often
CLIP = 3.0 * 1.4826  # in MADs: no outlier may feign or hide a season
WORTHWHILE = 0.05  # a season that explains less of the variance is left alone, however significant
GROWTH = 2.0  # between the first and the last third of a series: beyond, its logarithm is looked at too
SIGNIFICANCE_IN_LOG, CYCLES_IN_LOG = 1e-6, 5  # so that a second look finds no more by chance
ROUNDING = 1e-9  # of the range: less movement than that is not a season
NO_NOISE = ROUNDING**2  # of the variance between phases: with less than that within, a pattern needs no test
ANGLES = 128  # whose sines are computed
AS_GOOD = 0.9  # a multiple of the period is preferred where the period explains less than this part of it

Season = int | Literal["auto", "none"]


def season_option(default: Season = 0, doc: str = "rows in a season; 0, 1 or none: there is none; auto: found") -> Any:
    """Declare the option ``period``, which reads the same for every algorithm; `season_length` says what it means."""
    return option(default, doc, ge=0, refusal="periods should be greater than 0")


def season_length(period: Season, series: Series) -> int:
    """Return the rows in a season that a value of ``period`` means for a series, 0 for no season."""
    return season_told(period, series)[0]


def season_told(period: Season, series: Series) -> tuple[int, dict[str, Json]]:
    """Return the same, and for an answer's `extra` the ``periods`` that were found if they are several."""
    if period == "auto":
        found = find_periods(series)
        return (found[0] if found else 0), ({"periods": found} if len(found) > 1 else {})
    return (0 if period == "none" or period < 2 else period), {}


def find_period(series: Series) -> int:
    """Return the season length, 0 if there is none.

    A season that grows with the level is sought in the logarithm too, where a series that is positive has grown much.

    Parameters
    ----------
    series : float64 (n,), finite, magnitudes below 1e150.
    """
    found, _ = _first_seasons(series)
    return found[0] if found else 0


def find_periods(series: Series) -> list[int]:
    """Return the season lengths, that of `find_period` first: what repeats within it, and in what is left without it.

    Parameters
    ----------
    series : float64 (n,), finite, magnitudes below 1e150.
    """
    found, quick = _first_seasons(series)
    if not found:
        return []
    rest = _without_phases(quick, found[0])
    for other in _find(rest, float(np.ptp(quick)), SIGNIFICANCE):
        if not any(_is_left_over(other, season, len(rest)) for season in found):
            found.append(other)
    return found


def _is_left_over(period: int, season: int, rows: int) -> bool:
    """Tell whether a period is what a season leaves that is no whole number of rows.

    Over all rows it may drift by half a cycle from what was found, so its multiples may be that far off, and rounded.
    """
    times = max(round(period / season), 1)
    drift = season * season / (2.0 * rows)
    return period == season or 0.0 < abs(period - times * season) <= times * drift + 0.5


def _first_seasons(series: Series) -> tuple[list[int], Series]:
    """Return the season to use and any within it, and the quick part of the series on the scale that showed it."""
    longest = len(series) // CYCLES
    if longest < 2:
        return [], series
    centre, mad = _centre(series)
    quick = _quick_part(series, centre, mad)
    if exact := exact_period(series, longest, centre, mad):
        return [exact], quick
    if found := _find(quick, float(np.ptp(series)), SIGNIFICANCE):
        return found, quick
    if _has_grown(series):
        in_log = np.log(series)
        quick = _quick_part(in_log, *_centre(in_log))
        found = _find(quick, float(np.ptp(in_log)), SIGNIFICANCE_IN_LOG)
        if found and len(series) >= CYCLES_IN_LOG * found[0]:
            return found, quick
    return [], series


def _has_grown(series: Series) -> bool:
    """Tell whether all values are positive and the levels of the first and the last third are far apart."""
    if not np.min(series) > 0.0:
        return False
    third = len(series) // 3
    first, last = median(series[:third]), median(series[-third:])
    return max(first, last) > GROWTH * min(first, last)


def _find(quick: Series, size: float, significance: float) -> list[int]:
    """Return the season length of the quick part of a series, and the more significant one within it if there is one.

    size : range of the series.
    """
    n, longest = len(quick), len(quick) // CYCLES
    products = lagged_products(quick, n)
    rounding = ROUNDING * size
    if not products[0] > n * rounding * rounding:
        return []
    period, longer, share = _candidates(_shares(products / products[0], longest), n)
    shared = significance / longest  # by all periods
    if period < 2 or share < WORTHWHILE or not _is_significant(quick, period, shared):
        return []
    rest = _without_phases(quick, period)
    return [longer, period] if longer > period and _is_significant(rest, longer, shared) else [period]


def _is_significant(quick: Series, period: int, significance: float) -> bool:
    """Test the variance between the phases against what is left without phases and cycles.

    What is left is autocorrelated within a cycle; `memory` values of it count as one.
    """
    without, between = _left(quick, period)
    rest = lagged_products(without, period)
    if not rest[0] > NO_NOISE * between:
        return True
    memory = 1.0 + 2.0 * float(np.sum((rest[1:period] / rest[0]) ** 2))
    cycles = len(quick) / period
    ratio = between * (cycles - 1.0) / rest[0]
    if not ratio > 0.0:
        return False
    above, below = memory / (period - 1.0), memory / (period - 1.0) / (cycles - 1.0)  # reciprocal degrees of freedom
    root = ratio ** (1.0 / 3.0)
    normal = root * (1.0 - 2.0 / 9.0 * below) - (1.0 - 2.0 / 9.0 * above)
    normal /= np.sqrt(2.0 / 9.0 * (above + root * root * below))
    return bool(normal > -normal_quantile(significance))


def _centre(series: Series) -> tuple[float, float]:
    """Return the median of the values and of their distances from it."""
    centre = median(series)
    return centre, median(np.abs(series - centre))


def _quick_part(series: Series, centre: float, mad: float) -> Series:
    """Return the clipped series without its line and what is slower than `CYCLES` cycles."""
    width = CLIP * mad if mad > 0.0 else np.inf
    return _quick(series, centre - width, centre + width)


@kernel("f8[::1](f8[::1], i8)")
def _without_phases(values: Series, period: int) -> Series:
    """Return the values less the mean of their phase."""
    n = values.shape[0]
    mean = np.zeros(min(period, n))
    for first in range(0, n, period):
        for j in range(min(period, n - first)):
            mean[j] += values[first + j]
    for j in range(mean.shape[0]):
        mean[j] /= (n - j - 1) // period + 1
    rest = np.empty(n)
    for first in range(0, n, period):
        for j in range(min(period, n - first)):
            rest[first + j] = values[first + j] - mean[j]
    return rest


@kernel("Tuple((f8[::1], f8))(f8[::1], i8)")
def _left(values: Series, period: int) -> tuple[Series, float]:
    """Return what is left of the values without the means of cycles and phases, and the squares between the phases."""
    n = values.shape[0]
    level, between = np.empty(n), 0.0
    for first in range(0, n, period):
        rows = min(period, n - first)
        mean = np.sum(values[first : first + rows]) / rows
        for j in range(rows):
            level[first + j] = values[first + j] - mean
    left = _without_phases(level, period)
    for t in range(n):
        between += (level[t] - left[t]) ** 2
    return left, between


@kernel()
def _turns(rows: int) -> tuple[Series, Series]:
    """Return the cosines and sines of 2 pi t / rows for all rows; few are computed, the others follow from them."""
    cosines, sines = np.empty(rows), np.empty(rows)
    unit = 2.0 * pi / rows
    for t in range(min(ANGLES, rows)):
        cosines[t], sines[t] = cos(unit * t), sin(unit * t)
    for first in range(ANGLES, rows, ANGLES):
        c, s = cos(unit * first), sin(unit * first)
        for t in range(min(ANGLES, rows - first)):
            cosines[first + t] = c * cosines[t] - s * sines[t]
            sines[first + t] = s * cosines[t] + c * sines[t]
    return cosines, sines


@kernel("f8[::1](f8[::1], f8, f8)")
def _quick(series: Series, low: float, high: float) -> Series:
    """Return the values clipped to [low, high], without their line and the waves of up to `CYCLES` - 1 cycles."""
    n = series.shape[0]
    quick, mean = np.empty(n), 0.0
    for t in range(n):
        quick[t] = min(max(series[t], low), high)
        mean += quick[t]
    mean /= n
    middle, slope = 0.5 * (n - 1), 0.0
    for t in range(n):
        quick[t] -= mean
        slope += (t - middle) * quick[t]
    slope /= n * (n * n - 1.0) / 12.0
    cosines, sines = _turns(n)
    weight = np.zeros(4)
    for t in range(n):
        quick[t] -= slope * (t - middle)
        c, s = cosines[t], sines[t]
        weight[0] += c * quick[t]
        weight[1] += s * quick[t]
        weight[2] += (c * c - s * s) * quick[t]
        weight[3] += 2.0 * c * s * quick[t]
    weight *= 2.0 / n
    for t in range(n):
        c, s = cosines[t], sines[t]
        quick[t] -= weight[0] * c + weight[1] * s + weight[2] * (c * c - s * s) + weight[3] * (2.0 * c * s)
    return quick


@kernel("f8[::1](f8[::1], i8)")
def _shares(correlation: Series, longest: int) -> Series:
    """Return for each period the mean correlation of all pairs of values whole periods apart; 0 for periods 0 and 1.

    correlation : sums of lagged products over that at lag 0, so that a lag weighs as much as it has pairs.
    """
    n = correlation.shape[0]
    share = np.zeros(longest + 1)
    for period in range(2, longest + 1):
        total = pairs = 0.0
        for lag in range(period, n, period):
            total += correlation[lag]
            pairs += n - lag
        share[period] = total * n / pairs
    return share


@kernel("Tuple((i8, i8, f8))(f8[::1], i8)")
def _candidates(share: Series, n: int) -> tuple[int, int, float]:
    """Return the period that stands out most over n rows, the multiple of it to prefer, and the share of the former.

    n / period cycles make n * n / (2 * period) pairs of values whole periods apart, which the error of a share is by.
    """
    period, most = 0, 0.0
    for candidate in range(2, share.shape[0]):
        size = share[candidate] * n / sqrt(2.0 * candidate)
        if size > most:
            period, most = candidate, size
    if period == 0:
        return 0, 0, 0.0
    enough = -inf
    for multiple in range(period, share.shape[0], period):
        enough = max(enough, AS_GOOD * (share[multiple] - 3.0 * sqrt(2.0 * multiple) / n))
    longer = period
    while share[longer] < enough:
        longer += period
    return period, longer, share[period]

"""Lasting changes in one column: of level, of slope, of the spread of its rows around their level.

Season and spikes are taken out first, then the segments are found in which a column keeps its level, or its line
(`_regimes`). The spread is the level of another series: the roots of the distances from the level around, which are
nearly symmetric where those are normal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from kernels.anomaly._regimes import Means, Regimes, regimes
from kernels.contract import Series
from kernels.numerics.centring import Centred
from kernels.numerics.change_points import LINE
from kernels.numerics.phase_medians import without_season
from kernels.numerics.quantiles import median
from kernels.numerics.rolling_median import rolling_median

AROUND = 7  # rows on each side whose median is the level around a row
CLIP = 4.0  # standard deviations from there: what a spike counts for
SIGMA_OF_MAD, SIGMA_OF_MEAN = 1.482602218505602, 1.2533141373155001
ROUNDING = 1e-11  # of the largest value: the digits that a season costs
QUIETEST = 0.25  # of the usual variance: how quiet a stretch can be
LEVELS, SLOPES, SPREADS = "level", "slope", "spread"  # kinds of changes


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    row : the first row that is changed.
    kind : level, slope or spread.
    before, after : levels without season, slopes per row, or standard deviations, in units of the `Centred` column.
    evidence : of no unit; beyond 1 it is a change.
    certainty : the probability that no such change is chance in a column without any.
    """

    row: int
    kind: str
    before: float
    after: float
    evidence: float
    certainty: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """A column without its season.

    level : its rows, spikes clipped. roots : the roots of the distances from the level around.
    away : those distances, clipped. spread : the usual one, as a standard deviation.
    """

    level: Series
    roots: Series
    away: Series
    spread: float

    @classmethod
    def of(cls, column: Centred, season: int) -> Prepared:
        """Prepare n > 2 * AROUND rows."""
        rows = without_season(column.values, season)
        line = np.arange(len(rows)) * (median(rows[AROUND:] - rows[:-AROUND]) / AROUND)
        around = line + rolling_median(rows - line, AROUND)  # at both ends a median sees one side of a slope only
        away = rows - around
        least = column.rounding + ROUNDING
        spread = max(SIGMA_OF_MAD * median(np.abs(away)) or SIGMA_OF_MEAN * float(np.abs(away).mean()), least)
        away[np.abs(away) <= least] = 0.0
        roots = without_season(np.sqrt(np.abs(away)), season)
        away = np.clip(away, -CLIP * spread, CLIP * spread)
        return cls(around + away, roots, away, spread)


def changes(column: Centred, season: int, least: int, alpha: float, smallest: float) -> list[Change]:
    """Return the changes of a column of n >= 32 rows, in order.

    Parameters
    ----------
    season : rows in a season, 0 for none; n >= two of them.
    least : rows that a change lasts, <= n / 8.
    alpha : the probability that a column without changes has one.
    smallest : spreads that a level changes by, or that a change of slope leads to while it lasts; a spread grows or
        shrinks by that share.
    """
    rows = Prepared.of(column, season)
    floor = (column.rounding + ROUNDING) ** 2
    squared = Means.of(rows.away**2)
    reach = 2 * squared.block + AROUND
    around = _running_mean(squared.values, -(-least // squared.block))
    usual = median(around) or float(around.mean()) or 1.0
    loudness = np.maximum(around / usual, QUIETEST)
    of_level = regimes(Means.of(rows.level), loudness, least, alpha, floor)
    of_spread = regimes(Means.of(rows.roots), np.ones(len(loudness)), least, alpha, floor)
    found = [*_levels(rows, of_level, reach, smallest), *_spreads(rows, of_spread, reach, smallest)]
    return sorted(found, key=lambda change: change.row)


@dataclass(frozen=True, slots=True)
class Line:
    """The line, or the level, that a segment follows: its value in the `middle` row, and how much it grows per row."""

    middle: float
    value: float
    slope: float

    @classmethod
    def of(cls, rows: Series, begin: int, end: int, parameters: int) -> Line:
        """Fit rows [begin, end); its height is a median, so that what lasts for a part of them only does not count."""
        values, middle = rows[begin:end], 0.5 * (begin + end - 1)
        along = np.arange(begin, end) - middle
        slope = float(np.sum(along * values) / np.sum(along * along)) if parameters == LINE else 0.0
        return cls(middle, median(values - slope * along), slope)

    def at(self, rows: Any) -> Any:
        """Return its value at a row, or its values at some."""
        return self.value + self.slope * (rows - self.middle)


def _placed(rows: Series, fit: Regimes, reach: int) -> tuple[list[int], list[Line]]:
    """Return the begins of the segments to the row, which means told to within `reach` only, and what they follow."""
    begins = fit.begins.tolist()
    for k in range(1, len(begins) - 1):
        before, after = (Line.of(rows, begins[j], begins[j + 1], fit.parameters) for j in (k - 1, k))
        first, last = max(begins[k - 1] + 2, begins[k] - reach), min(begins[k + 1] - 2, begins[k] + reach)
        around = np.arange(first, last)
        worse = (rows[first:last] - before.at(around)) ** 2 - (rows[first:last] - after.at(around)) ** 2
        begins[k] = first + int(np.argmin(np.concatenate(([0.0], np.cumsum(worse)))))
    ends = zip(begins[:-1], begins[1:], strict=True)
    return begins, [Line.of(rows, begin, end, fit.parameters) for begin, end in ends]


def _levels(rows: Prepared, fit: Regimes, reach: int, smallest: float) -> Iterator[Change]:
    begins, lines = _placed(rows.level, fit, reach)
    for k in range(1, len(begins) - 1):
        row, before, after = begins[k], lines[k - 1], lines[k]
        first, second = row - begins[k - 1], begins[k + 1] - row
        levels = before.at(row), after.at(row)
        slopes = before.slope, after.slope
        jump, bend = levels[1] - levels[0], slopes[1] - slopes[0]
        steeper = bend * bend / (12.0 / first**3 + 12.0 / second**3)  # the variances of what lines tell, of white noise
        if jump * jump / (4.0 / first + 4.0 / second) >= steeper:
            kind, told, size = LEVELS, levels, abs(jump)
        else:
            kind, told, size = SLOPES, slopes, abs(bend) * min(first, second)
        if size >= smallest * rows.spread:
            yield Change(row, kind, *told, float(fit.evidence[k]), float(fit.certainty[k]))


def _spreads(rows: Prepared, fit: Regimes, reach: int, smallest: float) -> Iterator[Change]:
    begins, _ = _placed(rows.roots, fit, reach)
    spreads = [float(np.sqrt(np.mean(rows.away[a:b] ** 2))) for a, b in zip(begins[:-1], begins[1:], strict=True)]
    for k in range(1, len(begins) - 1):
        before, after = spreads[k - 1], spreads[k]
        if max(before, after) >= (1.0 + smallest) * min(before, after):
            yield Change(begins[k], SPREADS, before, after, float(fit.evidence[k]), float(fit.certainty[k]))


def _running_mean(values: Series, reach: int) -> Series:
    """Return the means of so many values on each side, as far as there are."""
    sums = np.concatenate(([0.0], np.cumsum(values)))
    at = np.arange(len(values))
    first, last = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(values))
    mean: Series = (sums[last] - sums[first]) / (last - first)
    return mean

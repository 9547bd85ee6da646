"""Spike: flag single rows far from what the season and the level around them lead to expect.

The season is the median of each of its phases, slope and level are medians too, the level a running one over two
cycles: all stand still while a spike passes. How far is far follows from how far the series' own rows usually are
(`kernels.numerics.alarms`).

Source: J. W. Tukey, "Exploratory Data Analysis" (1977), chapters 7 and 11, for running medians and medians of phases.
Cost: O(n log n).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels.anomaly._cycles import LONGEST_CYCLE, Cycles, period_option
from kernels.anomaly._findings import Finding, Reading, detection
from kernels.contract import ANOMALY, Algorithm, Detection, Needs, Series, Task, as_columns
from kernels.explained import Expected
from kernels.numerics.alarms import Bounds
from kernels.numerics.centring import Centred
from kernels.numerics.events import join_runs
from kernels.numerics.period import Season
from kernels.numerics.periodic_fit import fit_periodic
from kernels.numerics.quantiles import median
from kernels.numerics.rolling_median import rolling_median
from kernels.options import Options, option

LEAST_ROWS = 10
SIGMA_OF_MAD = 1.482602218505602
LEVEL = 50  # rows on each side that tell the level where nothing recurs
LEAST_LEVEL = 15
LEVELS = 20  # of them in a series, so that it is seen to move at all
ROUNDING = 1e-11  # of the largest value: the digits that computing a pattern costs
LEAST_SCORE = 1e-6  # so that it has a logarithm


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of spike."""

    period: Season = period_option()
    alarms: float = option(
        0.6, "usual rows in 10 000 that may be flagged; a series counts as 40 000 rows or more", gt=0
    )
    least: float = option(4.5, "standard deviations, robust ones, below which no row is flagged", ge=0)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the rows of a column are expected to be, on the scale of its `Centred`.

    values : float64 (n,).
    away : float64 (n,): how far the rows are from it, 0 within the rounding.
    spread : the usual distance, as a standard deviation; 0 where all rows are as expected.
    """

    values: Series
    away: Series
    spread: float


def baseline(column: Centred, cycles: Cycles) -> Baseline:
    """Return season, slope and level of a column."""
    x, n = column.values, cycles.rows
    pattern: Series
    around = cycles.rhythm if 0 < cycles.rhythm < LONGEST_CYCLE else LEVEL
    reach = min(max(LEAST_LEVEL, min(around, n // LEVELS)), n - 1)
    if cycles.season:
        pattern = fit_periodic(x, cycles.season)
    else:  # a slope, since at both ends the level is that of one side only
        pattern = np.arange(float(n)) * (median(x[reach:] - x[:-reach]) / reach)
    rest = x - pattern
    level = rolling_median(rest, reach)
    away = rest - level
    away[np.abs(away) <= column.rounding + ROUNDING] = 0.0
    spread = SIGMA_OF_MAD * median(np.abs(away)) or float(away.std())
    return Baseline(pattern + level, away, spread)


def find(column: Centred, cycles: Cycles, params: Params = Params()) -> tuple[Finding, Expected]:  # noqa: B008  (frozen)
    """Return the spikes of one column, and what its rows were expected to be."""
    usual = baseline(column, cycles)
    stretch, n = cycles.stretch, cycles.rows
    bound, events = params.least, np.empty((0, 2), np.int64)
    readings: tuple[Reading, ...] = ()
    if usual.spread > 0.0:
        score = np.maximum(np.abs(usual.away) / usual.spread, LEAST_SCORE)
        bounds = Bounds.of(score, stretch)
        bound = max(bound, bounds.tail(params.alarms))
        readings = (Reading("spike", score, bound, bounds),)
        events = join_runs(score > bound, stretch)
    band = bound * usual.spread
    expected = Expected(*(column.back(values) for values in (usual.values, usual.values - band, usual.values + band)))
    return Finding(events, readings, stretch, n), expected


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the spikes of every column.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 10, finite, any units. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): distance from the expected value over the largest usual one; beyond 1 a row is flagged,
        and so are rows between two that are less than a cycle apart.
        extra : ``period``, the cycle of the first column, 0 for none; ``reasons``, one for each window, with the value,
        what was expected and the band of what is usual.

    Raises
    ------
    TooShort : n < 10.
    """
    columns = [Centred.of(column) for column in as_columns(task.table, at_least=LEAST_ROWS).T]
    cycles = [Cycles.of(column.values, params.period) for column in columns]
    found = [find(column, cycle, params) for column, cycle in zip(columns, cycles, strict=True)]
    findings, expected = zip(*found, strict=True)
    return detection(task, findings, expected, {"period": cycles[0].rhythm})


ALGORITHM = Algorithm(
    "spike",
    "single rows far from what season and level lead to expect",
    ANOMALY,
    Params,
    detect,
    Needs(columns="many", rows=LEAST_ROWS),
)

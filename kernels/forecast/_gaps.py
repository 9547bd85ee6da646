"""Gaps of a series, as its times tell them, are filled before it is forecast.

Rows that are counted take a gap for time that stood still, which turns a season upside down. Features of a network from
the values that are there alone, or straight lines, forecast worse than a model that fills: docs/zero.md.

Cost: nothing without gaps; with some, that of `kernels.imputation.kalman` for the rows that are looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Json, Series, Times
from kernels.imputation import kalman, linear
from kernels.options import option

Observed = NDArray[np.bool_]
FILL, NONE = "fill", "none"
KALMAN = "kalman"
MOST = 0.3  # share of rows that are missing, up to which they are filled
NEWEST = 3  # the part of the series whose gaps make intervals wider
LEAST_GIVEN = 0.25  # share of it that is given, as far as that is counted


@dataclass(frozen=True, slots=True)
class Spread:
    """A series with a row at every step of its times.

    values : (m,), gaps bridged by straight lines; as it was given where they are not to be filled.
    observed : bool (m,), the rows that were given.
    told : of its gaps, for the answer's `extra`; empty without any.
    """

    values: Series
    observed: Observed
    told: dict[str, Json]


def gaps_option() -> str:
    """Declare the option ``gaps``."""
    declared: str = option(
        FILL, "rows that the times miss: fill, or none: all rows count as evenly spaced", choices=(FILL, NONE)
    )
    return declared


def spread(x: Series, times: Times, *, fill: bool) -> Spread:
    """Spread a series over its times, (n,), or (0,) where nobody knows them; `fill`: whether gaps may be filled.

    Each step is rounded to whole usual ones, so that a clock that is a little off does no harm. Where rows are closer
    than half a step, times are those of events: no row is missing then. Gaps that come round are not filled: nobody
    expects rows there.
    """
    if len(times) == 0:
        return Spread(x, np.ones(len(x), np.bool_), {})
    places = _places(times)
    missing = 0 if len(places) == 0 else int(places[-1]) + 1 - len(x)
    fill = fill and missing <= MOST * (len(x) + missing) and not _come_round(places)
    told: dict[str, Json] = {"gaps": {"rows": missing, "filled_by": KALMAN if fill else NONE}} if missing else {}
    if not missing or not fill:
        return Spread(x, np.ones(len(x), np.bool_), told)
    values, observed = np.zeros(len(x) + missing), np.zeros(len(x) + missing, np.bool_)
    rows = places.astype(np.int64)
    values[rows], observed[rows] = x, True
    return Spread(linear.fill(values, observed)[0], observed, told)


def _places(times: Times) -> NDArray[np.float64]:
    """Return the steps from the first row to each; none where there is no usual step, or nothing is known of times.

    They are whole, but floats: a hostile client may name times whose steps no integer counts.
    """
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    if not usual > 0.0:
        return np.empty(0)
    between = np.rint(steps / usual)
    return np.empty(0) if np.min(between) < 1.0 else np.concatenate(([0.0], np.cumsum(between)))


def _come_round(places: NDArray[np.float64]) -> bool:
    """Return whether the gaps are those of a calendar, such as nights and weekends: most are equally many rows apart.

    Those of rows that are missing by chance are not: even with the `MOST` of them less than a third of the gaps are.
    """
    apart = np.diff(np.flatnonzero(np.diff(places) > 1))
    return len(apart) > 1 and 2 * int(np.max(np.unique(apart, return_counts=True)[1])) > len(apart)


def filled(series: Spread, period: int, newest: int, out_of_time: Callable[[], bool]) -> Series:
    """Return the values with the gaps among the `newest` filled, with a season of `period` rows, 0 for none.

    What was not negative stays so, and what was whole stays whole.
    """
    values, there = series.values[-newest:], series.observed[-newest:]
    if there.all():
        return series.values
    given = values[there]
    found, _ = kalman.fill(values, there, period, out_of_time=out_of_time)
    if np.min(given) >= 0.0:
        np.maximum(found, np.min(given), out=found)
    if np.all(given == np.rint(given)):
        np.rint(found, out=found)
    return np.concatenate((series.values[:-newest], found))


def wider(observed: Observed) -> float:
    """Return by how much intervals must be wider that were told by a filled series.

    A filled row is what is expected there. It adds nothing to the squares of what is not expected, so their mean over
    all rows is that over the given rows times the share of these; counted over the newest third, which counts most.
    """
    newest = observed[-max(len(observed) // NEWEST, 1) :]
    given = np.count_nonzero(newest) / len(newest)
    return float(max(given, LEAST_GIVEN) ** -0.5)

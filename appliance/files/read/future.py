"""Rows that have no value yet, at the end of a series or in a file of their own.

They are to be forecast, and hold covariates that are known ahead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from appliance.files.calendar.zones import Zone
from appliance.files.read.moments import NO_TIME
from appliance.files.read.rows import Rows
from appliance.files.series import FileError, FileSeries

NO_ROWS = "no rows at its end have covariates and an empty value: they say what is known of the time to forecast"


def part(
    rows: Rows,
    covariates: Sequence[str],
    sort: bool,
    shown: Callable[[np.int64], str],
    file: str = "",
    learning: bool = False,
) -> tuple[Rows, Rows]:
    """Return the rows up to the last value, and those after it; raises FileError.

    covariates : names of some of the columns; the others are values. sort : the rows may be in any order.
    file : the one that rows ahead are from, "" where they are at the end of the series.
    learning : nothing is to be forecast, so that no row has to be left after the last value.
    """
    order = np.argsort(rows.times, kind="stable") if sort else np.arange(len(rows.times))
    if rows.ahead is not None:
        past, later = (_taken(rows, order[rows.ahead[order] == ahead]) for ahead in (False, True))
        alone = f"{file} has rows to forecast of it, but no row before them has a value"
        nothing = f"{file} has no rows of it, which say what is known of the time to forecast"
    else:
        given = np.logical_or.reduce([np.isfinite(c) for name, c in rows.columns.items() if name not in covariates])
        last = int(np.flatnonzero(given[order])[-1]) + 1 if given.any() else 0
        past, later = (_taken(rows, order[part]) for part in (slice(last), slice(last, None)))
        alone, nothing = "no row has a value", NO_ROWS
    if learning and past.count:
        return past, _taken(later, np.empty(0, np.int64))
    if not later.count or not past.count:
        raise FileError(nothing if past.count else alone)
    if (later.times == NO_TIME).any():
        raise FileError(f"{int((later.times == NO_TIME).sum())} of the {later.count} rows to forecast have no time")
    for name in covariates:
        missing = ~np.isfinite(later.columns[name])
        if missing.any():
            row = int(np.argmax(missing))
            at = shown(later.times[row])
            raise FileError(
                f"column {name}: {int(missing.sum())} of the {later.count} rows to forecast have no value, the first "
                f"at {at}" + (f" in {file}" if file else f", row {past.count + row + 1}")
            )
    return past, later


def continued(series: FileSeries, later: Rows, zone: Zone | None, covariates: Sequence[str]) -> FileSeries:
    """Return a series whose columns of covariates go on in later rows; raises FileError where time does not go on.

    zone : of the times, where they are written without one.
    """
    ahead = later.times if zone is None else zone.instants(later.times, series.precision)
    steps = np.diff(np.append(series.times[-1:], ahead))
    if (steps <= 0).any():
        row = int(np.argmax(steps <= 0))
        at = series.clock.shown(int(ahead[row]), series.precision)
        raise FileError(f"the rows to forecast must follow in time, but {at} does not")
    known = {name: np.concatenate([series.columns[name], later.columns[name]]) for name in covariates}
    columns = {name: column for name, column in series.columns.items() if name not in covariates}
    return dataclasses.replace(series, columns=columns, ahead=ahead, known=known)


def _taken(rows: Rows, at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Rows:
    columns = {name: column[at] for name, column in rows.columns.items()}
    return dataclasses.replace(rows, count=len(at), times=rows.times[at], columns=columns, ahead=None)

"""Rows at the end of a series that have no value yet: they are to be forecast, and hold covariates known ahead."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from appliance.files.calendar.zones import Zone
from appliance.files.series import FileError, FileSeries

if TYPE_CHECKING:
    from appliance.files.read.reading import Rows

NO_ROWS = "no rows at its end have covariates and an empty value: they say what is known of the time to forecast"


def part(rows: Rows, covariates: Sequence[str], sort: bool, shown: Callable[[np.int64], str]) -> tuple[Rows, Rows]:
    """Return the rows up to the last value, and those after it; raises FileError.

    covariates : names of some of the columns; the others are values. sort : the rows may be in any order.
    """
    order = np.argsort(rows.times, kind="stable") if sort else np.arange(len(rows.times))
    given = np.logical_or.reduce([np.isfinite(c) for name, c in rows.columns.items() if name not in covariates])[order]
    last = int(np.flatnonzero(given)[-1]) + 1 if given.any() else 0
    past, ahead = (_taken(rows, order[part]) for part in (slice(last), slice(last, None)))
    if not ahead.count or not past.count:
        raise FileError(NO_ROWS if past.count else "no row has a value")
    for name in covariates:
        missing = ~np.isfinite(ahead.columns[name])
        if missing.any():
            row = int(np.argmax(missing))
            raise FileError(
                f"column {name}: {int(missing.sum())} of the {ahead.count} rows to forecast have no value, the first "
                f"at row {last + row + 1} ({shown(ahead.times[row])})"
            )
    return past, ahead


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
    return dataclasses.replace(rows, count=len(at), times=rows.times[at], columns=columns)

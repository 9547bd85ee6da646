"""Gaps of a series are filled before it is forecast.

A model of evenly spaced rows would take them for time that stood still, and turn a season upside down.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.picture import counted
from appliance.files.calendar.axis import Axis
from appliance.files.series import FileSeries
from appliance.protocol.documents import MAX_ROWS, BadRequest
from appliance.protocol.fields import VALUE_COLUMN
from kernels import registry
from kernels.contract import Series, Task

KALMAN, LINEAR, PREVIOUS, ZERO, NONE = "kalman", "linear", "previous", "zero", "none"
WAYS = (KALMAN, LINEAR, PREVIOUS, ZERO, NONE)
MOST = 0.3  # share of rows that is filled without being asked for


def steps(series: FileSeries, axis: Axis) -> NDArray[np.int64]:
    """Return how many steps of the axis are between rows, int64 (n - 1,); 0 for rows that belong to one of them."""
    if axis.exact:  # each by itself: a clock that is a little off drifts away from multiples of its step
        return np.rint(np.diff(series.times) / axis.step).astype(np.int64)
    return np.diff(axis.positions(series.times))


def even(series: FileSeries, axis: Axis, asked: str | None, out_of_time: Callable[[], bool]) -> tuple[FileSeries, str]:
    """Return a series with a row at every step of its axis, and what was done, "" for nothing.

    asked : one of WAYS; None: KALMAN where at most a share of MOST is missing.

    Raises
    ------
    BadRequest : too much is missing, or rows are closer to each other than a step.
    """
    between = steps(series, axis)
    gaps = int((between > 1).sum())
    if not gaps or asked == NONE:
        return series, ""
    places = np.concatenate(([0], np.cumsum(between)))
    rows = int(places[-1]) + 1
    missing = rows - len(places)
    if (between < 1).any():
        if asked is None:
            return series, ""
        row = int(np.argmax(between < 1)) + 2
        raise BadRequest(f"--fill {asked}: row {row} is less than half a step of {axis.frequency} after the row before")
    what = f"{missing} of {rows} rows at steps of {axis.frequency}"
    if asked is None and missing > MOST * rows:
        raise BadRequest(
            f"{what} are missing, more than {100 * MOST:.0f} %: --fill says how to fill them, and --fill none takes "
            "those that are there as evenly spaced"
        )
    if rows > MAX_ROWS:
        raise BadRequest(f"{what} are missing; at most {MAX_ROWS} rows can be analysed")
    way = asked or KALMAN
    columns = {name: fill(column, places, way, out_of_time) for name, column in series.columns.items()}
    times = axis.times(np.arange(1 - rows, 1))
    told = f"{counted(missing, 'row')} in {counted(gaps, 'gap')} filled by {way}, the usual step is {axis.frequency}"
    return dataclasses.replace(series, times=times, columns=columns), told


def fill(values: Series, places: NDArray[np.int64], way: str, out_of_time: Callable[[], bool]) -> Series:
    """Return values at their places among as many rows as there are, and what fills the others.

    Parameters
    ----------
    values : float64 (n,). places : int64 (n,), increasing from 0.

    Returns
    -------
    float64 (places[-1] + 1,)
    """
    if way in (KALMAN, LINEAR):
        task = Task({VALUE_COLUMN: values}, places, step=1, out_of_time=out_of_time)
        algorithm = registry.algorithm("kernels.imputation", way)  # imported now: few files have gaps
        answer: Any = algorithm.run(task, algorithm.params())
        filled: Series = answer.value
        return filled
    whole: Series = np.zeros(int(places[-1]) + 1)
    whole[places] = values
    if way == PREVIOUS:
        last = np.zeros(len(whole), np.int64)
        last[places] = places
        whole = whole[np.maximum.accumulate(last)]
    return whole

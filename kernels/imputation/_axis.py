"""The time axis on which gaps are filled: regular, and with every row that was given.

Fillers work on a regular grid. Rows that do not stand on one common grid are put into its nearest places to fill the
others, and both their times and those of the grid are in the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Filling, Series, Task, Times, as_series

Fill = Callable[[Series, NDArray[np.bool_]], tuple[Series, Series]]


@dataclass(frozen=True, slots=True)
class Grid:
    """A regular grid: int64 times (m,), and the place of each given row, int64 (n,), increasing.

    exact : whether the rows stand on the grid.
    """

    times: Times
    places: NDArray[np.int64]
    exact: bool


def size(first: int, last: int, step: int) -> int:
    """Return an upper bound of the number of rows of an axis, without making it."""
    return (last - first) // step + 3


def grid(times: Times, step: int) -> Grid:
    """Lay a grid under times that are at least one step apart.

    It begins at the first row if all rows are whole steps apart, else at a multiple of the step.
    """
    origin, last = int(times[0]), int(times[-1])
    exact = bool(((times - origin) % step == 0).all())
    if not exact:
        origin, last = origin // step * step, -(-last // step) * step
    places = (2 * (times - origin) + step) // (2 * step)
    return Grid(origin + step * np.arange((last - origin) // step + 1), places, exact)


def filled(task: Task, fill: Fill) -> Filling:
    """Fill the gaps of a task.

    Parameters
    ----------
    fill : (values, observed), float64 and bool (m,) on a regular grid -> value and standard error, float64 (m,).

    Raises
    ------
    TooShort : no row at all. BadSeries : a value that is not finite.
    """
    given = as_series(task.series)
    under = grid(task.times, task.step)
    values, observed = np.zeros(len(under.times)), np.zeros(len(under.times), np.bool_)
    values[under.places], observed[under.places] = given, True
    value, error = fill(values, observed)
    if under.exact:
        return Filling(under.times, value, ~observed, error)
    return _with_rows_between(task, under, value, error, observed)


def _with_rows_between(task: Task, under: Grid, value: Series, error: Series, observed: NDArray[np.bool_]) -> Filling:
    """Return the answer for rows off the grid: a place of the grid that a row was put into lies between neighbours."""
    times = np.union1d(task.times, under.times)
    since = (times - times[0]).astype(np.float64)  # as float64 only from here: nanoseconds would not fit
    known = np.union1d(task.times, under.times[~observed])
    at, given = np.searchsorted(known, task.times), np.searchsorted(times, task.times)
    known_value, known_error = np.empty(len(known)), np.zeros(len(known))
    rest = np.setdiff1d(np.arange(len(known)), at, assume_unique=True)
    known_value[at], known_value[rest], known_error[rest] = task.series, value[~observed], error[~observed]
    where = (known - times[0]).astype(np.float64)
    missing = np.ones(len(times), np.bool_)
    missing[given] = False
    answer, spread = np.interp(since, where, known_value), np.interp(since, where, known_error)
    # right beside a row that was given the error grows with the distance, as that of a random walk does
    nearest = np.abs(task.times[_nearest(task.times, times)] - times) / task.step
    usual = float(np.sqrt(np.mean(np.square(np.diff(task.series))))) if len(task.series) > 1 else 0.0
    spread = np.where(missing, np.maximum(spread, usual * np.sqrt(np.minimum(nearest, 1.0))), 0.0)
    answer[given] = task.series
    return Filling(times, answer, missing, spread)


def _nearest(times: Times, wanted: Times) -> NDArray[np.intp]:
    """Return for each wanted time the row that is nearest."""
    right = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1) if len(times) > 1 else np.zeros(len(wanted), int)
    left = np.maximum(right - 1, 0)
    return np.where(wanted - times[left] <= times[right] - wanted, left, right)

"""The rows of a file, taken apart by series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.files.read.moments import NO_TIME
from kernels.contract import Series, Times


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one series as they are in the file.

    number : its place among the series of the file.
    count : how many rows there are; times and columns are empty where that is too many.
    times : int64 (n,), NO_TIME where there is none. columns : float64 (n,), nan where there is no value.
    ahead : bool (n,), which are from the file of rows to forecast; None without such a file.
    sound : whether nothing is missing and the times increase.
    """

    number: int
    name: str
    count: int
    times: Times
    columns: Mapping[str, Series]
    ahead: NDArray[np.bool_] | None = None
    sound: bool = False


def apart(
    numbers: NDArray[np.int32] | None,
    first: int,
    names: Sequence[str],
    times: Times,
    columns: Mapping[str, Series],
    ahead: NDArray[np.bool_] | None,
) -> list[Rows]:
    """Return the rows of each series, in the order of the file; views of these arrays where they are in order.

    numbers : int32 (n,), that of the series of each row, None if there is one series. first : number of the first one.
    names : of the series. times, columns, ahead : as in `Rows`, of all of them.
    """
    if numbers is None:
        numbers = np.full(len(times), first, np.int32)
    if (numbers[1:] < numbers[:-1]).any():
        order = np.argsort(numbers, kind="stable")
        numbers, times, ahead = numbers[order], times[order], None if ahead is None else ahead[order]
        columns = {name: column[order] for name, column in columns.items()}
    bounds = np.searchsorted(numbers, np.arange(first, first + len(names) + 1)).tolist()
    found = []
    for at, (name, sound) in enumerate(zip(names, _sound(times, columns, bounds), strict=True)):
        own = slice(bounds[at], bounds[at + 1])
        parts = {called: column[own] for called, column in columns.items()}
        later = None if ahead is None else ahead[own]
        found.append(Rows(first + at, name, own.stop - own.start, times[own], parts, later, sound))
    return found


def _sound(times: Times, columns: Mapping[str, Series], bounds: Sequence[int]) -> list[bool]:
    """Return of each series whether nothing is missing and its times increase; all of them are looked at at once.

    bounds : the first row of each series, and the one after the last.
    """
    good = np.ones(len(times), np.bool_)
    good[1:] = times[1:] > times[:-1]
    good[[first for first in bounds if first < len(times)]] = True
    good &= times != NO_TIME
    for column in columns.values():
        good &= np.isfinite(column)
    bad = np.searchsorted(np.flatnonzero(~good), bounds)
    clean: list[bool] = (bad[1:] == bad[:-1]).tolist()
    return clean

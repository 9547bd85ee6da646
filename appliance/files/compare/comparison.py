"""What a comparison of algorithms says, and what comparisons of both kinds need."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.files.series import FileError, FileResult, FileSeries
from kernels.contract import AlgorithmError, Series, Times

Run = Callable[[str, FileSeries], FileResult]
Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]  # `map`, or that of a pool
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """A forecast of the past beside what came: place of the series, algorithm, last time that was known.

    times : int64 (rows,). truth, value, low, high : float64 (rows,).
    """

    number: int
    algorithm: str
    origin: int
    times: Times
    truth: Series
    value: Series
    low: Series
    high: Series


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be compared.

    run : raises AlgorithmError or FileError.
    options : of the algorithms, as in SQL.
    labels : by name of the series int8 (n,), anything but 0 is an anomaly; None where nobody knows.
    folds, season : of a rolling origin, None where the user says nothing.
    each : as `map`, in order; that of a pool runs several at once.
    tell : hears of every forecast of the past, None if nobody wants to know.
    """

    series: Sequence[FileSeries]
    names: Sequence[str]
    run: Run
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, NDArray[np.int8]] | None = None
    folds: int | None = None
    season: int | None = None
    each: Each = map
    tell: Callable[[Backtest], object] | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How algorithms compare.

    columns : name -> type, VARCHAR, BIGINT or DOUBLE. rows : best first, a cell for each column, None for unknown.
    sentence : which did best, and by how much. notes : what limits the comparison.
    brief : the columns that a table for people has, which fits 80 characters; the others are in files.
    winners : place of a series -> the algorithm that did best there; those that could not be compared on have none.
    """

    columns: Mapping[str, str]
    rows: Sequence[tuple[Cell, ...]]
    sentence: str
    notes: Sequence[str] = ()
    brief: Sequence[str] = ()
    winners: Mapping[int, str] = field(default_factory=dict)

    @property
    def table(self) -> tuple[dict[str, str], list[tuple[Cell, ...]]]:
        """The columns and rows for people, numbers of three digits."""
        kept = [at for at, name in enumerate(self.columns) if name in self.brief]
        columns = {name: type_ for name, type_ in self.columns.items() if name in self.brief}
        return columns, [tuple(_short(row[at]) for at in kept) for row in self.rows]

    @property
    def failures(self) -> list[str]:
        """Why each algorithm failed that did."""
        if "reason" not in self.columns:
            return []
        name, why = (list(self.columns).index(column) for column in ("algorithm", "reason"))
        return [f"{row[name]}: {row[why]}" for row in self.rows if row[why]]


def _short(cell: Cell) -> Cell:
    return float(f"{cell:.3g}") if isinstance(cell, float) else cell


def outcomes(
    run: Run, jobs: Iterable[tuple[str, FileSeries]], each: Each = map
) -> Iterator[tuple[FileResult | str, float]]:
    """Yield, for each algorithm and series, its result or why there is none, and the seconds that it took."""

    def timed(job: tuple[str, FileSeries]) -> tuple[FileResult | str, float]:
        begin = time.perf_counter()
        try:
            found: FileResult | str = run(*job)
        except (AlgorithmError, FileError) as error:
            found = str(error)
        return found, time.perf_counter() - begin

    return iter(each(timed, jobs))


def mean(values: Sequence[float]) -> float:
    """Return the mean of what has a value, nan if nothing has."""
    some = [value for value in values if not np.isnan(value)]
    return float(np.mean(some)) if some else np.nan


def known(value: float) -> float | None:
    """Return a value for a cell, None if there is none."""
    return float(value) if np.isfinite(value) else None


def last(value: float) -> float:
    """Return a value to sort by: what has none comes last."""
    return float(value) if np.isfinite(value) else np.inf


def reason(reasons: Counter[str]) -> str | None:
    """Return the most frequent reason, and how many others there are."""
    if not reasons:
        return None
    ((text, _),) = reasons.most_common(1)
    more = len(reasons) - 1
    return text + (f" (and {more} more reason{'s' * (more != 1)})" if more else "")

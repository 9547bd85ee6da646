"""What a comparison of algorithms says, and what comparisons of both kinds need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.files.series import FileResult, FileSeries

Run = Callable[[str, FileSeries], FileResult]
Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]  # `map`, or that of a pool
Cell = str | int | float | None

TEXT, WHOLE, REAL = "VARCHAR", "BIGINT", "DOUBLE"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is to be compared.

    run : raises AlgorithmError or FileError.
    options : of the algorithms, as in SQL.
    labels : by name of the series int8 (n,), anything but 0 is an anomaly; None where nobody knows.
    folds, season : of a rolling origin, None where the user says nothing.
    each : as `map`, in order; that of a pool runs several at once.
    """

    series: Sequence[FileSeries]
    names: Sequence[str]
    run: Run
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, NDArray[np.int8]] | None = None
    folds: int | None = None
    season: int | None = None
    each: Each = map


@dataclass(frozen=True, slots=True)
class Comparison:
    """How algorithms compare.

    columns : name -> type, VARCHAR, BIGINT or DOUBLE. rows : best first, a cell for each column, None for unknown.
    sentence : which did best, and by how much. notes : what limits the comparison.
    """

    columns: Mapping[str, str]
    rows: Sequence[tuple[Cell, ...]]
    sentence: str
    notes: Sequence[str] = ()


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

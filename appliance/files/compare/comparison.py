"""What a comparison of algorithms says, and what comparisons of both kinds need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from appliance.files.series import FileDetection, FileForecast, FileSeries

Run = Callable[[str, FileSeries], FileDetection | FileForecast]
Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]  # `map`, or that of a pool
Cell = str | int | float | None

TEXT, WHOLE, REAL = "VARCHAR", "BIGINT", "DOUBLE"


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

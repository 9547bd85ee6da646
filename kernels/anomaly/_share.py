"""What detectors have in common that flag a share of the rows: the option, and the threshold among their scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kernels.contract import BadParameter, BadSeries, Detection, Series, Task, as_series
from kernels.numerics.quantiles import quantile
from kernels.options import option

TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def contamination() -> Any:
    """Declare the option of that name."""
    return option(
        0.1,
        "share of the rows that is flagged, at most",
        gt=0,
        le=0.5,
        parse=_number,
        refusal="contamination value out of range, valid range (0, 0.5]",
    )


def whole(name: str) -> Callable[[str], int]:
    """Return a reader of an option that is an integer, which refuses in the contracted words."""

    def read(text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise BadParameter(f"{name} must be an integer, got: {text!r}") from None

    return read


def truth(name: str) -> Callable[[str], bool]:
    """Return a reader of a switch, which refuses in the contracted words."""

    def read(text: str) -> bool:
        if text.lower() not in TRUTH:
            raise BadParameter(f"{name} must be 0/1 or true/false, got: {text!r}")
        return TRUTH[text.lower()]

    return read


def columns(task: Task) -> Series:
    """Return own copies of all columns of a task as rows of a table, float64 (columns, n), n >= 2.

    Raises
    ------
    TooShort : n < 2. BadSeries : columns of unequal length, or a value that is not finite.
    """
    given = list(task.columns.values())
    if len({len(column) for column in given}) > 1:
        raise BadSeries("columns of one length are needed")
    table = np.empty((len(given), len(given[0])))
    for row, column in zip(table, given, strict=True):
        row[:] = column
    if table.shape[1] < 2 or not np.isfinite(table).all():
        for column in given:
            as_series(column, at_least=2)  # says what is wrong
    return table


def flagged(score: Series, share: float) -> Detection:
    """Return the rows whose score, float64 (n,), is above its quantile at 1 - `share`."""
    threshold = quantile(score, 100.0 * (1.0 - share) / 100.0)
    return Detection(np.where(score > threshold, -1, 1).astype(np.int8), score)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise BadParameter(f"contamination must be a number, got: {text!r}")
    return number

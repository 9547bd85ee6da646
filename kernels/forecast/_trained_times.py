"""Where the rows of a request stand on the regular axis of times that a forecaster was trained on.

Rows a month or a quarter apart have steps of unequal length: what counts is the mean one, which puts every row nearest
to its own number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kernels.contract import BadSeries, Task, Times
from kernels.trained import within

UNIT_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
ALIKE = 0.05  # share by which steps may differ
MAX_STEP_NS = 1e20


class Rhythm(NamedTuple):
    """Time of the first row, and mean distance of rows, in nanoseconds since 1970."""

    origin: int
    step: float


def rhythm(times: Times, unit: str) -> Rhythm:
    """Return the rhythm of rows that are evenly spaced; raises BadSeries."""
    if len(times) < 2:
        raise BadSeries(f"at least 2 rows with times are needed, got {len(times)}")
    step = (int(times[-1]) - int(times[0])) / (len(times) - 1)
    number = np.rint((times - times[0]) / step) if step > 0 else np.zeros(len(times))
    odd = np.flatnonzero(number != np.arange(len(times)))
    if len(odd):
        raise BadSeries(
            f"rows must be evenly spaced to be learned from; row {odd[0] + 1} is out of step: fill gaps first"
        )
    return Rhythm(int(times[0]) * UNIT_NS[unit], step * UNIT_NS[unit])


def checked(origin: int, step: float) -> None:
    """Hold a rhythm to its bounds; raises BadParameter."""
    within("origin", origin, -(2.0**100), 2.0**100)
    within("step", step, 1.0, MAX_STEP_NS)


def last_row(task: Task, origin: int, step: float) -> int:
    """Return the number of the task's last row, counted from the first of the training.

    Raises
    ------
    BadSeries : no times, or rows at another distance.
    """
    if len(task.times) < 2:
        raise BadSeries("a trained model needs the times of the rows")
    unit = UNIT_NS[task.unit]
    usual = float(np.median(np.diff(task.times))) * unit
    if not abs(usual - step) <= ALIKE * step:
        raise BadSeries(f"the model was trained on rows {_lasting(step)} apart, these are {_lasting(usual)} apart")
    return round((int(task.times[-1]) * unit - origin) / step)


def _lasting(ns: float) -> str:
    return f"{ns / 1e9:.6g} s"

"""A detection that tells besides what every row was expected to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Detection, Series
from kernels.numerics.events import Events


@dataclass(frozen=True, slots=True)
class Expected:
    """What the rows of a column should have been: float64 (n,) each, finite, in the unit of the column.

    low, high : the band of what is usual.
    """

    value: Series
    low: Series
    high: Series


@dataclass(frozen=True, slots=True)
class Explained(Detection):
    """The answer of a detector that knows what is usual.

    expected : of each column of the task, in their order.
    by : name of a detector -> bool (n,), the rows of the windows in which it finds something unusual.
    """

    expected: tuple[Expected, ...] = ()
    by: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


def finders(events: Events, names: Sequence[Sequence[str]], rows: int) -> dict[str, NDArray[np.bool_]]:
    """Return `Explained.by` of so many rows, from the detectors that find something unusual in each of their events."""
    found: dict[str, NDArray[np.bool_]] = {}
    for (begin, end), by in zip(events.tolist(), names, strict=True):
        for name in by:
            found.setdefault(name, np.zeros(rows, np.bool_))[begin:end] = True
    return found

"""A detection that tells besides what every row was expected to be."""

from __future__ import annotations

from dataclasses import dataclass

from kernels.contract import Detection, Series


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
    """

    expected: tuple[Expected, ...] = ()

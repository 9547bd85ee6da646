"""What algorithms learn beforehand and keep: numbers and arrays of a dataclass, held to their bounds when it is made.

Such a class is read from files of anybody, so that its `__post_init__` must leave nothing over that could crash, hang
or answer with what is not finite. Its fields are integers, numbers, truths, short text, tuples of short text, and
arrays of float64 or uint32; one with a default may be missing in a file.

A module ``_NAME_trained`` beside the algorithm NAME ends in ``LEARNER = Learner(...)``; `kernels.registry` finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Answer, BadParameter, BadSeries, Needs, Series, Task

SMALLEST = 5e-324  # above 0: the bound of what is divided by


class Trained(Protocol):
    """A dataclass of what was learned.

    KIND : of the analysis that it answers. NEEDS : what of a task it looks at.
    """

    KIND: ClassVar[str]
    NEEDS: ClassVar[Needs]

    @property
    def told(self) -> str:
        """What was learned, in a line for the user."""

    def run(self, task: Task) -> Answer:
        """Answer by what was learned; raises AlgorithmError."""


@dataclass(frozen=True, slots=True)
class Learner:
    """How an algorithm learns.

    made : the class of what is learned. params : the options of learning.
    train : (task, params) -> an object of that class; raises AlgorithmError.
    """

    made: type[Any]
    params: type[Any]
    train: Callable[[Task, Any], Trained]


def within(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside its bounds, and nan; raises BadParameter."""
    if not low <= value <= high:
        raise BadParameter(f"{name} must be {low:.15g} to {high:.15g}, got {value:.15g}")


def shaped(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Refuse an array of another shape; raises BadParameter."""
    if array.shape != shape:
        raise BadParameter(f"{name} must have the shape {list(shape)}, got {list(array.shape)}")


def refuse_infinite(*arrays: Series) -> None:
    """Refuse an answer with a number that is not finite; raises BadSeries."""
    if not all(np.isfinite(array).all() for array in arrays):
        raise BadSeries("the forecast leaves the range of floating-point numbers")


def bounded(name: str, array: NDArray[Any], low: float, high: float) -> None:
    """Refuse an array with a number outside its bounds, or nan; raises BadParameter."""
    fine = (array >= low) & (array <= high)
    if not fine.all():
        wrong = array.ravel()[int(np.argmin(fine))]
        raise BadParameter(f"{name} must hold numbers {low:.15g} to {high:.15g}, got {wrong:.15g}")

"""Linear interpolation: a gap is filled along the straight line between its neighbours.

The standard error is that of a random walk between two known points (a Brownian bridge), its step variance estimated
from the observed changes: E. Parzen, "Stochastic Processes" (1962), section 3.5.    Cost: O(n).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.contract import IMPUTATION, Algorithm, Filling, Needs, Series, Task
from kernels.imputation import _axis
from kernels.options import NoOptions


def impute(task: Task, params: NoOptions = NoOptions()) -> Filling:  # noqa: B008  (frozen, no state)
    """Fill the gaps of a task's first column, float64 (n,), n >= 1, finite, any unit. Not modified.

    Raises
    ------
    TooShort, BadSeries
    """
    return _axis.filled(task, fill)


def fill(values: Series, observed: NDArray[np.bool_]) -> tuple[Series, Series]:
    """Fill one series.

    Parameters
    ----------
    values : float64 (n,), evenly spaced, any unit; where not observed, any finite number. Not modified.
    observed : bool (n,), at least one true.

    Returns
    -------
    value : float64 (n,), `values` where observed; before the first and after the last observation those repeat.
    error : float64 (n,), standard error in the series' unit, 0 where observed.
    """
    row = np.arange(len(values))
    at = np.flatnonzero(observed)
    y = values[at] * 0.5  # halved, so that no difference overflows
    value = np.where(observed, values, 2.0 * np.interp(row, at, y))
    before = row - at[np.maximum(np.searchsorted(at, row, side="right") - 1, 0)]
    after = at[np.minimum(np.searchsorted(at, row), len(at) - 1)] - row
    # beyond an end, the distance is to that end; inside, the bridge's variance is that of both sides in parallel
    rows = np.where(np.minimum(before, after) < 0, np.abs(np.maximum(before, after)), 0.0)
    inside = (before > 0) & (after > 0)
    rows[inside] = before[inside] * (after[inside] / (before[inside] + after[inside]))
    with np.errstate(over="ignore"):  # at the end of the range
        return value, np.minimum(2.0 * _step(y, np.diff(at)) * np.sqrt(rows), np.finfo(np.float64).max)


def _step(y: Series, gap: NDArray[np.int64]) -> float:
    """Return the root mean square change per row of a random walk seen at `gap` rows apart."""
    change = np.abs(np.diff(y)) / np.sqrt(gap)
    largest = float(np.max(change, initial=0.0))
    return largest * float(np.sqrt(np.mean((change / largest) ** 2))) if largest > 0.0 else 0.0


ALGORITHM = Algorithm(
    "linear", "straight lines between the neighbours of a gap", IMPUTATION, NoOptions, impute, Needs(times=True)
)

"""COPOD: flag rows that are unlikely by the copula of the columns' empirical distributions.

Source: Z. Li et al., "COPOD: copula-based outlier detection", ICDM 2020, algorithm 1, as PyOD computes it.
Cost: O(n log n) for each column.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.anomaly import _share, _tails
from kernels.contract import ANOMALY, Algorithm, Detection, Needs, Task
from kernels.options import Options


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of copod."""

    contamination: float = _share.contamination()


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the share of the rows with the least likely values.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 2, finite, any units. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): -ln of the tail probabilities, summed over the columns.

    Raises
    ------
    TooShort : n < 2. BadSeries : columns of unequal length.
    """
    return _share.flagged(_tails.surprise(_share.columns(task), mean=True), params.contamination)


ALGORITHM = Algorithm(
    "copod", "COPOD: copula of the columns' distributions", ANOMALY, Params, detect, Needs("many", rows=2)
)

"""ECOD: flag rows that lie in the tails of their columns' distributions.

Source: Z. Li et al., "ECOD: unsupervised outlier detection using empirical cumulative distribution functions", IEEE
TKDE 35 (2023), algorithm 1, as PyOD computes it.    Cost: O(n log n) for each column.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernels.anomaly import _share, _tails
from kernels.contract import ANOMALY, Algorithm, Detection, Needs, Task
from kernels.options import Options


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of ecod."""

    contamination: float = _share.contamination()


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the share of the rows with the most surprising values.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 2, finite, any units. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): -ln of the shares of rows as extreme, summed over the columns.

    Raises
    ------
    TooShort : n < 2. BadSeries : columns of unequal length.
    """
    return _share.flagged(_tails.surprise(_share.columns(task), mean=False), params.contamination)


ALGORITHM = Algorithm(
    "ecod", "ECOD: tails of each column's distribution", ANOMALY, Params, detect, Needs("many", rows=2)
)

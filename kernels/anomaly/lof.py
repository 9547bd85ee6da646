"""Local outlier factor: flag rows that lie in much thinner surroundings than their neighbours do.

Source: M. M. Breunig, H.-P. Kriegel, R. T. Ng and J. Sander, "LOF: identifying density-based local outliers", SIGMOD
(2000); k neighbours, reachability and the threshold 1.5 as in scikit-learn's LocalOutlierFactor (contamination auto).
Cost: O(n log n + n k) for one column; for several see `kernels.numerics.lof_space`.

Equal distances: where more rows than needed are at exactly the k-distance, they share what is missing to k neighbours
(three rows for one place count a third each). scikit-learn takes whichever its search meets first. So here equal rows
have equal factors, and neither the order of the rows nor mirroring changes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kernels.contract import ANOMALY, Algorithm, Detection, Needs, Series, Task, as_columns
from kernels.numerics.lof_line import factors_on_line
from kernels.numerics.lof_space import factors_in_space
from kernels.numerics.scaling import scale_to_unit
from kernels.options import Options, option

THRESHOLD = 1.5
# Added to every mean reachability distance, so that equal rows have a finite density: scikit-learn's number, but in
# units of the median one, since nothing may depend on the unit of the data.
FLOOR = 1e-10


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of lof."""

    neighbors: int = option(
        10, "number of neighbours; rows - 1 where that is less", ge=1, aliases=("n_neighbors", "n_neighbor", "neighbor")
    )
    algorithm: Literal["auto", "brute", "kd_tree", "ball_tree"] = option("auto", "accepted; the answer is the same")


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the rows whose local outlier factor exceeds 1.5.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 2, finite; all columns in one unit. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): the local outlier factor, no unit; about 1 inside a cluster of any density.

    Raises
    ------
    TooShort : n < 2.
    """
    table = as_columns(task.table, at_least=2)
    scale_to_unit(table.reshape(-1))
    k = min(params.neighbors, len(table) - 1)
    score = _of_column(table[:, 0], k) if table.shape[1] == 1 else _of_rows(table, k)
    return Detection(np.where(score > THRESHOLD, -1, 1).astype(np.int8), score)


def _of_column(column: Series, k: int) -> Series:
    order = np.argsort(column)
    score = np.empty(len(column))
    score[order] = factors_on_line(column[order], k, FLOOR)
    return score


def _of_rows(table: Series, k: int) -> Series:
    order = np.lexsort(table.T)
    ordered = table[order]
    first = np.concatenate(([True], (ordered[1:] != ordered[:-1]).any(axis=1)))
    begin = np.flatnonzero(first)
    counts = np.diff(np.append(begin, len(table))).astype(np.float64)
    score = np.empty(len(table))
    score[order] = factors_in_space(ordered[begin], counts, k, FLOOR)[np.cumsum(first) - 1]
    return score


ALGORITHM = Algorithm(
    "lof", "local outlier factor, one or several columns", ANOMALY, Params, detect, Needs(columns="many", rows=2)
)

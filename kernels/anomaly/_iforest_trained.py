"""A forest that was grown beforehand: it judges every row alone, by what was usual where it was grown.

Trees are the complete ones of `iforest`: as many steps as there are levels lead to a leaf, whatever is in them.
Cost: O(trees levels n).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from kernels.anomaly import iforest
from kernels.contract import ANOMALY, BadParameter, BadSeries, Detection, Needs, Series, Task, as_columns
from kernels.numerics.quantiles import quantile
from kernels.trained import Learner, bounded, shaped, within

MAX_WIDTH, MAX_SAMPLE, MAX_LEVELS, MAX_DEPTH = 4096, 1 << 31, 12, 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """Trees and the score from which on a row is an anomaly.

    width : columns. sample : rows that a tree was grown from. threshold : a normal row's largest score.
    rounded : values are rounded to single precision before they are compared, as scikit-learn does.
    feature : uint32 (trees, 2**levels - 1), column that a node looks at; children of node k are 2 k + 1 and 2 k + 2.
    cut : float64, as `feature`: a row with a larger value goes to the right; infinite where there is nothing.
    depth : float64 (trees, 2**levels), what the leaves mean.
    """

    KIND: ClassVar[str] = ANOMALY
    NEEDS: ClassVar[Needs] = Needs("many", noise_check=False)

    width: int
    sample: int
    threshold: float
    rounded: bool
    feature: NDArray[np.uint32]
    cut: Series
    depth: Series

    def __post_init__(self) -> None:
        """Hold all of it to its bounds; raises BadParameter."""
        within("width", self.width, 1, MAX_WIDTH)
        within("sample", self.sample, 2, MAX_SAMPLE)
        within("threshold", self.threshold, 0.0, 1.0)
        trees, leaves = self.depth.shape if self.depth.ndim == 2 else (0, 0)
        if not 1 <= trees <= iforest.MAX_TREES or leaves not in [1 << level for level in range(1, MAX_LEVELS + 1)]:
            raise BadParameter(
                f"depth must have 1 to {iforest.MAX_TREES} trees of 2 to {1 << MAX_LEVELS} leaves, a power of two, got "
                f"the shape {list(self.depth.shape)}"
            )
        shaped("feature", self.feature, (trees, leaves - 1))
        shaped("cut", self.cut, (trees, leaves - 1))
        bounded("feature", self.feature, 0, self.width - 1)
        bounded("cut", self.cut, -np.inf, np.inf)
        bounded("depth", self.depth, 0.0, MAX_DEPTH)

    @property
    def told(self) -> str:
        """What was learned."""
        return f"{len(self.depth)} trees; a row is flagged above the score {self.threshold:.4f}"

    def scores(self, table: Series) -> Series:
        """Return the score of each row of float64 (n, width), finite."""
        if self.rounded:
            with np.errstate(over="ignore"):
                table = table.astype(np.float32).astype(np.float64)
        depth = np.zeros(len(table))
        trees, leaves = self.depth.shape
        iforest.descend(np.ascontiguousarray(table), self.feature, self.cut, self.depth, leaves.bit_length() - 1, depth)
        return iforest.scores(depth, trees, self.sample)

    def run(self, task: Task) -> Detection:
        """Flag the rows whose score is above the threshold; raises BadSeries."""
        given = list(task.columns.values())
        if len(given) != self.width:
            raise BadSeries(f"the model was trained on {self.width} columns, got {len(given)}")
        score = self.scores(as_columns(np.column_stack(given)))
        return Detection(np.where(score > self.threshold, -1, 1).astype(np.int8), score)


def train(task: Task, params: iforest.Params) -> Forest:
    """Grow a forest from the columns of a task, of at least 2 rows; raises BadSeries or TooShort.

    The threshold leaves the share `contamination` of the rows above it.
    """
    table = as_columns(task.table, at_least=2)
    parts: list[Any] = [np.concatenate(part) for part in zip(*iforest.groves(table, params), strict=True)]
    forest = Forest(table.shape[1], iforest.sample_of(table), 1.0, False, *parts)
    threshold = quantile(forest.scores(table), 1.0 - params.contamination)
    return Forest(forest.width, forest.sample, float(threshold), False, *parts)


LEARNER = Learner(Forest, iforest.Params, train)

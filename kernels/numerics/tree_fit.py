"""Binary decision trees grown from rows: each cut is the one that leaves least impurity.

With targets as rows of numbers (one for regression, one for each class otherwise, 1 in that of the row), the squared
distance from the mean of a node is its impurity: the variance, or Gini's. The best cut has the largest sum over both
sides of squared sums over rows.

Source: L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and Regression Trees" (1984), sections 2.4, 4.2
and 8.3.    Cost: O(w n log n) for each level, w columns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

PURE = 1e-12  # of the squares of a node's targets: what is less is rounding
LEAF = -1

Indices = NDArray[np.int64]


class Tree(NamedTuple):
    """Nodes in the form of `kernels.numerics.tree`, each after its parent; mean (nodes, k) of the targets in each."""

    feature: Indices
    threshold: Series
    left: Indices
    right: Indices
    mean: Series


def grow(table: Series, target: Series, max_depth: int, least: int, most: int) -> Tree:
    """Grow a tree.

    table : float64 (n, w). target : float64 (n, k), see above. max_depth : levels below the root.
    least : rows in a leaf. most : nodes; no further cuts are made beyond.
    """
    feature, threshold, left, right, mean = [LEAF], [0.0], [LEAF], [LEAF], [target.mean(axis=0)]
    waiting: list[tuple[int, int, Indices]] = [(0, 0, np.arange(len(table)))]
    for node, depth, rows in waiting:  # which grows
        if depth == max_depth or len(rows) < 2 * least or len(feature) + 2 > most:
            continue
        column, cut = _cut(table, target, rows, least)
        if column < 0:
            continue
        goes = table[rows, column] <= cut
        feature[node], threshold[node] = int(column), float(cut)
        left[node], right[node] = len(feature), len(feature) + 1
        for part in (rows[goes], rows[~goes]):
            waiting.append((len(feature), depth + 1, part))
            feature.append(LEAF)
            threshold.append(0.0)
            left.append(LEAF)
            right.append(LEAF)
            mean.append(target[part].mean(axis=0))
    whole: Any = [np.array(each, dtype=np.int64) for each in (feature, left, right)]
    return Tree(whole[0], np.array(threshold), whole[1], whole[2], np.array(mean))


@kernel()
def _cut_of_column(
    values: Series, target: Series, rows: Indices, total: Series, least: int, best: float
) -> tuple[float, float]:
    """Return what a column's best cut reaches and its threshold; `best` and 0 where none reaches more than that."""
    n, k = rows.shape[0], target.shape[1]
    order, below, cut = np.argsort(values), np.zeros(k), 0.0
    for i in range(n - least):
        for c in range(k):
            below[c] += target[rows[order[i]], c]
        low, high = values[order[i]], values[order[i + 1]]
        if i + 1 < least or not low < high:
            continue
        found = 0.0
        for c in range(k):
            above = total[c] - below[c]
            found += below[c] * below[c] / (i + 1) + above * above / (n - i - 1)
        if found > best:
            middle = low + 0.5 * (high - low)
            cut, best = (middle if middle < high else low), found
    return best, cut


@kernel("Tuple((i8, f8))(f8[:, ::1], f8[:, ::1], i8[::1], i8)")
def _cut(table: Series, target: Series, rows: Indices, least: int) -> tuple[int, float]:
    """Return column and threshold of the best cut of some rows, column -1 where they are pure or cannot be cut."""
    n, k = rows.shape[0], target.shape[1]
    total, squares = np.zeros(k), 0.0
    for i in range(n):
        for c in range(k):
            total[c] += target[rows[i], c]
            squares += target[rows[i], c] ** 2
    impurity = squares
    for c in range(k):
        impurity -= total[c] * total[c] / n
    column, cut, best = -1, 0.0, -1.0
    if impurity <= PURE * squares:
        return column, cut
    values = np.empty(n)
    for feature in range(table.shape[1]):
        for i in range(n):
            values[i] = table[rows[i], feature]
        found, at = _cut_of_column(values, target, rows, total, least, best)
        if found > best:
            column, cut, best = feature, at, found
    return column, cut

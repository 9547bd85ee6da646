"""Binary decision trees as arrays: whether they are trees at all, and to which leaf each row goes.

Source: L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and Regression Trees" (1984), section 2.4.
Node 0 is the root. A node without children has -1 for both; any other sends a row to `left` where the value of its
`feature` is at most `threshold`, else to `right`.    Cost: O(nodes) to check, O(rows depth) to descend.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

Indices = NDArray[Any]
TOO_DEEP, NO_TREE = -1, -2


@kernel("i8(i8[::1], i8[::1], i8)")
def depth(left: Indices, right: Indices, most: int) -> int:
    """Return the levels below the root, NO_TREE where nodes are shared, unreached or before their parent, or TOO_DEEP.

    A child comes after its parent, so one pass sees every parent first and no cycle can be.
    """
    n = left.shape[0]
    level = np.full(n, -1, np.int64)
    level[0] = 0
    deepest = 0
    for node in range(n):
        if level[node] < 0:
            return NO_TREE
        deepest = max(deepest, level[node])
        if deepest > most:
            return TOO_DEEP
        if left[node] < 0 and right[node] < 0:
            continue
        for child in (left[node], right[node]):
            if child <= node or child >= n or level[child] >= 0:
                return NO_TREE
            level[child] = level[node] + 1
    return deepest


@kernel("i8[::1](f8[:, ::1], i8[::1], f8[::1], i8[::1], i8[::1])")
def leaves(table: Series, feature: Indices, threshold: Series, left: Indices, right: Indices) -> Indices:
    """Return the leaf of each row of a table, int64 (rows,)."""
    rows = table.shape[0]
    found = np.empty(rows, np.int64)
    for row in range(rows):
        node = 0
        while left[node] >= 0:
            node = left[node] if table[row, feature[node]] <= threshold[node] else right[node]
        found[row] = node
    return found

from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics import tree
from kernels.numerics.tree import NO_TREE, TOO_DEEP


def naive(row, feature, threshold, left, right):
    """Go down from the root, one question at a time."""
    node = 0
    while left[node] != -1:
        node = left[node] if row[feature[node]] <= threshold[node] else right[node]
    return node


def grown(random, nodes):
    """A random tree whose children come after their parents."""
    left, right, open_leaves = [-1], [-1], [0]
    while len(left) + 2 <= nodes:
        node = open_leaves.pop(random.integers(len(open_leaves)))
        left[node], right[node] = len(left), len(left) + 1
        open_leaves += [len(left), len(left) + 1]
        left += [-1, -1]
        right += [-1, -1]
    return np.array(left), np.array(right)


@pytest.mark.parametrize("nodes", [1, 3, 51])
def test_each_row_ends_where_the_naive_descent_does(nodes):
    random = np.random.default_rng(nodes)
    left, right = grown(random, nodes)
    feature, threshold = random.integers(0, 3, len(left)), random.normal(size=len(left)).round(1)
    table = random.normal(size=(40, 3)).round(1)  # some values are equal to a threshold
    found = tree.leaves(table, feature, threshold, left, right)
    assert found.tolist() == [naive(row, feature, threshold, left, right) for row in table]
    assert tree.depth(left, right, 100) >= (nodes > 1)


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        ([-1], [-1], 0),
        ([1, -1, -1], [2, -1, -1], 1),
        ([1, 3, -1, -1, -1], [2, 4, -1, -1, -1], 2),
        ([0], [0], NO_TREE),  # its own child
        ([1, 0, -1], [2, -1, -1], NO_TREE),  # a cycle
        ([1, -1, -1], [1, -1, -1], NO_TREE),  # shared
        ([1, -1], [2, -1], NO_TREE),  # no such node
        ([1, -1, -1], [-1, -1, -1], NO_TREE),  # half a node
        ([-1, -1], [-1, -1], NO_TREE),  # not reached
    ],
)
def test_only_trees_have_a_depth(left, right, answer):
    assert tree.depth(np.array(left), np.array(right), 10) == answer


def test_a_chain_is_too_deep():
    left = np.array([1, -1, 3, -1, 5, -1, -1])
    right = np.array([2, -1, 4, -1, 6, -1, -1])
    assert tree.depth(left, right, 3) == 3
    assert tree.depth(left, right, 2) == TOO_DEEP

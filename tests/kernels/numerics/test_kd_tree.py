from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.kd_tree import LEAF, build


@pytest.mark.parametrize("n", [1, 2, LEAF, LEAF + 1, 500])
@pytest.mark.parametrize("columns", [1, 3])
def test_the_tree_holds_every_point_once_and_its_boxes_fit_tightly(n: int, columns: int) -> None:
    points = np.random.default_rng(n).normal(size=(n, columns))
    order, edges, boxes = build(points)
    assert sorted(order.tolist()) == list(range(n))
    nodes = len(edges) // 2
    leaves = (nodes + 1) // 2
    for node in range(nodes):
        inside = points[order[edges[2 * node] : edges[2 * node + 1]]]
        assert (boxes[node, 0] == inside.min(axis=0)).all()
        assert (boxes[node, 1] == inside.max(axis=0)).all()
        if node >= leaves - 1:
            assert 1 <= len(inside) <= LEAF
        else:
            left, right = 2 * node + 1, 2 * node + 2
            assert edges[2 * left] == edges[2 * node]
            assert edges[2 * left + 1] == edges[2 * right]
            assert edges[2 * right + 1] == edges[2 * node + 1]


def test_equal_points_are_no_obstacle() -> None:
    order, _, _ = build(np.ones((4 * LEAF, 2)))
    assert sorted(order.tolist()) == list(range(4 * LEAF))

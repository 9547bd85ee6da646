"""A k-d tree over points: the distance of the k-th nearest, and all points within a distance.

Source: J. H. Friedman, J. L. Bentley and R. A. Finkel, "An algorithm for finding best matches in logarithmic expected
time", ACM TOMS 3 (1977), with the bounding box of every node instead of its splitting plane alone.
Cost: O(n log^2 n) to build; a query is O(log n) in few columns and falls back to O(n) in many.

The tree is complete and implicit: the children of node i are 2 i + 1 and 2 i + 2, its last `leaves` nodes are leaves.
Points are stored in leaf order and column by column, so that one leaf's distances are computed side by side.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

Places = NDArray[np.int64]
LEAF = 48  # points in a leaf, at most
ROUNDING = 4.0 * float(np.finfo(np.float64).eps)  # of the difference of two distances, in units of the coordinates
DEPTH = 64  # of the stack; a tree of 2 ** 63 points


@kernel("Tuple((i8[::1], i8[::1], f8[:, :, ::1]))(f8[:, ::1])")
def build(points: Series) -> tuple[Places, Places, Series]:
    """Return the order of the points, where every node's points begin and end in it, and every node's box.

    Parameters
    ----------
    points : float64 (n, columns), n >= 1.

    Returns
    -------
    order : (n,) rows of `points` in leaf order.
    edges : (2 * nodes,) node i holds ``order[edges[2 i]:edges[2 i + 1]]``.
    boxes : (nodes, 2, columns) smallest and largest coordinates.
    """
    n, columns = points.shape
    leaves = 1
    while leaves * LEAF < n:
        leaves *= 2
    nodes = 2 * leaves - 1
    order = np.arange(n)
    edges = np.empty(2 * nodes, np.int64)
    boxes = np.empty((nodes, 2, columns))
    edges[0], edges[1] = 0, n
    for node in range(nodes):
        begin, end = edges[2 * node], edges[2 * node + 1]
        widest, width = 0, -1.0
        for c in range(columns):
            low = high = points[order[begin], c]
            for i in range(begin + 1, end):
                low, high = min(low, points[order[i], c]), max(high, points[order[i], c])
            boxes[node, 0, c], boxes[node, 1, c] = low, high
            if high - low > width:
                widest, width = c, high - low
        if node < leaves - 1:
            rows = order[begin:end].copy()
            along = np.empty(end - begin)
            for i in range(end - begin):
                along[i] = points[rows[i], widest]
            order[begin:end] = rows[np.argsort(along)]
            middle = (begin + end) // 2
            edges[4 * node + 2], edges[4 * node + 3] = begin, middle
            edges[4 * node + 4], edges[4 * node + 5] = middle, end
    return order, edges, boxes


@kernel()
def _gap(boxes: Series, node: int, point: Series) -> float:
    """Return the squared distance of a point to a node's box."""
    total = 0.0
    for c in range(point.shape[0]):
        outside = max(boxes[node, 0, c] - point[c], point[c] - boxes[node, 1, c], 0.0)
        total += outside * outside
    return total


@kernel()
def _leaf_distances(columns: Series, begin: int, end: int, point: Series, squared: Series) -> None:
    """Write the squared distances of the points [begin, end) to the front of `squared`."""
    size = end - begin
    for i in range(size):
        squared[i] = 0.0
    for c in range(columns.shape[0]):
        row, centre = columns[c], point[c]
        for i in range(size):
            apart = row[begin + i] - centre
            squared[i] += apart * apart


@kernel()
def _replace_largest(heap: Series, places: Places, value: float, place: int) -> None:
    """Put a value and its place for the root of a heap whose parents are >= their children."""
    size = heap.shape[0]
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= value:
            break
        heap[hole], places[hole] = heap[child], places[child]
        hole = child
    heap[hole], places[hole] = value, place


@kernel()
def leeway(squared: float, size: float) -> float:
    """Return how far beside a squared distance another one lies that is equal but for rounding.

    size : the largest coordinate of the point from which both are taken.
    """
    distance = sqrt(squared)
    rounding = min(ROUNDING * (size + distance), 0.25 * distance)
    return 2.0 * distance * rounding


@kernel()
def nearest(
    columns: Series,
    count: Series,
    edges: Places,
    boxes: Series,
    point: Series,
    heap: Series,
    places: Places,
    squared: Series,
) -> bool:
    """Find the ``len(heap)`` nearest rows, each point being `count` rows, itself among them.

    heap, places : their squared distances, the largest first, and the points' places; a point of several rows repeats.
    squared : scratch, (n + LEAF,).

    Returns
    -------
    True if further rows are as far as the farthest found, but for rounding.
    """
    leaves = (edges.shape[0] // 2 + 1) // 2
    stack, gaps = np.empty(DEPTH, np.int64), np.empty(DEPTH)
    heap[:] = np.inf
    size = np.abs(point).max()
    tied = np.inf  # the smallest squared distance at which a row was left out
    stack[0], gaps[0], waiting = 0, 0.0, 1
    while waiting > 0:
        waiting -= 1
        node = stack[waiting]
        reach = heap[0] + leeway(heap[0], size)
        if gaps[waiting] > reach:
            continue
        while node < leaves - 1:  # down to the nearer child, the farther one waits
            left = _gap(boxes, 2 * node + 1, point)
            right = _gap(boxes, 2 * node + 2, point)
            near, far = (2 * node + 1, 2 * node + 2) if left <= right else (2 * node + 2, 2 * node + 1)
            if max(left, right) <= reach:
                stack[waiting], gaps[waiting] = far, max(left, right)
                waiting += 1
            node = near
        begin, end = edges[2 * node], edges[2 * node + 1]
        _leaf_distances(columns, begin, end, point, squared)
        for i in range(end - begin):
            distance = squared[i]
            if distance > heap[0]:
                tied = min(tied, distance)
                continue
            copies = count[begin + i]
            while copies > 0.0 and distance < heap[0]:
                tied = min(tied, heap[0])
                _replace_largest(heap, places, distance, begin + i)
                copies -= 1.0
            if copies > 0.0:
                tied = min(tied, distance)
    return bool(tied <= heap[0] + leeway(heap[0], size))


@kernel()
def within(
    columns: Series, edges: Places, boxes: Series, point: Series, radius: float, found: Places, squared: Series
) -> int:
    """Write the places of all points at a squared distance <= `radius`, and these, to the front; return their number.

    found, squared : (n + LEAF,) both.
    """
    leaves = (edges.shape[0] // 2 + 1) // 2
    stack = np.empty(DEPTH, np.int64)
    stack[0], waiting, count = 0, 1, 0
    while waiting > 0:
        waiting -= 1
        node = stack[waiting]
        if _gap(boxes, node, point) > radius:
            continue
        if node < leaves - 1:
            stack[waiting], stack[waiting + 1] = 2 * node + 1, 2 * node + 2
            waiting += 2
            continue
        begin, end = edges[2 * node], edges[2 * node + 1]
        base = count
        _leaf_distances(columns, begin, end, point, squared[base:])
        for i in range(end - begin):
            distance = squared[base + i]
            if distance <= radius:
                found[count], squared[count] = begin + i, distance
                count += 1
    return count

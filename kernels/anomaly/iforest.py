"""Isolation forest: flag rows that few random cuts set apart from all others.

Source: F. T. Liu, K. M. Ting and Z.-H. Zhou, "Isolation forest", ICDM 2008, algorithms 1 to 3 and eq. 1 and 2.
Cost: O(trees n), a tree has at most 256 rows and eight levels. The same seed gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.anomaly import _share
from kernels.contract import ANOMALY, Algorithm, BadParameter, BadSeries, Detection, Needs, Series, Task
from kernels.options import Options, check, option

SAMPLE = 256  # rows that a tree is grown from
MAX_TREES = 10_000
AT_ONCE = 50  # trees between two looks at the clock
BLOCK = 256  # rows that go through a tree together: both stay in the first cache
EULER = 0.5772156649015329

Indices = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of iforest."""

    contamination: float = _share.contamination()
    n_estimators: int = option(
        100,
        f"trees, at most {MAX_TREES}",
        gt=0,
        parse=_share.whole("n_estimators"),
        refusal="n_estimators should be greater than 0",
    )
    random_state: int = option(
        42, "seed of the random cuts", ge=0, parse=_share.whole("random_state"), refusal="random_state must be >= 0"
    )

    def __post_init__(self) -> None:
        """Hold the number of trees to its bounds; raises BadParameter."""
        check(self)
        if self.n_estimators > MAX_TREES:
            raise BadParameter(f"n_estimators should be at most {MAX_TREES}, got {self.n_estimators}")


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the share of the rows that are set apart soonest.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 2, finite, any units. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): 2 to the minus mean depth over the expected one, in (0, 1); about 0.5 where nothing stands
        out.

    Raises
    ------
    TooShort : n < 2. BadSeries : columns of unequal length, or the time was up.
    """
    table = np.ascontiguousarray(_share.columns(task).T)
    depth, done = np.zeros(len(table)), 0
    for features, cuts, depths in groves(table, params):
        descend(table, features, cuts, depths, levels_of(sample_of(table)), depth)
        done += len(features)
        if done < params.n_estimators and task.out_of_time():
            raise BadSeries(f"{params.n_estimators} trees were not done in time; n_estimators={done} would be")
    return _share.flagged(scores(depth, params.n_estimators, sample_of(table)), params.contamination)


def sample_of(table: Series) -> int:
    """Return how many rows a tree is grown from."""
    return min(SAMPLE, len(table))


def levels_of(sample: int) -> int:
    """Return the levels of a tree that is grown from so many rows."""
    return int(np.ceil(np.log2(sample)))


def groves(table: Series, params: Params) -> Iterator[tuple[Indices, Series, Series]]:
    """Yield features, cuts and depths of all trees, some at a time, as `grow` returns them."""
    size = sample_of(table)
    levels = levels_of(size)
    random = np.random.default_rng(params.random_state)
    for begin in range(0, params.n_estimators, AT_ONCE):
        trees = min(AT_ONCE, params.n_estimators - begin)
        sample = np.array([random.choice(len(table), size, replace=False, shuffle=False) for _ in range(trees)])
        yield grow(table, sample, random.random((trees, (1 << levels) - 1, 3)), levels)


def scores(depth: Series, trees: int, sample: int) -> Series:
    """Return the scores, (n,), of rows by the sum of their depths in so many trees: eq. 2."""
    return np.asarray(np.exp2(-depth / trees / expected(sample)))


@kernel("f8(i8)")
def expected(size: int) -> float:
    """Return the mean depth at which a search in a random tree of so many rows ends: eq. 1."""
    if size <= 1:
        return 0.0
    if size == 2:
        return 1.0
    return 2.0 * (log(size - 1.0) + EULER) - 2.0 * (size - 1.0) / size


@kernel()
def _bounds(table: Series, rows: Indices, feature: int) -> tuple[float, float]:
    low = high = table[rows[0], feature]
    for i in range(1, rows.shape[0]):
        value = table[rows[i], feature]
        low, high = min(low, value), max(high, value)
    return low, high


@kernel()
def _choose(table: Series, rows: Indices, first: float, again: float) -> int:
    """Return a column that varies among some rows, each as likely; -1 if none does."""
    count = table.shape[1]
    feature = int(first * count)
    low, high = _bounds(table, rows, feature)
    if low < high:
        return feature
    varying = np.empty(count, np.int64)
    number = 0
    for feature in range(count):
        low, high = _bounds(table, rows, feature)
        if low < high:
            varying[number] = feature
            number += 1
    return varying[int(again * number)] if number > 0 else -1


@kernel("Tuple((u4[:, ::1], f8[:, ::1], f8[:, ::1]))(f8[:, ::1], i8[:, ::1], f8[:, :, ::1], i8)")
def grow(table: Series, sample: Indices, random: Series, levels: int) -> tuple[Indices, Series, Series]:
    """Grow complete binary trees: cuts of (trees, 2^levels - 1) nodes, and the depths that their 2^levels leaves mean.

    The children of node k are 2 k + 1 and 2 k + 2. A branch that ends early goes on to the left, with nothing to its
    right.
    """
    trees, size = sample.shape
    inner = (1 << levels) - 1
    features, cuts = np.zeros((trees, inner), np.uint32), np.full((trees, inner), np.inf)
    depths = np.zeros((trees, inner + 1))
    begin, end = np.zeros(2 * inner + 1, np.int64), np.zeros(2 * inner + 1, np.int64)
    ended = np.zeros(2 * inner + 1, np.int64)  # the level at which a branch has ended, -1: it goes on
    for tree in range(trees):
        rows = sample[tree]
        end[0], ended[0] = size, -1
        level, following = 0, 1
        for node in range(inner):
            if node == following:
                level, following = level + 1, 2 * following + 1
            first, last = begin[node], end[node]
            middle, at = last, ended[node]
            if at < 0:
                at = level
                feature = -1
                if last - first > 1:
                    feature = _choose(table, rows[first:last], random[tree, node, 0], random[tree, node, 1])
                if feature >= 0:
                    low, high = _bounds(table, rows[first:last], feature)
                    share = random[tree, node, 2]
                    cut = low * (1.0 - share) + high * share
                    cut = low if cut >= high else max(cut, low)
                    features[tree, node], cuts[tree, node] = feature, cut
                    middle, at = first, -1
                    for i in range(first, last):
                        if table[rows[i], feature] <= cut:
                            rows[i], rows[middle] = rows[middle], rows[i]
                            middle += 1
            left = 2 * node + 1
            begin[left], end[left], ended[left] = first, middle, at
            begin[left + 1], end[left + 1], ended[left + 1] = middle, last, at
        for leaf in range(inner + 1):
            node = inner + leaf
            at = levels if ended[node] < 0 else ended[node]
            depths[tree, leaf] = at + expected(end[node] - begin[node])
    return features, cuts, depths


@kernel("void(f8[:, ::1], u4[:, ::1], f8[:, ::1], f8[:, ::1], i8, f8[::1])")
def descend(table: Series, features: Indices, cuts: Series, depths: Series, levels: int, total: Series) -> None:
    """Add to `total` the depth of each row in each tree.

    Four rows at a time, since a step waits for the one before; indices without sign, since those need no second look.
    """
    n = table.shape[0]
    inner = (1 << levels) - 1
    for begin in range(0, n, BLOCK):
        end = min(begin + BLOCK, n)
        for tree in range(features.shape[0]):
            feature, cut, depth = features[tree], cuts[tree], depths[tree]
            fours = end - (end - begin) % 4
            for i in range(begin, fours, 4):
                x0, x1, x2, x3 = table[i], table[i + 1], table[i + 2], table[i + 3]
                k0, k1, k2, k3 = np.uint32(0), np.uint32(0), np.uint32(0), np.uint32(0)
                for _ in range(levels):
                    k0 = np.uint32(2 * k0 + 1 + (x0[feature[k0]] > cut[k0]))
                    k1 = np.uint32(2 * k1 + 1 + (x1[feature[k1]] > cut[k1]))
                    k2 = np.uint32(2 * k2 + 1 + (x2[feature[k2]] > cut[k2]))
                    k3 = np.uint32(2 * k3 + 1 + (x3[feature[k3]] > cut[k3]))
                total[i] += depth[k0 - inner]
                total[i + 1] += depth[k1 - inner]
                total[i + 2] += depth[k2 - inner]
                total[i + 3] += depth[k3 - inner]
            for i in range(fours, end):
                node = np.uint32(0)
                for _ in range(levels):
                    node = np.uint32(2 * node + 1 + (table[i, feature[node]] > cut[node]))
                total[i] += depth[node - inner]


ALGORITHM = Algorithm(
    "iforest", "isolation forest: rows that few random cuts set apart", ANOMALY, Params, detect, Needs("many", rows=2)
)

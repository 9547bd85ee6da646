from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from kernels.numerics import tree, tree_fit

RANDOM = np.random.default_rng(3)
X = np.round(RANDOM.normal(size=(120, 3)), 1).astype(np.float32).astype(np.float64)
Y = np.where(X[:, 0] > 0.2, 2.0, -1.0) * np.round(X[:, 1], 0) + 0.1 * RANDOM.normal(size=120)
CLASSES = np.eye(3)[np.digitize(Y, [-1.0, 1.0])]


def naive(table, target, least) -> float:
    """The least sum of squared distances from the means of two sides of one cut."""
    found = []
    for column in table.T:
        for cut in np.unique(column)[:-1]:
            sides = [target[column <= cut], target[column > cut]]
            if min(map(len, sides)) >= least:
                found.append(sum(np.sum((side - side.mean(axis=0)) ** 2) for side in sides))
    return min(found)


def impurity(table, target, grown) -> float:
    at = tree.leaves(table, grown.feature, grown.threshold, grown.left, grown.right)
    return float(np.sum((target - grown.mean[at]) ** 2))


@pytest.mark.parametrize("target", [Y[:, None], CLASSES], ids=["numbers", "classes"])
@pytest.mark.parametrize("least", [1, 9])
def test_one_cut_leaves_the_least_impurity(target, least) -> None:
    grown = tree_fit.grow(X, target, 1, least, 3)
    assert impurity(X, target, grown) == pytest.approx(naive(X, target, least))
    assert tree.depth(grown.left, grown.right, 10) == 1


@pytest.mark.parametrize("depth", [2, 4, 30])
def test_no_more_impurity_is_left_than_by_scikit_learn(depth) -> None:
    peer = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=2, random_state=0).fit(X, Y)
    grown = tree_fit.grow(X, Y[:, None], depth, 2, 10_000)
    assert impurity(X, Y[:, None], grown) <= np.sum((Y - peer.predict(X)) ** 2) * 1.05 + 1e-9
    number = CLASSES.argmax(axis=1)
    judge = DecisionTreeClassifier(max_depth=depth, random_state=0).fit(X, number)
    grown = tree_fit.grow(X, CLASSES, depth, 1, 10_000)
    at = tree.leaves(X, grown.feature, grown.threshold, grown.left, grown.right)
    assert np.mean(grown.mean[at].argmax(axis=1) == number) >= judge.score(X, number) - 0.02


def test_growth_ends_where_rows_are_pure_alike_or_nodes_run_out() -> None:
    assert len(tree_fit.grow(X, np.ones((120, 1)), 9, 1, 99).feature) == 1
    assert len(tree_fit.grow(np.ones((120, 2)), Y[:, None], 9, 1, 99).feature) == 1
    assert len(tree_fit.grow(X, Y[:, None], 99, 1, 10).feature) == 9


def test_neighbouring_numbers_are_told_apart() -> None:
    table = np.array([[1.0], [np.nextafter(1.0, 2.0)]])
    grown = tree_fit.grow(table, np.array([[0.0], [1.0]]), 1, 1, 3)
    assert impurity(table, np.array([[0.0], [1.0]]), grown) == 0.0

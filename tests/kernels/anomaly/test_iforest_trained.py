from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly import _iforest_trained, iforest
from kernels.anomaly._iforest_trained import Forest
from kernels.contract import BadParameter, BadSeries, Task

TABLE = np.random.default_rng(5).normal(size=(60, 2))
# one tree of two levels: values of column 1 above 3 are deep, others above 0 too
TREE = {
    "feature": np.array([[1, 0, 0]], np.uint32),
    "cut": np.array([[3.0, 0.0, np.inf]]),
    "depth": np.array([[2.0, 4.0, 1.0, 1.0]]),
}


def forest(**changes) -> Forest:
    return Forest(**{"width": 2, "sample": 4, "threshold": 0.6, "rounded": False, **TREE, **changes})


def naive(model: Forest, row) -> float:
    """The mean depth of a row, node by node."""
    depths = []
    for feature, cut, depth in zip(model.feature, model.cut, model.depth, strict=True):
        node = 0
        while node < len(cut):
            node = 2 * node + 1 + int(row[feature[node]] > cut[node])
        depths.append(depth[node - len(cut)])
    return float(np.mean(depths))


def test_a_row_goes_down_every_tree_and_is_flagged_by_the_trained_threshold() -> None:
    rows = np.array([[-1.0, 0.0], [5.0, 3.0], [5.0, 3.1]])
    model = forest()
    expected = [2.0 ** (-naive(model, row) / iforest.expected(4)) for row in rows]
    np.testing.assert_allclose(model.scores(rows), expected)
    assert model.run(Task.of(rows)).flags.tolist() == [1, 1, -1]


def test_what_is_trained_on_rows_judges_them_as_the_detector_does() -> None:
    params = iforest.Params(n_estimators=7, contamination=0.1)
    model = _iforest_trained.train(Task.of(TABLE), params)
    found, expected = model.run(Task.of(TABLE)), iforest.detect(Task.of(TABLE), params)
    np.testing.assert_array_equal(found.score, expected.score)
    np.testing.assert_array_equal(found.flags, expected.flags)
    far = model.run(Task.of([[0.0, 0.0], [9.0, -9.0]]))
    assert far.flags.tolist() == [1, -1]  # alone, without the others that it is unlike


def test_rounding_is_that_of_single_precision() -> None:
    cut = np.array([[0.1, 0.0, np.inf]])
    rows = np.array([[-1.0, 0.1]])  # above 0.1 once it is rounded
    assert forest(cut=cut).scores(rows) < forest(cut=cut, rounded=True).scores(rows)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 1}, "feature must hold numbers 0 to 0, got 1"),
        ({"width": 0}, "width must be 1 to 4096, got 0"),
        ({"sample": 1}, "sample must be 2 to"),
        ({"threshold": np.nan}, "threshold must be 0 to 1, got nan"),
        ({"depth": np.ones((1, 3))}, "leaves, a power of two"),
        ({"depth": np.ones(4)}, "leaves, a power of two"),
        ({"depth": np.ones((0, 4))}, "leaves, a power of two"),
        ({"depth": np.array([[1.0, 2.0, 3.0, np.inf]])}, "depth must hold numbers 0 to 100, got inf"),
        ({"cut": np.array([[1.0, 2.0, np.nan]])}, "cut must hold numbers -inf to inf, got nan"),
        ({"cut": np.ones((1, 4))}, r"cut must have the shape \[1, 3\], got \[1, 4\]"),
        ({"feature": np.zeros((2, 3), np.uint32)}, r"feature must have the shape \[1, 3\], got \[2, 3\]"),
    ],
)
def test_what_could_not_be_walked_is_refused(changes, message) -> None:
    with pytest.raises(BadParameter, match=message):
        forest(**changes)


def test_other_columns_than_those_of_the_training_are_refused() -> None:
    with pytest.raises(BadSeries, match="the model was trained on 2 columns, got 1"):
        forest().run(Task.of(TABLE[:, 0]))

from __future__ import annotations

import dataclasses

import numpy as np
import orjson
import pytest
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from appliance.analysis.deployed import schema
from appliance.files.read.numbers import Table
from appliance.files.series import FileError
from appliance.files.train import regression

RANDOM = np.random.default_rng(4)
X = RANDOM.normal(size=(100, 2)) + [3.0, -1.0]
Y = X @ [2.0, -1.0] + 0.1 * RANDOM.normal(size=100)
NUMBERS = Table(("a", "b"), X, Y, 0)
CROSSED = PolynomialFeatures(2, interaction_only=True, include_bias=False)
WORDS = Table(("a", "b"), X, np.where(Y > 7.0, "hot", "cold").astype(object), 0)


@pytest.mark.parametrize(
    ("kind", "given", "peer"),
    [
        ("linear_regression", [], LinearRegression()),
        ("ridge", ["alpha=5"], Ridge(alpha=5)),
        ("lasso", ["alpha=0.1"], Lasso(alpha=0.1)),
        ("elasticnet", ["alpha=0.1", "l1_ratio=0.2"], ElasticNet(alpha=0.1, l1_ratio=0.2)),
    ],
)
def test_what_is_written_predicts_as_scikit_learn_does(kind, given, peer):
    learned = regression.learn(kind, NUMBERS, given, 0.2)
    model = schema.read(orjson.loads(learned.content))
    assert (model.algo, model.features) == (kind, ("a", "b"))
    np.testing.assert_allclose(model.predict(X), peer.fit(X, Y).predict(X), rtol=1e-4, atol=1e-4)
    assert learned.told[0].startswith("held back 20 rows: R2 0.9")


@pytest.mark.parametrize(
    ("given", "peer"),
    [
        (["degree=3"], make_pipeline(PolynomialFeatures(3), LinearRegression())),
        (["alpha=2", "interaction_only=1"], make_pipeline(StandardScaler(), CROSSED, Ridge(alpha=2))),
    ],
)
def test_products_of_columns_predict_as_scikit_learn_does(given, peer):
    learned = regression.learn("polynomial_regression", NUMBERS, given, 0.2)
    model = schema.read(orjson.loads(learned.content))
    np.testing.assert_allclose(model.predict(X), peer.fit(X, Y).predict(X), rtol=1e-9, atol=1e-9)
    assert learned.told[0].startswith("held back 20 rows: R2 0.9")


def test_classes_keep_their_labels():
    model = schema.read(orjson.loads(regression.learn("logistic_regression", WORDS, ["C=2"], 0.0).content))
    assert model.predict(X) == LogisticRegression(C=2).fit(X, WORDS.target.astype(str)).predict(X).tolist()
    numbered = dataclasses.replace(WORDS, target=(Y > 7.0).astype(np.float64))
    learned = regression.learn("logistic_regression", numbered, [], 0.2)
    assert orjson.loads(learned.content)["params"]["classes"] == [0, 1]
    assert " % are told right, " in learned.told[0]


def test_trees_learn_numbers_and_classes():
    model = schema.read(orjson.loads(regression.learn("decision_tree_regression", NUMBERS, [], 0.2).content))
    assert np.mean((model.predict(X) - Y) ** 2) < 0.15 * np.var(Y)
    learned = regression.learn("decision_tree", WORDS, ["min_samples_leaf=1", "max_depth=99"], 0.2)
    assert schema.read(orjson.loads(learned.content)).predict(X) == WORDS.target.tolist()
    assert " % are told right, " in learned.told[0]


@pytest.mark.parametrize(
    ("kind", "table", "message"),
    [
        ("ridge", WORDS, "ridge predicts numbers, the column of --target holds text"),
        ("ridge", Table(("a", "b"), X[:9], Y[:9], 0), "at least 10 rows are needed, got 9"),
        (
            "polynomial_regression",
            Table(("a",) * 50, np.tile(X, 25), Y, 0),
            "degree=2 makes 1325 products of 50 columns, at most 1000 are learned",
        ),
        ("logistic_regression", Table(("a", "b"), X, np.zeros(100), 0), "at least two classes are needed, got 1"),
        ("logistic_regression", Table(("a",) * 30, np.tile(X, 15), Y, 0), "100 classes have 3000 coefficients"),
    ],
)
def test_what_cannot_be_learned_is_refused(kind, table, message):
    with pytest.raises(FileError, match=message):
        regression.learn(kind, table, [], 0.0)

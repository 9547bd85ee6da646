"""scikit-learn's own classes go through the script into our answers: both predict the same."""

from __future__ import annotations

import json
import pickle
import sys

import convert_model
import numpy as np
import pytest
from convert_model import NotConvertible
from sklearn.ensemble import IsolationForest, RandomForestRegressor
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler
from sklearn.svm import SVR, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from appliance.analysis.deployed import schema, tensors
from appliance.analysis.deployed.schema import BadModel
from kernels.contract import Task

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(120, 3)) * [1.0, 30.0, 0.1] + [0.0, 100.0, -1.0]
Y = X @ [1.0, 0.2, -5.0] + RANDOM.normal(size=120)
LABELS = np.array(["low", "mid", "high"])[np.digitize(Y, np.quantile(Y, [0.3, 0.7]))]
MODELS = [
    (LinearRegression(), Y),
    (Ridge(alpha=2.0), Y),
    (Lasso(alpha=0.1), Y),
    (ElasticNet(alpha=0.1), Y),
    (make_pipeline(StandardScaler(), Lasso(alpha=0.1)), Y),
    (make_pipeline(StandardScaler(with_mean=False), MinMaxScaler(), Ridge()), Y),
    (make_pipeline(StandardScaler(), LinearSVR(random_state=0)), Y),
    (make_pipeline(StandardScaler(), SVR(kernel="linear")), Y),
    (make_pipeline(PolynomialFeatures(2), LinearRegression()), Y),
    (make_pipeline(MinMaxScaler(), StandardScaler(), PolynomialFeatures(3), StandardScaler(), Ridge()), Y),
    (make_pipeline(PolynomialFeatures(3, interaction_only=True, include_bias=False), Lasso(alpha=0.1)), Y),
    (DecisionTreeRegressor(random_state=0), Y),
    (LogisticRegression(max_iter=5000), LABELS),
    (make_pipeline(StandardScaler(), LogisticRegression()), Y > 20.0),
    (DecisionTreeClassifier(random_state=0), LABELS),
    (DecisionTreeClassifier(max_depth=2, random_state=0), (Y > 20.0).astype(int)),
]


@pytest.mark.parametrize(("model", "target"), MODELS, ids=lambda each: type(each).__name__)
def test_what_is_converted_predicts_the_same(model, target):
    model.fit(X, target)
    config = json.loads(json.dumps(convert_model.convert(model)))
    asked = np.vstack((X, RANDOM.normal(size=(500, 3)) * [3.0, 90.0, 0.3] + [0.0, 100.0, -1.0]))
    found, expected = schema.read(config).predict(asked), model.predict(asked)
    if target is Y:
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    else:
        assert found == expected.tolist()


@pytest.mark.parametrize(
    "more", [{}, {"max_features": 2, "max_samples": 0.9, "contamination": 0.05, "bootstrap": True}]
)
def test_a_forest_judges_as_scikit_learn_does(more):
    model = IsolationForest(n_estimators=20, random_state=3, **more).fit(X)
    asked = np.vstack((X, RANDOM.normal(size=(300, 3)) * [3.0, 90.0, 0.3] + [0.0, 100.0, -1.0]))
    forest = tensors.read(convert_model.convert(model))
    found = forest.run(Task.of(asked), None)
    np.testing.assert_allclose(found.score, -model.score_samples(asked), rtol=1e-12)
    np.testing.assert_array_equal(found.flags, model.predict(asked))
    assert forest.summary == {"algo": "iforest", "by": "scikit-learn", "trees": 20}


def test_a_forest_is_written_as_a_file_and_refused_where_it_would_be_no_model(tmp_path, monkeypatch, capfdbinary):
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(IsolationForest(n_estimators=5).fit(X)))
    monkeypatch.setattr(sys, "argv", ["convert_model.py", str(tmp_path / "m.pkl")])
    assert convert_model.main() == 0
    content = capfdbinary.readouterr().out
    assert tensors.read(content).algo == "iforest"
    with pytest.raises(BadModel):
        tensors.read(content[:-8])


def test_the_command_reads_a_pickle_and_writes_what_is_posted(tmp_path, monkeypatch, capsys):
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(Ridge().fit(X, Y)))
    monkeypatch.setattr(sys, "argv", ["convert_model.py", str(tmp_path / "m.pkl"), "--name", "pumps"])
    assert convert_model.main() == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["model_name"], told["config"]["algo"]) == ("pumps", "ridge")


@pytest.mark.parametrize(
    ("model", "target", "message"),
    [
        (
            RandomForestRegressor(2),
            Y,
            "RandomForestRegressor has no JSON form: the node takes one tree, not many;",
        ),
        (SVR(), Y, "SVR with kernel='rbf' has no JSON form: it keeps rows of its training"),
        (
            make_pipeline(StandardScaler(), IsolationForest(n_estimators=2)),
            Y,
            "a forest behind other steps has no form",
        ),
        (IsolationForest(n_estimators=2, max_samples=9000), np.arange(9000.0), "train with max_samples=256"),
        (
            make_pipeline(PolynomialFeatures(2), LogisticRegression(max_iter=9000)),
            Y > 20.0,
            "PolynomialFeatures before the model has no JSON form: one is known, in front of a linear model",
        ),
        (
            make_pipeline(StandardScaler(), PolynomialFeatures(11), StandardScaler(), LinearRegression()),
            Y,
            "364 products of degree 11, at most 4096 of degree 10 are allowed",
        ),
        (make_pipeline(StandardScaler(), DecisionTreeRegressor()), Y, "a tree needs no scaling"),
        (LinearRegression(), np.column_stack((Y, Y)), "one target is needed, the model has 2"),
    ],
)
def test_what_has_no_form_is_refused(model, target, message):
    with pytest.raises(NotConvertible, match=message):
        convert_model.convert(model.fit(np.resize(X, (len(target), 3)), target))

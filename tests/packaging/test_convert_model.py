"""scikit-learn's own classes go through the script into our answers: both predict the same."""

from __future__ import annotations

import json
import pickle
import sys

import convert_model
import numpy as np
import pytest
from convert_model import NotConvertible
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from appliance.analysis.deployed import schema

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


def test_the_command_reads_a_pickle_and_writes_what_is_posted(tmp_path, monkeypatch, capsys):
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(Ridge().fit(X, Y)))
    monkeypatch.setattr(sys, "argv", ["convert_model.py", str(tmp_path / "m.pkl"), "--name", "pumps"])
    assert convert_model.main() == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["model_name"], told["config"]["algo"]) == ("pumps", "ridge")


@pytest.mark.parametrize(
    ("model", "target", "message"),
    [
        (RandomForestRegressor(2), Y, "RandomForestRegressor has no JSON form; there are: LinearRegression"),
        (make_pipeline(PolynomialFeatures(2), Ridge()), Y, "PolynomialFeatures before the model has no JSON form"),
        (make_pipeline(StandardScaler(), DecisionTreeRegressor()), Y, "a tree needs no scaling"),
        (LinearRegression(), np.column_stack((Y, Y)), "one target is needed, the model has 2"),
    ],
)
def test_what_has_no_form_is_refused(model, target, message):
    with pytest.raises(NotConvertible, match=message):
        convert_model.convert(model.fit(X, target))

"""Write a fitted scikit-learn model as the JSON that an analysis node deploys.

Run this where the model was trained, in the Python environment that can read it: reading a pickle runs the code in it,
so read only files of your own. The node itself never does, and needs neither this script nor scikit-learn.

    python convert_model.py MODEL.pkl --name pumps > pumps.json
    curl -H 'Content-Type: application/json' --data-binary @pumps.json http://NODE:6090/deploy

From Python, `convert(model)` returns the configuration. Models: LinearRegression, Ridge, Lasso, ElasticNet and their
cross-validated forms, LogisticRegression, DecisionTreeClassifier and DecisionTreeRegressor, of one target; linear ones
also behind a StandardScaler or MinMaxScaler in a Pipeline.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

LINEAR = {
    "LinearRegression": "linear_regression",
    "Ridge": "ridge",
    "RidgeCV": "ridge",
    "Lasso": "lasso",
    "LassoCV": "lasso",
    "ElasticNet": "elasticnet",
    "ElasticNetCV": "elasticnet",
}
LOGISTIC = ("LogisticRegression", "LogisticRegressionCV")
TREES = {"DecisionTreeClassifier": "decision_tree", "DecisionTreeRegressor": "decision_tree_regression"}
SCALERS = ("StandardScaler", "MinMaxScaler")


class NotConvertible(Exception):
    """There is no JSON form of this model; the message says why."""


def convert(model: Any) -> dict[str, Any]:
    """Return the configuration of a fitted model: its algorithm, numbers and names of features.

    Raises
    ------
    NotConvertible
    """
    scalers, last = [], model
    if type(model).__name__ == "Pipeline":
        *scalers, last = [step for _, step in model.steps if step not in (None, "passthrough")]
    kind = type(last).__name__
    if kind in LINEAR:
        coef, intercept = _scaled(scalers, last.coef_, last.intercept_)
        if len(coef) != 1:
            raise NotConvertible(f"one target is needed, the model has {len(coef)}")
        config = {"algo": LINEAR[kind], "params": {"coef": coef[0], "intercept": intercept[0]}}
    elif kind in LOGISTIC:
        coef, intercept = _scaled(scalers, last.coef_, last.intercept_)
        if len(coef) > 1 and getattr(last, "multi_class", "") == "ovr":
            raise NotConvertible("LogisticRegression with multi_class='ovr' has no JSON form")
        config = {
            "algo": "logistic_regression",
            "params": {"classes": last.classes_.tolist(), "coef": coef, "intercept": intercept},
        }
    elif kind in TREES:
        if scalers:
            raise NotConvertible("a tree behind other steps has no JSON form: a tree needs no scaling")
        config = {"algo": TREES[kind], "params": _tree(last)}
    else:
        known = ", ".join([*LINEAR, *LOGISTIC, *TREES])
        raise NotConvertible(f"{kind} has no JSON form; there are: {known}")
    names = getattr(model, "feature_names_in_", None)
    return config if names is None else {**config, "features": [str(name) for name in names]}


def _scaled(scalers: list[Any], coef: Any, intercept: Any) -> tuple[list[list[float]], list[float]]:
    """Return coefficients and intercepts, one of each for a target or class, with the scaling put into them."""
    import numpy as np

    coef = np.atleast_2d(np.asarray(coef, dtype=float))
    intercept = np.broadcast_to(np.asarray(intercept, dtype=float).ravel(), (len(coef),))
    for step in reversed(scalers):
        if type(step).__name__ not in SCALERS:
            raise NotConvertible(f"{type(step).__name__} before the model has no JSON form, only {', '.join(SCALERS)}")
        if getattr(step, "clip", False):
            raise NotConvertible("MinMaxScaler(clip=True) has no JSON form")
        width = coef.shape[1]
        if type(step).__name__ == "MinMaxScaler":  # x scale_ + min_
            factor, offset = step.scale_, step.min_
        else:  # (x - mean_) / scale_, each None where it is switched off
            factor = np.ones(width) if step.scale_ is None else 1.0 / step.scale_
            offset = np.zeros(width) if step.mean_ is None or not step.with_mean else -step.mean_ * factor
        intercept = intercept + coef @ offset
        coef = coef * factor
    return coef.tolist(), intercept.tolist()


def _tree(model: Any) -> dict[str, Any]:
    """Return the nodes of a tree; scikit-learn numbers parents before their children."""
    tree = model.tree_
    if model.n_outputs_ != 1:
        raise NotConvertible(f"one target is needed, the model has {model.n_outputs_}")
    params = {
        "n_features": int(model.n_features_in_),
        "feature": [max(int(feature), -1) for feature in tree.feature],
        "threshold": tree.threshold.tolist(),
        "left": tree.children_left.tolist(),
        "right": tree.children_right.tolist(),
        "dtype": "float32",  # what scikit-learn compares is rounded to it
    }
    if hasattr(model, "classes_"):
        return {**params, "classes": model.classes_.tolist(), "value": tree.value[:, 0, :].argmax(axis=1).tolist()}
    return {**params, "value": tree.value[:, 0, 0].tolist()}


def load(path: Path) -> Any:
    """Read a pickle, by joblib if it is there; runs the code in it."""
    try:
        import joblib
    except ImportError:
        import pickle

        return pickle.loads(path.read_bytes())  # the operator's own file
    return joblib.load(path)


def main() -> int:
    """Write the JSON of a file that is named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a pickle or a joblib file of your own: reading it runs its code")
    parser.add_argument("--name", required=True, help="what requests will call the model")
    given = parser.parse_args()
    try:
        config = convert(load(given.file))
    except NotConvertible as error:
        sys.stderr.write(f"convert_model: {given.file}: {error}\n")
        return 1
    sys.stdout.write(json.dumps({"model_name": given.name, "config": config}, allow_nan=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

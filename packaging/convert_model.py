"""Write a fitted scikit-learn model as the JSON or the safetensors that an analysis node deploys.

Run this where the model was trained, in the Python environment that can read it: reading a pickle runs the code in it,
so read only files of your own. The node itself never does, and needs neither this script nor scikit-learn.

    python convert_model.py MODEL.pkl --name pumps > pumps.json
    curl -H 'Content-Type: application/json' --data-binary @pumps.json http://NODE:6090/deploy

    python convert_model.py FOREST.pkl > pumps.safetensors
    curl -F model_name=pumps -F model_binary=@pumps.safetensors http://NODE:6090/deploy

From Python, `convert(model)` returns the configuration, and for a forest the bytes of the file. Models:
LinearRegression, Ridge, Lasso, ElasticNet and their cross-validated forms, LinearSVR, SVR with a linear kernel,
LogisticRegression, DecisionTreeClassifier and DecisionTreeRegressor, of one target, and IsolationForest; linear ones
also behind StandardScaler, MinMaxScaler and, those that tell numbers, one PolynomialFeatures in a Pipeline. Others are
refused, with the reason.
"""

from __future__ import annotations

import argparse
import json
import struct
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
    "LinearSVR": "linear_regression",
    "SVR": "linear_regression",  # with a linear kernel
}
LOGISTIC = ("LogisticRegression", "LogisticRegressionCV")
TREES = {"DecisionTreeClassifier": "decision_tree", "DecisionTreeRegressor": "decision_tree_regression"}
POLYNOMIAL = "PolynomialFeatures"
SCALERS = ("StandardScaler", "MinMaxScaler")
FOREST = "IsolationForest"
MOST_LEVELS, MOST_BYTES = 12, 16 * 1024 * 1024
MOST_POWER, MOST_PRODUCTS = 10, 4096
# class -> why there is no form of it
REASONS = {
    **dict.fromkeys(
        ("SVC", "NuSVC", "NuSVR", "OneClassSVM"),
        "it keeps rows of its training and compares every new one with them",
    ),
    **dict.fromkeys(
        ("RandomForestClassifier", "RandomForestRegressor", "GradientBoostingClassifier", "GradientBoostingRegressor"),
        "the node takes one tree, not many",
    ),
    POLYNOMIAL: "one is known, in front of a linear model that tells numbers",
    "LinearSVC": "its scores are no logistic ones; fit a LogisticRegression",
}


class NotConvertible(Exception):
    """There is no form of this model that a node takes; the message says why."""


def convert(model: Any) -> dict[str, Any] | bytes:
    """Return the configuration of a fitted model: its algorithm, numbers and names of features; of a forest the file.

    Raises
    ------
    NotConvertible
    """
    scalers, last = [], model
    if type(model).__name__ == "Pipeline":
        *scalers, last = [step for _, step in model.steps if step not in (None, "passthrough")]
    if type(last).__name__ == FOREST:
        if scalers:
            raise NotConvertible("a forest behind other steps has no form: a tree needs no scaling")
        return _forest(last)
    config = _config(scalers, last)
    names = getattr(model, "feature_names_in_", None)
    return config if names is None else {**config, "features": [str(name) for name in names]}


def _config(scalers: list[Any], last: Any) -> dict[str, Any]:
    kind = type(last).__name__
    if kind in LINEAR and getattr(last, "kernel", "linear") == "linear":
        steps = [type(step).__name__ for step in scalers]
        if POLYNOMIAL in steps:
            at = steps.index(POLYNOMIAL)
            return _polynomial(scalers[:at], scalers[at], scalers[at + 1 :], last)
        coef, intercept = _scaled(scalers, last.coef_, last.intercept_)
        if len(coef) != 1:
            raise NotConvertible(f"one target is needed, the model has {len(coef)}")
        return {"algo": LINEAR[kind], "params": {"coef": coef[0], "intercept": intercept[0]}}
    if kind in LOGISTIC:
        coef, intercept = _scaled(scalers, last.coef_, last.intercept_)
        if len(coef) > 1 and getattr(last, "multi_class", "") == "ovr":
            raise NotConvertible("LogisticRegression with multi_class='ovr' has no JSON form")
        return {
            "algo": "logistic_regression",
            "params": {"classes": last.classes_.tolist(), "coef": coef, "intercept": intercept},
        }
    if kind in TREES:
        if scalers:
            raise NotConvertible("a tree behind other steps has no JSON form: a tree needs no scaling")
        return {"algo": TREES[kind], "params": _tree(last)}
    known = ", ".join([*LINEAR, *LOGISTIC, *TREES, FOREST])
    if kind in LINEAR:
        kind, why = f"{kind} with kernel={last.kernel!r}", f": {REASONS['SVC']}"
    else:
        why = f": {REASONS[kind]}" if kind in REASONS else ""
    raise NotConvertible(f"{kind} has no JSON form{why}; there are: {known}")


def _polynomial(before: list[Any], products: Any, after: list[Any], last: Any) -> dict[str, Any]:
    """Return a linear model of products of features; what is scaled before stays a scaling of the features."""
    import numpy as np

    coef, intercept = _scaled(after, last.coef_, last.intercept_)
    if len(coef) != 1:
        raise NotConvertible(f"one target is needed, the model has {len(coef)}")
    powers = products.powers_
    if len(powers) > MOST_PRODUCTS or powers.sum(axis=1).max() > MOST_POWER:
        raise NotConvertible(
            f"{len(powers)} products of degree {powers.sum(axis=1).max()}, at most {MOST_PRODUCTS} of degree "
            f"{MOST_POWER} are allowed"
        )
    params = {"coef": coef[0], "intercept": intercept[0], "powers": powers.tolist()}
    if before:
        factor, offset = np.ones(powers.shape[1]), np.zeros(powers.shape[1])
        for step in before:
            each, more = _scaling(step, len(factor))
            factor, offset = factor * each, offset * each + more
        params.update(mean=(-offset / factor).tolist(), scale=(1.0 / factor).tolist())
    return {"algo": "polynomial_regression", "params": params}


def _scaled(scalers: list[Any], coef: Any, intercept: Any) -> tuple[list[list[float]], list[float]]:
    """Return coefficients and intercepts, one of each for a target or class, with the scaling put into them."""
    import numpy as np

    coef = np.atleast_2d(np.asarray(coef, dtype=float))
    intercept = np.broadcast_to(np.asarray(intercept, dtype=float).ravel(), (len(coef),))
    for step in reversed(scalers):
        factor, offset = _scaling(step, coef.shape[1])
        intercept = intercept + coef @ offset
        coef = coef * factor
    return coef.tolist(), intercept.tolist()


def _scaling(step: Any, width: int) -> tuple[Any, Any]:
    """Return what a scaler multiplies each column by, and adds then."""
    import numpy as np

    kind = type(step).__name__
    if kind not in SCALERS:
        why = f": {REASONS[kind]}" if kind in REASONS else f", only {', '.join(SCALERS)}"
        raise NotConvertible(f"{kind} before the model has no JSON form{why}")
    if getattr(step, "clip", False):
        raise NotConvertible("MinMaxScaler(clip=True) has no JSON form")
    if kind == "MinMaxScaler":  # x scale_ + min_
        return step.scale_, step.min_
    # (x - mean_) / scale_, each None where it is switched off
    factor = np.ones(width) if step.scale_ is None else 1.0 / step.scale_
    return factor, np.zeros(width) if step.mean_ is None or not step.with_mean else -step.mean_ * factor


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


def _forest(model: Any) -> bytes:
    """Return an isolation forest as safetensors: its trees filled up to complete ones, whose leaves are all as deep.

    Where a branch ends early, every row goes on to the left of it.
    """
    import numpy as np

    trees = [each.tree_ for each in model.estimators_]
    levels = max(1, *(int(tree.max_depth) for tree in trees))
    leaves = 1 << levels
    size = len(trees) * (leaves - 1) * 12 + len(trees) * leaves * 8
    if levels > MOST_LEVELS or size > MOST_BYTES - 1024:
        raise NotConvertible(
            f"{len(trees)} trees of {levels} levels would have {size} bytes, at most {MOST_LEVELS} levels and "
            f"{MOST_BYTES} bytes are allowed: train with max_samples=256, as the method's authors do"
        )
    feature = np.zeros((len(trees), leaves - 1), np.uint32)
    cut, depth = np.full(feature.shape, np.inf), np.zeros((len(trees), leaves))
    for at, (tree, columns) in enumerate(zip(trees, model.estimators_features_, strict=True)):
        nodes = [(0, 0, 0)]  # of the tree, place in the complete one, level
        while nodes:
            node, place, level = nodes.pop()
            left, right = tree.children_left[node], tree.children_right[node]
            if left >= 0:
                feature[at, place], cut[at, place] = columns[tree.feature[node]], tree.threshold[node]
                nodes += [(left, 2 * place + 1, level + 1), (right, 2 * place + 2, level + 1)]
                continue
            rows = int(tree.n_node_samples[node])
            for _ in range(level, levels):
                place = 2 * place + 1
            depth[at, place - (leaves - 1)] = level + _expected(rows)
    values = {
        "width": int(model.n_features_in_),
        "sample": int(model.max_samples_),
        "threshold": float(-model.offset_),
        "rounded": True,  # what scikit-learn compares is rounded to single precision
    }
    about = {"format": 1, "algo": "iforest", "values": values, "trained": {"by": "scikit-learn", "trees": len(trees)}}
    return _safetensors({"cut": cut, "depth": depth, "feature": feature}, {"taosanode": json.dumps(about)})


def _expected(rows: int) -> float:
    """Return the mean depth at which a search in a random tree of so many rows ends."""
    import math

    if rows <= 2:
        return float(max(rows, 1) - 1)
    return 2.0 * (math.log(rows - 1.0) + 0.5772156649015329) - 2.0 * (rows - 1.0) / rows


def _safetensors(arrays: dict[str, Any], metadata: dict[str, str]) -> bytes:
    """Return arrays of 8 bytes and 4 bytes a number, the former first, in that format."""
    header: dict[str, Any] = {"__metadata__": metadata}
    begin, parts = 0, []
    for name, array in arrays.items():
        parts.append(array.tobytes())
        kind = "F64" if array.dtype.kind == "f" else "U32"
        end = begin + len(parts[-1])
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(parts)


def load(path: Path) -> Any:
    """Read a pickle, by joblib if it is there; runs the code in it."""
    try:
        import joblib
    except ImportError:
        import pickle

        return pickle.loads(path.read_bytes())  # the operator's own file
    return joblib.load(path)


def main() -> int:
    """Write the model of a file that is named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="a pickle or a joblib file of your own: reading it runs its code")
    parser.add_argument("--name", help="what requests will call the model; JSON needs it where it is posted as it is")
    given = parser.parse_args()
    try:
        config = convert(load(given.file))
    except NotConvertible as error:
        sys.stderr.write(f"convert_model: {given.file}: {error}\n")
        return 1
    if isinstance(config, bytes):
        if sys.stdout.isatty():
            sys.stderr.write("convert_model: a forest is no text: write it to a file, as in > pumps.safetensors\n")
            return 1
        sys.stdout.buffer.write(config)
        return 0
    told = {"model_name": given.name, "config": config} if given.name else config
    sys.stdout.write(json.dumps(told, allow_nan=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

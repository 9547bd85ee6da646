"""Fitted regressors and classifiers as JSON: what may be in it, held to it before anything is kept or computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.protocol import fields
from kernels.contract import AlgorithmError, BadSeries, Series
from kernels.numerics import products

REGRESSION, CLASSIFICATION = "regression", "classification"
SUFFIX = ".json"
PARTS = ALGO, PARAMS, FEATURES = fields.ALGO, fields.PARAMS, "features"
MAX_FEATURES, MAX_CLASSES, MAX_NODES, MAX_DEPTH = 4096, 1000, 100_000, 1000
MAX_POWER = 10  # sum of the exponents of a product
MAX_LABEL = 255  # characters
MAX_TOLD = 64  # features that are listed by name
MAX_NUMBER = 1e300
FLOAT32, FLOAT64 = "float32", "float64"

Config = Mapping[str, Any]
Predict = Callable[[Series], NDArray[Any] | list[Any]]


class BadModel(AlgorithmError):
    """A model that cannot be used; the message says what is wrong with which part."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that was fitted elsewhere.

    algo : how it was fitted. kind : REGRESSION or CLASSIFICATION.
    width : number of features. features : their names, none where it has none.
    predict : float64 (rows, width), finite -> a number or label for each row; raises BadSeries.
    """

    algo: str
    kind: str
    width: int
    features: tuple[str, ...]
    predict: Predict

    @property
    def summary(self) -> dict[str, Any]:
        """What `/list` shows as its parameters; many features are only counted, since all of this is held ready."""
        told = 0 < len(self.features) <= MAX_TOLD
        return {ALGO: self.algo, FEATURES: [*self.features] if told else self.width}


def read(config: Any) -> Model:
    """Return the model that a configuration describes; raises BadModel."""
    if not isinstance(config, Mapping):
        raise BadModel("config must be an object")
    algo = config.get(ALGO)
    if not isinstance(algo, str) or algo.lower() not in READERS:
        raise BadModel(f"algo must be one of {', '.join(READERS)}, got {_shown(algo)}")
    kind, reader, known = READERS[algo.lower()]
    params = config.get(PARAMS)
    if not isinstance(params, Mapping):
        raise BadModel(f"{PARAMS} must be an object")
    if strange := sorted(set(params) - set(known)):
        raise BadModel(f"unknown {PARAMS}.{strange[0][:80]}; there are: {', '.join(known)}")
    width, predict = reader(params)
    return Model(algo.lower(), kind, width, _names(config.get(FEATURES), width), predict)


# --- the kinds of models --------------------------------------------------------------------------------------------


def _linear(params: Config) -> tuple[int, Predict]:
    coef = _array(params, "coef", 1, MAX_FEATURES)
    intercept = _number(params, "intercept")
    return len(coef), lambda table: _scores(table, coef[None, :], intercept)[:, 0]


def _polynomial(params: Config) -> tuple[int, Predict]:
    """Read a sum of products of powers of the features, each (x - mean) / scale where these are given."""
    from kernels.numerics import polynomial  # compiled code that only a node with such models needs

    coef = _array(params, "coef", 1, MAX_FEATURES)
    intercept, powers = _number(params, "intercept"), params.get("powers")
    if not isinstance(powers, list) or len(powers) != len(coef) or not all(isinstance(row, list) for row in powers):
        raise BadModel(f"params.powers must be {len(coef)} list(s) of exponents, one for each of params.coef")
    width = len(powers[0])
    if not 1 <= width <= MAX_FEATURES or any(len(row) != width for row in powers):
        raise BadModel(f"the lists of params.powers must be of one length, 1 to {MAX_FEATURES}")
    for at, row in enumerate(powers):
        if any(type(power) is not int or power < 0 for power in row) or sum(row) > MAX_POWER:
            raise BadModel(f"params.powers[{at}] must hold integers >= 0, {MAX_POWER} together at most")
    mean, scale = (
        _array(params, name, width, width) if name in params else np.full(width, usual)
        for name, usual in (("mean", 0.0), ("scale", 1.0))
    )
    if not scale.all():
        raise BadModel("params.scale must not hold 0")
    factors = polynomial.factors_of(powers)

    def predict(table: Series) -> Series:
        with np.errstate(over="ignore", invalid="ignore"):
            values = polynomial.weighed(np.ascontiguousarray((table - mean) / scale), factors, coef, intercept)
        return _finite(values)

    return width, predict


def _logistic(params: Config) -> tuple[int, Predict]:
    classes = _classes(params)
    rows = params.get("coef")
    expected = 1 if len(classes) == 2 else len(classes)
    if not isinstance(rows, list) or len(rows) != expected or not all(isinstance(row, list) for row in rows):
        raise BadModel(f"params.coef must be {expected} list(s) of numbers, one for each class, one alone for two")
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise BadModel("the lists of params.coef must be of one length")
    coef = np.array([_numbers(row, "params.coef", 1, MAX_FEATURES) for row in rows])
    intercept = _array(params, "intercept", expected, expected)

    def predict(table: Series) -> list[Any]:
        score = _scores(table, coef, intercept)
        best = (score[:, 0] > 0).astype(np.int64) if expected == 1 else score.argmax(axis=1)
        return [classes[at] for at in best.tolist()]

    return width, predict


def _tree(params: Config) -> tuple[int, Predict]:
    """Read a tree for regression."""
    width, leaves, nodes = _nodes(params)
    value = _array(params, "value", nodes, nodes)
    return width, lambda table: value[leaves(table)]


def _labelled_tree(params: Config) -> tuple[int, Predict]:
    """Read a tree for classification; its values are numbers of classes."""
    width, leaves, nodes = _nodes(params)
    classes = _classes(params, at_least=1)
    value = _indices(params, "value", nodes, 0, len(classes) - 1)
    return width, lambda table: [classes[at] for at in value[leaves(table)].tolist()]


def _nodes(params: Config) -> tuple[int, Callable[[Series], NDArray[Any]], int]:
    """Return number of features, the leaf of each row of a table, and number of nodes."""
    from kernels.numerics import tree  # compiled code that only a node with trees needs

    width = params.get("n_features")
    if type(width) is not int or not 1 <= width <= MAX_FEATURES:
        raise BadModel(f"params.n_features must be an integer 1 to {MAX_FEATURES}, got {_shown(width)}")
    left = _indices(params, "left", None, -1, MAX_NODES)
    nodes = len(left)
    right = _indices(params, "right", nodes, -1, MAX_NODES)
    threshold = _array(params, "threshold", nodes, nodes)
    feature = _indices(params, "feature", nodes, -1, width - 1)
    if ((left >= 0) & (feature < 0)).any():
        raise BadModel("params.feature is -1 at a node that has children")
    levels = tree.depth(left, right, MAX_DEPTH)
    if levels == tree.NO_TREE:
        raise BadModel("params.left and params.right are no tree: each node but 0 has one parent, which is before it")
    if levels == tree.TOO_DEEP:
        raise BadModel(f"the tree has more than {MAX_DEPTH} levels")
    dtype = params.get("dtype", FLOAT64)
    if dtype not in (FLOAT32, FLOAT64):
        raise BadModel(f"params.dtype must be {FLOAT32} or {FLOAT64}, got {_shown(dtype)}")

    def leaves(table: Series) -> NDArray[Any]:
        if dtype == FLOAT32:  # as scikit-learn rounds what it compares
            with np.errstate(over="ignore"):
                table = table.astype(np.float32).astype(np.float64)
        return tree.leaves(np.ascontiguousarray(table), feature, threshold, left, right)

    return width, leaves, nodes


_LINEAR = (REGRESSION, _linear, ("coef", "intercept"))
_TREE = ("n_features", "feature", "threshold", "left", "right", "value", "dtype")
READERS: Mapping[str, tuple[str, Callable[[Config], tuple[int, Predict]], Sequence[str]]] = {
    "linear_regression": _LINEAR,
    "ridge": _LINEAR,
    "lasso": _LINEAR,
    "elasticnet": _LINEAR,
    "polynomial_regression": (REGRESSION, _polynomial, ("coef", "intercept", "powers", "mean", "scale")),
    "decision_tree_regression": (REGRESSION, _tree, _TREE),
    "logistic_regression": (CLASSIFICATION, _logistic, ("classes", "coef", "intercept")),
    "decision_tree": (CLASSIFICATION, _labelled_tree, (*_TREE, "classes")),
}


# --- parts ----------------------------------------------------------------------------------------------------------


def _names(given: Any, width: int) -> tuple[str, ...]:
    if given is None:
        return ()
    texts = isinstance(given, list) and all(isinstance(name, str) and 0 < len(name) <= MAX_LABEL for name in given)
    if not texts or len(set(given)) != len(given):
        raise BadModel(f"{FEATURES} must be a list of different names, each of 1 to {MAX_LABEL} characters")
    if len(given) != width:
        raise BadModel(f"{FEATURES} names {len(given)} features, {PARAMS} has {width}")
    return tuple(given)


def _classes(params: Config, at_least: int = 2) -> list[Any]:
    given = params.get("classes")
    if not isinstance(given, list) or not at_least <= len(given) <= MAX_CLASSES:
        raise BadModel(f"params.classes must be a list of {at_least} to {MAX_CLASSES} labels")
    for label in given:
        fine = len(label) <= MAX_LABEL if isinstance(label, str) else _is_number(label) or isinstance(label, bool)
        if not fine:
            raise BadModel(f"params.classes: a label is a number, true, false or short text, got {_shown(label)}")
    if len(set(given)) != len(given):
        raise BadModel("params.classes names a label twice")
    return given


def _number(params: Config, name: str) -> float:
    value = params.get(name)
    if not _is_number(value):
        raise BadModel(f"params.{name} must be a finite number, got {_shown(value)}")
    return float(value)  # type: ignore[arg-type]  # just checked


def _array(params: Config, name: str, least: int, most: int) -> Series:
    return _numbers(params.get(name), f"params.{name}", least, most)


def _numbers(given: Any, name: str, least: int, most: int) -> Series:
    if not isinstance(given, list) or not least <= len(given) <= most:
        size = str(least) if least == most else f"{least} to {most}"
        raise BadModel(f"{name} must be a list of {size} numbers, got {_counted(given)}")
    # a model may have millions of numbers: no Python runs for each of those that are fine
    if not ({*map(type, given)} <= {int, float} and all(map(MAX_NUMBER.__ge__, map(abs, given)))):
        at, value = next(pair for pair in enumerate(given) if not _is_number(pair[1]))
        raise BadModel(f"{name}[{at}] must be a finite number, got {_shown(value)}")
    return np.array(given, dtype=np.float64)


def _indices(params: Config, name: str, length: int | None, low: int, high: int) -> NDArray[np.int64]:
    given = params.get(name)
    fits = isinstance(given, list) and (1 <= len(given) <= MAX_NODES if length is None else len(given) == length)
    if not isinstance(given, list) or not fits:
        size = f"1 to {MAX_NODES}" if length is None else str(length)
        raise BadModel(f"params.{name} must be a list of {size} integers, got {_counted(given)}")
    for at, value in enumerate(given):
        if type(value) is not int or not low <= value <= high:
            raise BadModel(f"params.{name}[{at}] must be an integer {low} to {high}, got {_shown(value)}")
    return np.array(given, dtype=np.int64)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and -MAX_NUMBER <= value <= MAX_NUMBER


def _counted(given: Any) -> str:
    return str(len(given)) if isinstance(given, list) else _shown(given)


def _shown(value: Any) -> str:
    return "an object" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else repr(value)[:80]


def _scores(table: Series, coef: Series, intercept: Series | float) -> Series:
    """Return table @ coef.T + intercept; raises BadSeries where that is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return _finite(products.times(table, np.ascontiguousarray(coef.T)) + intercept)


def _finite(values: Series) -> Series:
    """Return predictions; raises BadSeries where one is not finite."""
    if not np.isfinite(values).all():
        raise BadSeries("the result leaves the range of floating-point numbers")
    return values

"""Linear models and trees that tell a column of numbers or classes by others, learned from the rows of a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from appliance.analysis.deployed import schema
from appliance.files.read.numbers import Table
from appliance.files.series import FileError
from appliance.files.train import reading
from appliance.files.train.learned import Learned, held_back, params
from appliance.protocol import fields
from kernels.contract import Series
from kernels.numerics import linear_fit, polynomial, tree_fit
from kernels.options import NoOptions, Options, option

SUFFIX, TARGET, READ = schema.SUFFIX, True, reading.rows
AT_LEAST = 10  # rows
MOST_PARAMETERS = 2000  # of all classes together
MOST_PRODUCTS = 1000  # of columns

Config = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ridge(Options):
    """Options of ridge."""

    alpha: float = option(1.0, "weight of the squared coefficients", ge=0)


@dataclass(frozen=True, slots=True)
class Lasso(Options):
    """Options of lasso."""

    alpha: float = option(1.0, "weight of the absolute coefficients", gt=0)


@dataclass(frozen=True, slots=True)
class ElasticNet(Options):
    """Options of elasticnet."""

    alpha: float = option(1.0, "weight of the coefficients", gt=0)
    l1_ratio: float = option(0.5, "share of the absolute ones in it, the rest is of the squared", ge=0, le=1)


@dataclass(frozen=True, slots=True)
class Polynomial(Options):
    """Options of polynomial_regression."""

    degree: int = option(2, "columns in a product, at most", ge=1, le=schema.MAX_POWER)
    interaction_only: bool = option(False, "products of different columns only, no powers")
    alpha: float = option(0.0, "weight of the squared coefficients, of columns of mean 0 and deviation 1", ge=0)


@dataclass(frozen=True, slots=True)
class Logistic(Options):
    """Options of logistic_regression."""

    C: float = option(1.0, "weight of the rows beside that of the squared coefficients", gt=0)


@dataclass(frozen=True, slots=True)
class Tree(Options):
    """Options of decision trees."""

    max_depth: int = option(10, "levels below the root", ge=1, le=schema.MAX_DEPTH)
    min_samples_leaf: int = option(5, "rows in a leaf, at least", ge=1)


def _labels(table: Table) -> list[Any]:
    """Return the classes in order, as numbers where they are."""
    found = np.unique(_target(table)).tolist()
    return [int(one) if isinstance(one, float) and one.is_integer() else one for one in found]


def _target(table: Table) -> Any:
    assert table.target is not None
    return table.target if table.target.dtype.kind in "fb" else table.target.astype(str)


def _line(found: linear_fit.Line) -> Config:
    return {"coef": found.coef.tolist(), "intercept": found.intercept.tolist()}


def _polynomial(table: Table, options: Any) -> Config:
    width = table.values.shape[1]
    products = polynomial.count(width, options.degree, crossed=options.interaction_only)
    if products > MOST_PRODUCTS:
        raise FileError(
            f"degree={options.degree} makes {products} products of {width} columns, at most {MOST_PRODUCTS} are learned"
        )
    mean, scale = table.values.mean(axis=0), table.values.std(axis=0)
    scale[scale == 0.0] = 1.0
    factors = polynomial.all_factors(width, options.degree, crossed=options.interaction_only)
    columns = polynomial.expanded(np.ascontiguousarray((table.values - mean) / scale), factors)
    found = _line(linear_fit.ridge(columns, _target(table), options.alpha))
    powers = polynomial.powers_of(factors, width)
    return {**found, "powers": powers, "mean": mean.tolist(), "scale": scale.tolist()}


def _logistic(table: Table, options: Any) -> Config:
    classes, number = np.unique(_target(table), return_inverse=True)
    if len(classes) < 2:
        raise FileError(f"at least two classes are needed, got {len(classes)}")
    if (count := len(classes) * table.values.shape[1]) > MOST_PARAMETERS:
        raise FileError(f"{len(classes)} classes have {count} coefficients, at most {MOST_PARAMETERS} are learned")
    return {"classes": _labels(table), **_line(linear_fit.logistic(table.values, number, len(classes), options.C))}


def _tree(table: Table, target: Series, options: Any) -> tuple[Config, Series]:
    """Return the nodes of a tree, and the means of their targets."""
    most = min(schema.MAX_NODES, 2 * len(target))
    grown = tree_fit.grow(table.values, target, options.max_depth, options.min_samples_leaf, most)
    nodes = {name: getattr(grown, name).tolist() for name in ("feature", "threshold", "left", "right")}
    return {"n_features": table.values.shape[1], **nodes}, grown.mean


def _regression_tree(table: Table, options: Any) -> Config:
    target = _target(table)
    level = target.mean()
    nodes, mean = _tree(table, np.ascontiguousarray(target - level)[:, None], options)
    return {**nodes, "value": (mean[:, 0] + level).tolist()}


def _classification_tree(table: Table, options: Any) -> Config:
    classes, number = np.unique(_target(table), return_inverse=True)
    if len(classes) > schema.MAX_CLASSES:
        raise FileError(f"{len(classes)} classes, at most {schema.MAX_CLASSES} are learned")
    nodes, mean = _tree(table, np.eye(len(classes))[number], options)
    return {**nodes, "classes": _labels(table), "value": mean.argmax(axis=1).tolist()}


def _fitted(fit: Callable[[Series, Series, Any], linear_fit.Line]) -> Callable[[Table, Any], Config]:
    return lambda table, options: _line(fit(table.values, _target(table), options))


LEARNERS: dict[str, tuple[type[Any], Callable[[Table, Any], Config]]] = {
    "linear_regression": (NoOptions, _fitted(lambda x, y, _: linear_fit.ridge(x, y, 0.0))),
    "ridge": (Ridge, _fitted(lambda x, y, given: linear_fit.ridge(x, y, given.alpha))),
    "lasso": (Lasso, _fitted(lambda x, y, given: linear_fit.elastic_net(x, y, given.alpha, 1.0))),
    "elasticnet": (ElasticNet, _fitted(lambda x, y, given: linear_fit.elastic_net(x, y, given.alpha, given.l1_ratio))),
    "polynomial_regression": (Polynomial, _polynomial),
    "logistic_regression": (Logistic, _logistic),
    "decision_tree_regression": (Tree, _regression_tree),
    "decision_tree": (Tree, _classification_tree),
}


def learn(kind: str, table: Table, given: Sequence[str], share: float) -> Learned:
    """Learn from all rows; how well is found out before, by what a part of them says of the rest.

    given : options of the kind. share : of the rows that are held back for that.

    Raises
    ------
    FileError : too few rows, or a target that is of no use. UsageError, AlgorithmError : an option, no fit.
    """
    made, fit = LEARNERS[kind]
    options, rows = params(made, given), len(table.values)
    target = _target(table)
    classes = schema.READERS[kind][0] == schema.CLASSIFICATION
    if not classes and target.dtype.kind != "f":
        raise FileError(f"{kind} predicts numbers, the column of --target holds text")
    if rows < AT_LEAST:
        raise FileError(f"at least {AT_LEAST} rows are needed, got {rows}")
    told, (kept, held) = [], held_back(rows, share)
    if len(held) and (not classes or len(np.unique(target[kept])) == len(np.unique(target))):
        part = Table(table.names, table.values[kept], target[kept], 0)
        judge = schema.read({fields.ALGO: kind, schema.PARAMS: fit(part, options)})
        told.append(_judged(judge.predict(table.values[held]), target[kept], target[held], classes))
    elif len(held):
        told.append("not judged: the rows that are not held back have fewer classes")
    config = {fields.ALGO: kind, schema.FEATURES: [*table.names], schema.PARAMS: fit(table, options)}
    schema.read(config)
    return Learned(orjson.dumps(config), told)


def _judged(found: Any, known: Any, truth: Any, classes: bool) -> str:
    if classes:
        right = 100.0 * float(np.mean(np.asarray(found) == truth))
        values, counts = np.unique(known, return_counts=True)
        usual = 100.0 * float(np.mean(truth == values[counts.argmax()]))
        return f"held back {len(truth)} rows: {right:.3g} % are told right, {usual:.3g} % by the commonest class"
    missed, spread = float(np.mean((truth - found) ** 2)), float(np.mean((truth - np.mean(known)) ** 2))
    explained = f"{1.0 - missed / spread:.4g}" if spread > 0.0 else "undefined"
    return f"held back {len(truth)} rows: R2 {explained}, mean error {float(np.mean(np.abs(truth - found))):.4g}"

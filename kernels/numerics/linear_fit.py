"""Linear models fitted to rows: least squares with a penalty, and the logistic model of classes.

Source: T. Hastie, R. Tibshirani and J. Friedman, "The Elements of Statistical Learning" (2nd ed., 2009), sections 3.4
and 4.4; J. Friedman, T. Hastie and R. Tibshirani, "Regularization paths for generalized linear models via coordinate
descent", J. Statistical Software 33 (2010). The intercept is never penalised.
Cost: O(n w**2) for w columns; of classes O(n (k w)**2) for each of about ten steps, k classes (1 of two).
"""

from __future__ import annotations

from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import NotConverged, Series

SWEEPS, STILL = 100_000, 1e-12  # of coordinate descent: at most, and the change relative to the target that ends it
STEPS, HALVINGS, FLAT = 100, 40, 1e-12  # of Newton's method


class Line(NamedTuple):
    """Coefficients, (w,) or (k, w) for k classes, and intercept, () or (k,)."""

    coef: Series
    intercept: Series


def ridge(table: Series, target: Series, alpha: float) -> Line:
    """Minimise |y - X b - a|**2 + alpha |b|**2; of several such with alpha = 0 the shortest b.

    table : (n, w). target : (n,). alpha : >= 0.
    """
    origin, level = table.mean(axis=0), target.mean()
    width = table.shape[1]
    rows, values = table - origin, target - level
    if alpha > 0.0:  # as further rows: the normal equations would square the condition number
        rows = np.vstack((rows, np.sqrt(alpha) * np.eye(width)))
        values = np.concatenate((values, np.zeros(width)))
    coef = np.asarray(np.linalg.lstsq(rows, values, rcond=None)[0])
    return Line(coef, np.asarray(level - origin @ coef))


def elastic_net(table: Series, target: Series, alpha: float, l1_ratio: float) -> Line:
    """Minimise |y - X b - a|**2 / (2 n) + alpha (l1_ratio |b|_1 + (1 - l1_ratio) |b|**2 / 2).

    table : (n, w). target : (n,). alpha : > 0. l1_ratio : 0 to 1; 1 is the lasso.

    Raises
    ------
    NotConverged
    """
    n = len(table)
    origin, level = table.mean(axis=0), target.mean()
    rows, values = table - origin, target - level
    coef = np.zeros(table.shape[1])
    size = float(np.sqrt(np.mean(values**2)))
    gram, right = rows.T @ rows / n, rows.T @ values / n
    if not _descend(np.ascontiguousarray(gram), right, alpha * l1_ratio, alpha * (1.0 - l1_ratio), STILL * size, coef):
        raise NotConverged(f"no minimum was found in {SWEEPS} sweeps; a larger alpha than {alpha:g} helps")
    return Line(coef, np.asarray(level - origin @ coef))


@kernel("b1(f8[:, ::1], f8[::1], f8, f8, f8, f8[::1])")
def _descend(gram: Series, right: Series, absolute: float, squared: float, still: float, coef: Series) -> bool:
    """Minimise along one coefficient after the other, in place; False where the sweeps were too few."""
    slope = right.copy()  # right - gram @ coef
    for _ in range(SWEEPS):
        largest = 0.0
        for j in range(coef.shape[0]):
            own = gram[j, j]
            if own + squared <= 0.0:
                continue
            pull = slope[j] + own * coef[j]
            wanted = max(abs(pull) - absolute, 0.0) / (own + squared)
            wanted = wanted if pull > 0.0 else -wanted
            moved = wanted - coef[j]
            if moved != 0.0:
                coef[j] = wanted
                for i in range(coef.shape[0]):
                    slope[i] -= gram[j, i] * moved
                largest = max(largest, abs(moved) * np.sqrt(own))
        if largest <= still:
            return True
    return False


def logistic(table: Series, number: NDArray[np.int64], classes: int, c: float) -> Line:
    """Minimise c times the negative log-likelihood, plus |b|**2 / 2: one row of b for two classes, else one for each.

    table : (n, w). number : (n,) of the class of each row, 0 to classes - 1. c : > 0.

    Raises
    ------
    NotConverged
    """
    n, width = table.shape
    origin = table.mean(axis=0)
    rows = np.column_stack((table - origin, np.ones(n)))
    kept = 1 if classes == 2 else classes
    truth = (number == 1).astype(np.float64)[:, None] if kept == 1 else np.eye(classes)[number]
    penalty = np.append(np.ones(width), 0.0)
    weights = np.zeros((kept, width + 1))
    goal = _goal(rows, truth, weights, penalty, c)
    for _ in range(STEPS):
        share = _shares(rows @ weights.T)
        slope = c * (share - truth).T @ rows + penalty * weights
        step = _newton(rows, share, slope, penalty, c)
        promised = float(np.sum(slope * step))
        if promised <= FLAT * max(goal, FLAT):
            return Line(weights[:, :-1], weights[:, -1] - weights[:, :-1] @ origin)
        for halving in range(HALVINGS):
            tried = weights - 0.5**halving * step
            found = _goal(rows, truth, tried, penalty, c)
            if found <= goal - 1e-4 * 0.5**halving * promised:
                break
        else:  # rounding: nothing better is to be had
            return Line(weights[:, :-1], weights[:, -1] - weights[:, :-1] @ origin)
        weights, goal = tried, found
    raise NotConverged(f"no maximum of the likelihood was found in {STEPS} steps")


def _newton(rows: Series, share: Series, slope: Series, penalty: Series, c: float) -> Series:
    """Return Newton's step; the shortest, since intercepts of all classes may move together."""
    kept, size = slope.shape
    curve = np.empty((kept, size, kept, size))
    for i in range(kept):
        for j in range(kept):
            weight = share[:, i] * ((i == j) - share[:, j])
            curve[i, :, j, :] = c * (rows.T * weight) @ rows
        curve[i, np.arange(size), i, np.arange(size)] += penalty
    whole: Any = curve.reshape(kept * size, kept * size)
    return np.asarray(np.linalg.lstsq(whole, slope.ravel(), rcond=None)[0]).reshape(kept, size)


def _shares(score: Series) -> Series:
    """Return the probabilities of the classes, of the second one alone where there is one score."""
    if score.shape[1] == 1:
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * score)))
    score = np.exp(score - score.max(axis=1, keepdims=True))
    return np.asarray(score / score.sum(axis=1, keepdims=True))


def _goal(rows: Series, truth: Series, weights: Series, penalty: Series, c: float) -> float:
    score = rows @ weights.T
    if score.shape[1] == 1:
        lost = np.logaddexp(0.0, score) - truth * score
    else:
        lost = np.logaddexp.reduce(score, axis=1) - np.sum(truth * score, axis=1)
    found = c * float(np.sum(lost)) + 0.5 * float(np.sum(penalty * weights**2))
    return found if found < inf else inf

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, LogisticRegression, Ridge

from kernels.numerics import linear_fit
from kernels.numerics.linear_fit import elastic_net, logistic, ridge

RANDOM = np.random.default_rng(4)
X = RANDOM.normal(size=(80, 4)) * [1.0, 3.0, 0.5, 2.0] + [0.0, 10.0, -1.0, 5.0]
Y = X @ [2.0, -1.0, 0.0, 0.3] + RANDOM.normal(size=80) + 7.0


def naive(table, target, alpha, l1_ratio, coef, intercept) -> float:
    """What an elastic net minimises."""
    squares = 0.0
    for row, y in zip(table, target, strict=True):
        squares += (y - intercept - sum(b * x for b, x in zip(coef, row, strict=True))) ** 2
    bounds = sum(l1_ratio * abs(b) + (1 - l1_ratio) * b * b / 2 for b in coef)
    return squares / (2 * len(target)) + alpha * bounds


@pytest.mark.parametrize("alpha", [0.0, 0.5, 100.0])
def test_ridge_is_that_of_scikit_learn(alpha) -> None:
    peer = (Ridge(alpha=alpha, solver="svd") if alpha else LinearRegression()).fit(X, Y)
    found = ridge(X, Y, alpha)
    np.testing.assert_allclose(found.coef, peer.coef_, rtol=1e-9)
    assert float(found.intercept) == pytest.approx(peer.intercept_, rel=1e-9)


def test_columns_that_say_the_same_share_their_coefficient() -> None:
    twice = np.column_stack((X, X[:, 0]))
    found = ridge(twice, Y, 0.0)
    assert found.coef[0] == pytest.approx(found.coef[-1])


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.1, 1.0), (0.5, 0.5), (1e-3, 0.9), (1e6, 1.0)])
def test_the_net_is_that_of_scikit_learn_and_no_step_from_it_is_better(alpha, l1_ratio) -> None:
    made = Lasso(alpha) if l1_ratio == 1.0 else ElasticNet(alpha, l1_ratio=l1_ratio)
    peer = made.set_params(tol=1e-12, max_iter=100_000).fit(X, Y)
    found = elastic_net(X, Y, alpha, l1_ratio)
    np.testing.assert_allclose(found.coef, peer.coef_, atol=1e-6)
    least = naive(X, Y, alpha, l1_ratio, found.coef, found.intercept)
    for j in range(4):
        for step in (-1e-3, 1e-3):
            assert least <= naive(X, Y, alpha, l1_ratio, found.coef + step * np.eye(4)[j], found.intercept)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("c", [0.01, 1.0, 100.0])
def test_classes_are_told_apart_as_by_scikit_learn(classes, c) -> None:
    number = np.digitize(Y, np.quantile(Y, np.arange(1, classes) / classes))
    peer = LogisticRegression(C=c, tol=1e-10, max_iter=50_000).fit(X, number)
    found = logistic(X, number, classes, c)
    np.testing.assert_allclose(found.coef, peer.coef_, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.intercept, peer.intercept_, rtol=1e-4, atol=1e-3)


def test_classes_that_a_line_separates_have_finite_coefficients() -> None:
    number = (X[:, 0] > 0).astype(np.int64)
    found = logistic(X, number, 2, 1e6)
    assert ((X @ found.coef[0] + found.intercept[0] > 0) == number).all()
    assert np.isfinite(found.coef).all()


def test_a_search_that_does_not_end_is_said(monkeypatch) -> None:
    monkeypatch.setattr(linear_fit, "STEPS", 1)
    with pytest.raises(linear_fit.NotConverged, match="no maximum of the likelihood was found in 1 steps"):
        logistic(X, (Y > 0).astype(np.int64), 2, 100.0)

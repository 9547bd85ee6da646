from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._covariate_effect import PRIORS, _autoregression, _filtered, _lags, _ridge, effect


def naive(columns: Series, y: Series) -> tuple[Series, Series]:
    """Ridge regression of the likeliest prior: the evidence of MacKay (1992) by the n x n covariance of y."""
    n, size = len(y), np.sqrt(np.mean(columns**2, axis=1))
    unit = columns / size[:, None]
    best = (np.inf, 0.0, 0.0)
    for prior in PRIORS:
        covariance = np.eye(n) + prior * unit.T @ unit
        left = float(y @ np.linalg.solve(covariance, y))
        best = min(best, (n * np.log(left) + np.linalg.slogdet(covariance)[1], prior, left))
    _, prior, left = best
    inner = np.linalg.inv(unit @ unit.T + np.eye(len(unit)) / prior)
    return inner @ unit @ y / size, inner * left / n / np.outer(size, size)


def walk(n: int, seed: int) -> Series:
    return np.random.default_rng(seed).normal(size=n).cumsum()


def standard(columns: Series) -> Series:
    return (columns - columns.mean(axis=1, keepdims=True)) / columns.std(axis=1, keepdims=True)


@pytest.mark.parametrize("k", [1, 3])
def test_the_regression_equals_the_naive_one(k: int) -> None:
    rng = np.random.default_rng(k)
    columns = rng.normal(size=(k, 30))
    columns -= columns.mean(axis=1, keepdims=True)
    y = 2.0 * columns[0] + rng.normal(size=30)
    y -= y.mean()
    weights, doubt = _ridge(columns, y)
    wanted, covariance = naive(columns, y)
    np.testing.assert_allclose(weights, wanted, rtol=1e-8)
    np.testing.assert_allclose(doubt, covariance, rtol=1e-7)


def test_the_autoregression_is_least_squares_and_leaves_its_errors() -> None:
    rng, x, lags = np.random.default_rng(4), np.zeros(400), [1, 2]
    for t in range(2, 400):
        x[t] = 0.5 * x[t - 1] + 0.3 * x[t - 2] + rng.normal()
    phi = _autoregression(x, lags)
    design = np.column_stack([np.ones(398), x[1:-1], x[:-2]])
    np.testing.assert_allclose(phi, np.linalg.lstsq(design, x[2:], rcond=None)[0][1:], atol=1e-5)
    np.testing.assert_allclose(_filtered(x[None], lags, phi)[0], x[2:] - phi[0] * x[1:-1] - phi[1] * x[:-2])


@pytest.mark.parametrize(
    ("n", "period", "lags"),
    [(20, 0, [1]), (50, 0, [1, 2, 3]), (45, 12, [1, 2, 3]), (46, 12, [1, 2, 3, 12]), (60, 12, [1, 2, 3, 12, 13])],
)
def test_the_season_is_looked_back_to_where_it_is_seen_often_enough(n: int, period: int, lags: list[int]) -> None:
    assert _lags(n, period) == lags


@pytest.mark.parametrize("period", [0, 24])
def test_an_effect_on_a_walk_with_a_season_is_found_within_its_doubt(period: int) -> None:
    columns = standard(np.array([walk(400, 1), (np.arange(400) % 7 == 3) * 1.0]))
    season = np.sin(2.0 * np.pi * np.arange(400) / 24) if period else 0.0
    y = (walk(400, 2) + 5.0 * season) / 50.0 + 0.3 * columns[0] - 0.2 * columns[1]
    weights, doubt = effect(y, columns, period)
    error = np.sqrt(np.diag(doubt))
    assert (np.abs(weights - [0.3, -0.2]) < 3.0 * error).all()
    assert (error < 0.05).all()


def test_what_tells_nothing_has_no_weight() -> None:
    for seed in range(5):
        weights, doubt = effect(walk(200, seed) / 20.0, standard(walk(200, 100 + seed)[None]), 0)
        assert weights.tolist() == [0.0]
        assert doubt.tolist() == [[0.0]]


def test_a_covariate_that_does_not_move_has_no_weight_beside_one_that_does() -> None:
    columns = np.concatenate([standard(walk(100, 3)[None]), np.zeros((1, 100))])
    weights, doubt = effect(0.5 * columns[0] + walk(100, 4) / 100.0, columns, 0)
    assert weights[0] == pytest.approx(0.5, abs=0.1)
    assert (weights[1], doubt[1, 0], doubt[1, 1]) == (0.0, 0.0, 0.0)


def test_an_exact_relation_is_found_and_a_constant_has_none() -> None:
    columns = standard(walk(60, 5)[None])
    assert effect(0.25 * columns[0], columns, 0)[0] == pytest.approx(0.25, rel=1e-6)
    assert effect(np.zeros(60), columns, 0)[0].tolist() == [0.0]

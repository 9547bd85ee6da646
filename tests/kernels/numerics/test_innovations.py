from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.numerics.arma import coefficients
from kernels.numerics.innovations import GAIN, SERIES, innovations, state_at_limit

MODELS = [(0, 0, 0, 0, 1), (2, 0, 0, 0, 1), (0, 2, 0, 0, 1), (2, 1, 0, 0, 1), (1, 1, 1, 1, 4), (0, 1, 2, 1, 5)]


def naive(
    x: NDArray[np.float64], phi: NDArray[np.float64], theta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Errors and variances by factorising the covariance matrix, itself from very many psi weights."""
    n, p, q = len(x), len(phi), len(theta)
    psi = np.zeros(4000)
    psi[0] = 1.0
    for k in range(1, len(psi)):
        psi[k] = (theta[k - 1] if k <= q else 0.0) + sum(phi[i] * psi[k - 1 - i] for i in range(min(p, k)))
    gamma = np.array([psi[: len(psi) - k] @ psi[k:] for k in range(n)])
    lower = np.linalg.cholesky(gamma[np.abs(np.subtract.outer(np.arange(n), np.arange(n)))])
    scale = np.diag(lower)
    return np.linalg.solve(lower, x) * scale, scale**2


def run(
    x: NDArray[np.float64], orders: tuple[int, ...], exact_steps: int = 10**6
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], tuple[float, bool, int], tuple[object, ...]]:
    parameters = np.random.default_rng(3).normal(0.0, 0.5, sum(orders[:4]))
    phi, theta = coefficients(parameters, np.array(orders))
    n = len(x)
    error, ones, variance = np.empty(n), np.empty(n), np.empty(n)
    state = np.zeros((4, max(len(phi), len(theta)) + 1))
    done = innovations(x, True, phi, theta, exact_steps, error, ones, variance, state)
    return error, ones, variance, done, (phi, theta, state)


@pytest.mark.parametrize("orders", MODELS)
@pytest.mark.parametrize("n", [3, 12, 60])
def test_errors_are_those_of_the_covariance_matrix(orders: tuple[int, ...], n: int) -> None:
    x = np.random.default_rng(n).normal(size=n)
    error, ones, variance, (_, usable, _), (phi, theta, _) = run(x, orders)
    expected, expected_variance = naive(x, phi, theta)  # type: ignore[arg-type]
    assert usable
    np.testing.assert_allclose(error, expected, atol=1e-8)
    np.testing.assert_allclose(variance, expected_variance, rtol=1e-8)
    np.testing.assert_allclose(ones, naive(np.ones(n), phi, theta)[0], atol=1e-8)  # type: ignore[arg-type]


@pytest.mark.parametrize("orders", MODELS[1:])
def test_a_settled_filter_goes_on_as_the_exact_one(orders: tuple[int, ...]) -> None:
    x = np.random.default_rng(9).normal(size=400)
    error, _, variance, (following, _, settled), (phi, theta, state) = run(x, orders)
    assert settled < 400
    assert following == 1.0
    np.testing.assert_array_equal(variance[settled:], 1.0)
    expected, _ = naive(x, phi, theta)  # type: ignore[arg-type]
    np.testing.assert_allclose(error, expected, atol=1e-7)
    state_at_limit(x, error, phi, theta, state)  # type: ignore[arg-type]
    longer = np.append(x, 0.25)
    next_error, *_ = run(longer, orders)
    np.testing.assert_allclose(0.25 - state[SERIES, 0], next_error[-1], atol=1e-9)  # type: ignore[index]
    r = max(len(phi), len(theta))  # type: ignore[arg-type]
    limit = np.zeros(r)
    limit[: len(phi)] += phi  # type: ignore[arg-type]
    limit[: len(theta)] += theta  # type: ignore[arg-type]
    np.testing.assert_allclose(state[GAIN, :r], limit, atol=1e-14)  # type: ignore[index]


def test_an_early_limit_differs_only_a_little() -> None:
    x = np.random.default_rng(4).normal(size=300)
    exact, *_ = run(x, (1, 1, 1, 1, 4))
    early, _, _, (_, _, settled), _ = run(x, (1, 1, 1, 1, 4), exact_steps=6)
    assert settled == 6
    np.testing.assert_allclose(early[100:], exact[100:], atol=1e-3)


def test_parameters_on_the_edge_are_refused_not_wrong() -> None:
    error, ones, variance, state = np.empty(5), np.empty(5), np.empty(5), np.zeros((4, 2))
    _, usable, _ = innovations(np.ones(5), True, np.array([1.0]), np.zeros(0), 5, error, ones, variance, state)
    assert not usable


@pytest.mark.parametrize("orders", MODELS)
def test_with_no_exact_step_everything_before_the_series_is_0(orders: tuple[int, ...]) -> None:
    x = np.random.default_rng(5).normal(size=40)
    error, ones, variance, _, filtered = run(x, orders, exact_steps=-1)
    phi, theta = coefficients(np.random.default_rng(3).normal(0.0, 0.5, sum(orders[:4])), np.array(orders))
    for series, found in ((x, error), (np.ones(40), ones)):
        by_hand = np.zeros(40)
        for t in range(40):
            by_hand[t] = series[t] - sum(phi[i] * series[t - 1 - i] for i in range(min(t, len(phi))))
            by_hand[t] -= sum(theta[i] * by_hand[t - 1 - i] for i in range(min(t, len(theta))))
        np.testing.assert_allclose(found, by_hand, atol=1e-12)

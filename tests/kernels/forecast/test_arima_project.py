from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.forecast._arima_project import project
from kernels.numerics.arma import coefficients

CASES = [((2, 1, 0, 0, 1), 0, 0), ((0, 1, 0, 0, 1), 1, 0), ((1, 1, 1, 1, 4), 1, 1), ((1, 0, 0, 2, 3), 2, 0)]


def naive(
    w: NDArray[np.float64], phi: NDArray[np.float64], theta: NDArray[np.float64], rows: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and covariance of the future of a Gaussian ARMA given its past, by dense matrices."""
    psi = np.zeros(4000)
    psi[0] = 1.0
    for k in range(1, len(psi)):
        psi[k] = (theta[k - 1] if k <= len(theta) else 0.0) + sum(
            phi[i] * psi[k - 1 - i] for i in range(min(len(phi), k))
        )
    n = len(w)
    gamma = np.array([psi[: len(psi) - k] @ psi[k:] for k in range(n + rows)])
    covariance = gamma[np.abs(np.subtract.outer(np.arange(n + rows), np.arange(n + rows)))]
    weights = np.linalg.solve(covariance[:n, :n], covariance[:n, n:]).T
    return weights @ w, covariance[n:, n:] - weights @ covariance[:n, n:]


@pytest.mark.parametrize(("orders", "d", "seasonal_d"), CASES)
@pytest.mark.parametrize("n", [12, 300])
def test_equals_the_conditional_distribution(orders: tuple[int, ...], d: int, seasonal_d: int, n: int) -> None:
    rng = np.random.default_rng(n)
    m, rows = orders[4], 9
    phi, theta = coefficients(rng.normal(0.0, 0.5, sum(orders[:4])), np.array(orders))
    y = np.cumsum(rng.normal(size=n + d + m * seasonal_d))
    w, undo = y, np.eye(rows)
    for _ in range(seasonal_d):
        w = w[m:] - w[:-m]
    w = np.ascontiguousarray(np.diff(w, d))
    value, variance, error = project(y, w, 0.0, False, phi, theta, d, seasonal_d, m, rows, n)
    mean, covariance = naive(w, phi, theta, rows)
    # integrate by the definition, one step after the other
    path, future = list(y), []
    difference = np.array([1.0])
    for lag, times in ((1, d), (m, seasonal_d)):
        for _ in range(times):
            difference = np.convolve(difference, [1.0, *[0.0] * (lag - 1), -1.0])
    for h in range(rows):
        future.append(mean[h] - sum(difference[j] * path[-j] for j in range(1, len(difference))))
        path.append(future[-1])
    np.testing.assert_allclose(value, future, rtol=1e-7, atol=1e-8)
    for h in range(rows):
        for j in range(1, min(len(difference), h + 1)):
            undo[h] -= difference[j] * undo[h - j]
    np.testing.assert_allclose(variance, np.diag(undo @ covariance @ undo.T), rtol=1e-7)
    assert len(error) == len(w)


def test_an_uncertain_mean_widens_white_noise_by_one_nth() -> None:
    w = np.random.default_rng(1).normal(size=50)
    _, variance, _ = project(w, w, 0.3, True, np.zeros(0), np.zeros(0), 0, 0, 1, 4, len(w))
    np.testing.assert_allclose(variance, 1.0 + 1.0 / 50.0, rtol=1e-12)


def test_an_uncertain_drift_widens_a_walk_with_the_square_of_the_horizon() -> None:
    y = np.cumsum(np.random.default_rng(2).normal(0.5, 1.0, 51))
    _, variance, _ = project(y, np.diff(y), 0.5, True, np.zeros(0), np.zeros(0), 1, 0, 1, 4, len(y))
    h = np.arange(1.0, 5.0)
    np.testing.assert_allclose(variance, h + h**2 / 50.0, rtol=1e-12)


def test_drift_is_a_straight_line() -> None:
    y = np.arange(20.0) * 2.0 + 1.0
    value, _, error = project(y, np.diff(y), 2.0, False, np.zeros(0), np.zeros(0), 1, 0, 1, 3, len(y))
    np.testing.assert_allclose(value, [41.0, 43.0, 45.0], rtol=1e-12)
    np.testing.assert_allclose(error, 0.0, atol=1e-12)

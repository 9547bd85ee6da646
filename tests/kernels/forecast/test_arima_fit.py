from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from kernels.forecast._arima_fit import improve
from kernels.numerics.arma import coefficients
from kernels.numerics.innovations import innovations

NONE = np.empty((0, 0))  # no regressors
MODELS = [(1, 0, 0, 0, 1), (0, 1, 0, 0, 1), (2, 1, 0, 0, 1), (1, 0, 1, 1, 4)]


def naive(w: NDArray[np.float64], with_mean: bool, x: NDArray[np.float64], orders: NDArray[np.int64]) -> float:
    """Log-likelihood by the dense Gaussian density, mean by generalised least squares."""
    phi, theta = coefficients(x, orders)
    psi = np.zeros(3000)
    psi[0] = 1.0
    for k in range(1, len(psi)):
        psi[k] = (theta[k - 1] if k <= len(theta) else 0.0) + sum(
            phi[i] * psi[k - 1 - i] for i in range(min(len(phi), k))
        )
    n = len(w)
    gamma = np.array([psi[: len(psi) - k] @ psi[k:] for k in range(n)])
    covariance = gamma[np.abs(np.subtract.outer(np.arange(n), np.arange(n)))]
    inverse, ones = np.linalg.inv(covariance), np.ones(n)
    mean = (ones @ inverse @ w) / (ones @ inverse @ ones) if with_mean else 0.0
    sigma2 = (w - mean) @ inverse @ (w - mean) / n
    return float(-0.5 * (n * np.log(2.0 * np.pi * sigma2) + np.linalg.slogdet(covariance)[1] + n))


def loglik(squares: float, n: int) -> float:
    return float(-0.5 * n * (np.log(2.0 * np.pi * squares / n) + 1.0))


def simulated(orders: NDArray[np.int64], n: int = 80) -> NDArray[np.float64]:
    rng = np.random.default_rng(7)
    phi, theta = coefficients(rng.normal(0.0, 0.6, int(sum(orders[:4]))), orders)
    noise, w = rng.normal(size=n + 50), np.zeros(n + 50)
    for t in range(20, n + 50):
        w[t] = noise[t] + sum(phi[i] * w[t - 1 - i] for i in range(len(phi)))
        w[t] += sum(theta[i] * noise[t - 1 - i] for i in range(len(theta)))
    return w[50:]


def fitted(
    w: NDArray[np.float64], with_mean: bool, x: NDArray[np.float64], orders: NDArray[np.int64], iterations: int = 100
) -> tuple[float, float, float, bool]:
    return improve(w, NONE, with_mean, x, orders, len(w), iterations, 1e-9, np.inf, np.array([1e-2]))


@pytest.mark.parametrize("orders", MODELS)
@pytest.mark.parametrize("with_mean", [False, True])
def test_likelihood_is_the_gaussian_density(orders: tuple[int, ...], with_mean: bool) -> None:
    vector = np.array(orders)
    w = simulated(vector) + 0.5
    x = np.random.default_rng(8).normal(0.0, 0.5, sum(orders[:4]))
    squares, _, _, _ = fitted(w, with_mean, x, vector, iterations=0)
    np.testing.assert_allclose(loglik(squares, len(w)), naive(w, with_mean, x, vector), atol=1e-7)


@pytest.mark.parametrize("orders", MODELS)
def test_no_neighbouring_point_is_better(orders: tuple[int, ...]) -> None:
    vector = np.array(orders)
    w = simulated(vector)
    x = np.zeros(sum(orders[:4]))
    best, _, _, done = fitted(w, False, x, vector)
    assert done
    for i in range(len(x)):
        for move in (-0.01, 0.01):
            other = x.copy()
            other[i] += move
            assert fitted(w, False, other, vector, iterations=0)[0] >= best * (1.0 - 1e-9)


@pytest.mark.parametrize("with_mean", [False, True])
def test_likelihood_with_regressors_is_the_largest_over_their_coefficients(with_mean: bool) -> None:
    vector, w = np.array((1, 0, 1, 1, 4)), simulated(np.array((1, 0, 1, 1, 4)))
    x, regressors = np.array([0.4, -0.3, 0.5]), np.random.default_rng(9).normal(size=(2, len(w)))

    def misfit(beta: NDArray[np.float64]) -> float:
        return -naive(w - beta @ regressors, with_mean, x, vector)

    squares, *_ = improve(w, regressors, with_mean, x.copy(), vector, len(w), 0, 0.0, np.inf, np.zeros(1))
    best = -float(minimize(misfit, np.zeros(2), method="BFGS").fun)
    np.testing.assert_allclose(loglik(squares, len(w)), best, atol=1e-6)


def test_a_shift_moves_only_the_mean() -> None:
    vector = np.array((1, 0, 1, 1, 4))
    w = simulated(vector)
    x, shifted = np.zeros(3), np.zeros(3)
    squares, mean, _, _ = fitted(w, True, x, vector)
    moved_squares, moved_mean, _, _ = fitted(w + 100.0, True, shifted, vector)
    np.testing.assert_allclose(moved_squares, squares, rtol=1e-7)
    np.testing.assert_allclose(moved_mean - 100.0, mean, atol=1e-4)


def test_interrupted_fits_end_at_the_same_place() -> None:
    vector = np.array((2, 1, 0, 0, 1))
    w = simulated(vector)
    at_once, in_pieces = np.zeros(3), np.zeros(3)
    whole, _, _, _ = fitted(w, False, at_once, vector)
    damping, done = np.array([1e-2]), False
    while not done:
        pieces, _, _, done = improve(w, NONE, False, in_pieces, vector, len(w), 2, 1e-9, np.inf, damping)
    np.testing.assert_allclose(pieces, whole, rtol=1e-7)


def test_a_hopeless_fit_stops_early() -> None:
    vector = np.array((2, 1, 0, 0, 1))
    w = simulated(vector)
    hurried, patient = np.zeros(3), np.zeros(3)
    early, _, _, done = improve(w, NONE, False, hurried, vector, len(w), 100, 1e-9, 1e-9, np.array([1e-2]))
    full, _, _, _ = fitted(w, False, patient, vector)
    assert done
    assert early > full


def test_a_unit_root_in_the_moving_average_is_reached() -> None:
    noise = np.random.default_rng(11).normal(size=200)
    w = np.diff(noise)  # over-differenced: theta = -1
    x = np.zeros(1)
    orders = np.array((0, 1, 0, 0, 1))
    squares, _, _, _ = fitted(w, False, x, orders)
    _, theta = coefficients(x, orders)
    assert theta[0] < -0.99
    error, ones, variance, state = np.empty(199), np.empty(199), np.empty(199), np.zeros((4, 2))
    innovations(w, False, np.zeros(0), np.array([-1.0]), 199, error, ones, variance, state)
    at_one = np.sum(error**2 / variance) * np.exp(np.mean(np.log(variance)))
    assert loglik(squares, 199) > loglik(at_one, 199) - 0.01

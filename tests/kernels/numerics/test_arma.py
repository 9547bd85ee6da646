from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.numerics.arma import coefficients, roots_beyond, stationary_gain

MODELS = [(1, 0, 0, 0, 1), (0, 2, 0, 0, 1), (2, 1, 0, 0, 1), (3, 2, 1, 1, 4), (1, 1, 2, 1, 7), (0, 1, 0, 2, 12)]


def naive(phi: NDArray[np.float64], theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Variance and gain from very many psi weights: cov(x_t, x_{t-k}) = sum psi_j psi_{j+k}."""
    p, q = len(phi), len(theta)
    psi = np.zeros(6000)
    psi[0] = 1.0
    for k in range(1, len(psi)):
        psi[k] = (theta[k - 1] if k <= q else 0.0) + sum(phi[i] * psi[k - 1 - i] for i in range(min(p, k)))
    gamma = [float(psi[: len(psi) - k] @ psi[k:]) for k in range(p + 1)]
    gain = np.zeros(max(p, q))
    for i in range(len(gain)):
        gain[i] = sum(phi[j] * gamma[j - i] for j in range(i, p)) + sum(theta[j] * psi[j - i] for j in range(i, q))
    return gamma[0], gain


def parameters(orders: tuple[int, ...], seed: int = 0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0.0, 0.6, sum(orders[:4]))


@pytest.mark.parametrize("orders", MODELS)
def test_gain_is_that_of_the_psi_weights(orders: tuple[int, ...]) -> None:
    phi, theta = coefficients(parameters(orders), np.array(orders))
    variance, gain, usable = stationary_gain(phi, theta)
    expected_variance, expected_gain = naive(phi, theta)
    assert usable
    np.testing.assert_allclose(variance, expected_variance, rtol=1e-9)
    np.testing.assert_allclose(gain, expected_gain, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("orders", MODELS)
@pytest.mark.parametrize("seed", range(3))
def test_any_parameters_are_stationary_and_invertible(orders: tuple[int, ...], seed: int) -> None:
    phi, theta = coefficients(3.0 * parameters(orders, seed), np.array(orders))
    for polynomial in (np.concatenate(([1.0], -phi)), np.concatenate(([1.0], theta))):
        assert np.all(np.abs(np.roots(polynomial)) < 1.0 + 1e-6)


def test_seasonal_polynomials_multiply() -> None:
    x = np.arctanh(np.array([0.5, -0.4, 0.3, 0.2]))  # first-order factors: partial = coefficient
    phi, theta = coefficients(x, np.array([1, 1, 1, 1, 3]))
    np.testing.assert_allclose(phi, [0.5, 0.0, 0.3, -0.15], rtol=1e-14)
    np.testing.assert_allclose(theta, [0.4, 0.0, -0.2, -0.08], rtol=1e-14)


def test_a_zero_added_parameter_leaves_the_model_alone() -> None:
    phi, _ = coefficients(np.array([0.7, -0.3]), np.array([2, 0, 0, 0, 1]))
    longer, _ = coefficients(np.array([0.7, -0.3, 0.0]), np.array([3, 0, 0, 0, 1]))
    np.testing.assert_allclose(longer, [*phi, 0.0], atol=1e-16)


def test_a_unit_root_is_not_usable() -> None:
    _, _, usable = stationary_gain(np.array([1.0]), np.zeros(0))
    assert not usable


@pytest.mark.parametrize(("partial", "beyond"), [(0.98, True), (0.995, False)])
@pytest.mark.parametrize("place", range(4))
def test_roots_are_judged_factor_by_factor(partial: float, beyond: bool, place: int) -> None:
    x = np.zeros(4)
    x[place] = np.arctanh(partial)
    assert roots_beyond(x, np.array([1, 1, 1, 1, 12]), 1.01) == beyond

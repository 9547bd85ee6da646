from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.forecast._arima_conditional import improve_conditionally
from kernels.numerics.arma import coefficients

MODELS = [(1, 0, 0, 0, 1), (0, 2, 0, 0, 1), (2, 1, 0, 0, 1), (1, 1, 1, 1, 4), (0, 1, 1, 1, 3)]


def naive(w: NDArray[np.float64], x: NDArray[np.float64], orders: NDArray[np.int64]) -> float:
    """Sum of squares by the difference equation, term by term, with zeros before the series."""
    phi, theta = coefficients(x, orders)
    error = np.zeros(len(w))
    for t in range(len(w)):
        error[t] = w[t]
        for i in range(min(t, len(phi))):
            error[t] -= phi[i] * w[t - 1 - i]
        for i in range(min(t, len(theta))):
            error[t] -= theta[i] * error[t - 1 - i]
    return float(error @ error)


def series(n: int = 60) -> NDArray[np.float64]:
    return np.convolve(np.random.default_rng(n).normal(size=n + 2), [1.0, 0.6, 0.3], "valid")


def improved(w: NDArray[np.float64], x: NDArray[np.float64], orders: NDArray[np.int64], iterations: int) -> float:
    return improve_conditionally(w, x, orders, iterations, 1e-9, np.inf, np.array([1e-2]))[0]


@pytest.mark.parametrize("orders", MODELS)
def test_squares_are_those_of_the_difference_equation(orders: tuple[int, ...]) -> None:
    vector = np.array(orders)
    x = np.random.default_rng(1).normal(0.0, 0.5, sum(orders[:4]))
    assert improved(series(), x, vector, 0) == pytest.approx(naive(series(), x, vector), rel=1e-12)


@pytest.mark.parametrize("orders", MODELS)
def test_no_neighbouring_point_is_better(orders: tuple[int, ...]) -> None:
    vector, x = np.array(orders), np.zeros(sum(orders[:4]))
    best = improved(series(), x, vector, 100)
    for i in range(len(x)):
        for move in (-0.01, 0.01):
            other = x.copy()
            other[i] += move
            assert improved(series(), other, vector, 0) >= best * (1.0 - 1e-9)


def test_interrupted_fits_end_at_the_same_place() -> None:
    vector, at_once, in_pieces = np.array((2, 1, 0, 0, 1)), np.zeros(3), np.zeros(3)
    whole = improved(series(), at_once, vector, 100)
    damping, done = np.array([1e-2]), False
    while not done:
        pieces, done = improve_conditionally(series(), in_pieces, vector, 1, 1e-9, np.inf, damping)
    assert pieces == pytest.approx(whole, rel=1e-8)


def test_a_hopeless_fit_stops_early() -> None:
    vector, x = np.array((2, 1, 0, 0, 1)), np.zeros(3)
    squares, done = improve_conditionally(series(), x, vector, 100, 1e-9, 1e-9, np.array([1e-2]))
    assert done
    assert squares > improved(series(), np.zeros(3), vector, 100)


def test_nothing_to_estimate_leaves_the_squares() -> None:
    assert improved(series(), np.zeros(0), np.array((0, 0, 0, 0, 1)), 9) == pytest.approx(series() @ series())

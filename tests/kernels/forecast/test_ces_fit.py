from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._ces_fit import FREE, FULL, HIGH, LOW, NONE, PARTIAL, SIMPLE, fit, predict, run_through

FORMS = [NONE, SIMPLE, PARTIAL, FULL]


def naive(y: Series, form: int, parameters: Series, states: Series, rows: int) -> tuple[list[float], list[float]]:
    """Multiply complex numbers: errors of the rows of y, and forecasts of `rows` more, from the first states."""
    m = states.shape[1]
    a, b = complex(*parameters[:2]), complex(*parameters[2:])
    pairs = [complex(*states[:2, k if form == SIMPLE else 0]) for k in range(m)]
    seasons = [complex(*states[2:, k]) for k in range(m)]

    def moved(pair: complex, smoothing: complex, e: float) -> complex:
        level, potential = pair.real, pair.imag
        return complex(
            level - (1 - smoothing.imag) * potential + (smoothing.real - smoothing.imag) * e,
            level + (1 - smoothing.real) * potential + (smoothing.real + smoothing.imag) * e,
        )

    errors: list[float] = []
    ahead: list[float] = []
    for t in range(len(y) + rows):
        k = t % m
        own = k if form == SIMPLE else 0
        expected = pairs[own].real + (seasons[k].real if form >= PARTIAL else 0.0)
        e = float(y[t]) - expected if t < len(y) else 0.0
        (errors if t < len(y) else ahead).append(e if t < len(y) else expected)
        pairs[own] = moved(pairs[own], a, e)
        if form == PARTIAL:
            seasons[k] += b.real * e
        elif form == FULL:
            seasons[k] = moved(seasons[k], b, e)
    return errors, ahead


def example(form: int, n: int = 30) -> tuple[Series, Series, Series]:
    """Return a series, first states (4, m) and parameters."""
    rng = np.random.default_rng(n)
    m = 4 if form != NONE else 1
    states = np.zeros((4, m))
    states[:2, : m if form == SIMPLE else 1] = rng.normal(10.0, 1.0, (2, m if form == SIMPLE else 1))
    states[2:, :] = rng.normal(size=(2, m)) if form >= PARTIAL else 0.0
    return 10.0 + rng.normal(size=n), states, np.array([1.2, 0.99, 0.4, 0.9 if form == FULL else 0.0])


@pytest.mark.parametrize("form", FORMS)
def test_errors_and_forecasts_equal_the_naive_ones(form: int) -> None:
    y, states, parameters = example(form)
    wanted, ahead = naive(y, form, parameters, states, 9)
    residual = np.empty(len(y))
    squares = run_through(y, form, parameters, states, False, residual)
    np.testing.assert_allclose(residual, wanted, atol=1e-9)
    assert squares == pytest.approx(sum(e * e for e in wanted))
    np.testing.assert_allclose(predict(len(y), form, parameters, states, 9)[0], ahead, atol=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_variances_are_those_of_errors_that_go_on(form: int) -> None:
    y, states, parameters = example(form)
    _, plain = naive(y[:0], form, parameters, states, 9)
    _, moved = naive(np.array(plain[:1]) + 1.0, form, parameters, states, 8)
    weights = [1.0, *(np.array(moved) - plain[1:])]
    variance = predict(0, form, parameters, states, 9)[1]
    np.testing.assert_allclose(variance, np.cumsum(np.square(weights)), atol=1e-9)


@pytest.mark.compiled_only("hundreds of runs")
@pytest.mark.parametrize("form", FORMS)
def test_no_neighbour_has_less_squares(form: int) -> None:
    t = np.arange(60)
    y = 20.0 + 3.0 * np.sin(np.pi * t / 2) + np.random.default_rng(3).normal(size=60).cumsum()
    first = np.zeros((4, 4 if form else 1))
    first[0], first[1] = 20.0, 18.0
    parameters, states, residual = np.empty(4), np.empty_like(first), np.empty(60)
    least = fit(y, form, 0.0, first, parameters, states, residual)
    assert least == pytest.approx(np.sum(residual**2))
    for i in range(FREE[form]):
        assert LOW[i] <= parameters[i] <= HIGH[i]
        for move in (-1e-3, 1e-3):
            other = parameters.copy()
            other[i] = min(max(other[i] + move, LOW[i]), HIGH[i])
            run = first.copy()
            for backwards in (False, True, False):
                squares = run_through(y, form, other, run, backwards, residual)
            assert squares >= least * (1 - 1e-6)


@pytest.mark.compiled_only("hundreds of runs")
def test_a_prior_of_much_weight_leaves_the_level_as_it_is() -> None:
    y = 20.0 + 0.5 * np.arange(40.0) + np.random.default_rng(4).normal(size=40)
    first = np.array([[20.0], [18.0], [0.0], [0.0]])
    free, tied = np.empty(4), np.empty(4)
    fit(y, NONE, 0.0, first, free, np.empty((4, 1)), np.empty(40))
    fit(y, NONE, 1e6, first, tied, np.empty((4, 1)), np.empty(40))
    assert abs(tied[1] - 1.0) < 1e-3 < abs(free[1] - 1.0)

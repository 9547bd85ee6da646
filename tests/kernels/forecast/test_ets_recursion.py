import itertools

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._ets_recursion import ADD, MUL, forecast_path, normal_equations, run_through
from tests.kernels.forecast.models import R_MODELS, Model

FORMS = list(itertools.product((ADD, MUL), (ADD, MUL), (ADD, MUL)))  # error, trend, season
SMOOTHING = np.array([0.3, 0.1, 0.2, 0.9])


def naive(y: Series, trend: int, season: int, states: Series) -> tuple[list[float], list[float]]:
    """Run the textbook's weighted averages, beta* = beta / alpha; return one-step forecasts and last states."""
    alpha, beta, gamma, phi = SMOOTHING
    star = beta / alpha
    level, growth, seasons = states[0], states[1], list(states[2:])
    fitted = []
    for value in y:
        before, s = level, seasons.pop(0)
        expected = level + phi * growth if trend == ADD else level * growth**phi
        fitted.append(expected + s if season == ADD else expected * s)
        level = alpha * (value - s if season == ADD else value / s) + (1 - alpha) * expected
        if trend == ADD:
            growth = star * (level - before) + (1 - star) * phi * growth
        else:
            growth = star * (level / before) + (1 - star) * growth**phi
        seasons.append(gamma * (value - expected if season == ADD else value / expected) + (1 - gamma) * s)
    return fitted, [level, growth, *seasons]


def example(n: int, m: int, trend: int, season: int) -> tuple[Series, Series]:
    rng = np.random.default_rng(n + m)
    y = 5.0 * np.exp(rng.normal(0.0, 0.2, n))
    seasons = rng.normal(0.0, 0.1, m) + (1.0 if season == MUL else 0.0)
    return y, np.concatenate([[5.0, 0.02 if trend == ADD else 1.01], seasons])


@pytest.mark.parametrize(("error", "trend", "season"), FORMS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (12, 5), (50, 4)])
def test_residuals_and_objective_are_those_of_the_weighted_averages(
    n: int, m: int, error: int, trend: int, season: int
) -> None:
    y, states = example(n, m, trend, season)
    fitted, last = naive(y, trend, season, states)
    end, residual = states.copy(), np.empty(n)
    objective = run_through(y, error, trend, season, SMOOTHING, end, residual)
    np.testing.assert_allclose(residual, y - fitted, rtol=1e-11, atol=1e-12)
    by_slot = [0, 1, *(2 + (np.arange(m) - n) % m)]  # the naive queue begins with the next season
    np.testing.assert_allclose(end, np.array(last)[by_slot], rtol=1e-11)
    expected = np.sum((y - fitted) ** 2)
    if error == MUL:
        mu = np.array(fitted)
        expected = np.sum((y / mu - 1.0) ** 2) * np.exp(2.0 * np.mean(np.log(mu)))
    assert objective == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("error", "trend", "season"), FORMS)
def test_gradient_is_that_of_central_differences(error: int, trend: int, season: int) -> None:
    n, m = 30, 4
    y, states = example(n, m, trend, season)
    point = np.concatenate([SMOOTHING, states])

    def objective(x: Series) -> float:
        return run_through(y, error, trend, season, x[:4].copy(), x[4:].copy(), np.empty(0))

    width = 12
    tangents = np.zeros((2 + m, width))
    tangents[np.arange(2 + m), 4 + np.arange(2 + m)] = 1.0
    gram, gradient = np.empty((width, width)), np.empty(width)
    value = normal_equations(y, error, trend, season, SMOOTHING, states, tangents, gram, gradient)
    assert value == pytest.approx(objective(point), rel=1e-12)
    steps = 1e-6 * np.eye(len(point))
    slope = np.array([(objective(point + h) - objective(point - h)) / 2e-6 for h in steps])
    # J'r is half the gradient; differences of step 1e-6 are good to about 1e-9 of the largest
    np.testing.assert_allclose(2.0 * gradient[: len(point)], slope, atol=1e-7 * np.max(np.abs(slope)))
    np.testing.assert_array_equal(gradient[len(point) :], 0.0)
    np.testing.assert_allclose(gram, gram.T, rtol=1e-12)
    assert np.min(np.linalg.eigvalsh(gram)) > -1e-9 * np.max(gram)


def test_gram_matrix_is_that_of_the_residuals_jacobian() -> None:
    n, m, width = 30, 4, 12
    y, states = example(n, m, ADD, MUL)
    point = np.concatenate([SMOOTHING, states])

    def residuals(x: Series) -> Series:
        kept = np.empty(n)
        run_through(y, ADD, ADD, MUL, x[:4].copy(), x[4:].copy(), kept)
        return kept

    steps = 1e-6 * np.eye(len(point))
    jacobian = np.column_stack([(residuals(point + h) - residuals(point - h)) / 2e-6 for h in steps])
    tangents = np.zeros((2 + m, width))
    tangents[np.arange(2 + m), 4 + np.arange(2 + m)] = 1.0
    gram, gradient = np.empty((width, width)), np.empty(width)
    normal_equations(y, ADD, ADD, MUL, SMOOTHING, states, tangents, gram, gradient)
    expected = jacobian.T @ jacobian
    np.testing.assert_allclose(gram[:10, :10], expected, atol=1e-7 * np.max(np.abs(expected)))


def test_leaving_the_domain_is_an_infinite_error() -> None:
    y, states = example(20, 1, MUL, ADD)
    assert run_through(y, ADD, MUL, ADD, SMOOTHING, np.array([-1.0, 1.0, 0.0]), np.empty(0)) == np.inf
    assert run_through(y, ADD, ADD, MUL, SMOOTHING, np.array([1.0, 0.0, 0.0]), np.empty(0)) == np.inf
    assert run_through(y, MUL, ADD, ADD, SMOOTHING, np.array([-9.0, 0.0, 0.0]), np.empty(0)) == np.inf


@pytest.mark.parametrize(("trend", "season"), list(itertools.product((ADD, MUL), (ADD, MUL))))
def test_forecasts_go_on_where_the_series_ends(trend: int, season: int) -> None:
    n, m, rows = 22, 4, 9
    y, states = example(n, m, trend, season)
    end = states.copy()
    run_through(y, ADD, trend, season, SMOOTHING, end, np.empty(0))
    path = forecast_path(rows, n % m, trend, season, SMOOTHING[3], end)
    longer = y
    for h in range(rows):  # a forecast that comes true leaves the next ones as they were
        fitted, _ = naive(np.append(longer, 1.0), trend, season, states)
        assert path[h] == pytest.approx(fitted[-1], rel=1e-10)
        longer = np.append(longer, fitted[-1])


@pytest.mark.parametrize("model", R_MODELS, ids=str)
def test_r_models_have_the_errors_and_forecasts_that_r_says(model: Model) -> None:
    assert np.sum(model.residual**2) == pytest.approx(model.sse, rel=1e-6)
    path = forecast_path(len(model.mean), model.phase, ADD, model.season, 1.0, model.end)
    # with a multiplicative season R gives the mean over its errors, we the path without any
    np.testing.assert_allclose(path, model.mean, rtol=1e-6 if model.season == ADD else 5e-3)

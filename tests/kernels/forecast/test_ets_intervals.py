import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._ets_intervals import bounds_of_paths, deviations, simulate, widen_by_season
from kernels.forecast._ets_recursion import ADD, MUL, forecast_path
from tests.kernels.forecast.models import R_MODELS, Model

SMOOTHING = np.array([0.3, 0.05, 0.2, 0.9])


def naive(rows: int, error: int, sigma: float, states: Series, paths: int) -> Series:
    """Draw independent futures of an additive trend and season; return their standard deviations."""
    rng = np.random.default_rng(0)
    alpha, beta, gamma, phi = SMOOTHING
    m = len(states) - 2
    level, growth = np.full(paths, states[0]), np.full(paths, states[1])
    seasons = np.tile(states[2:], (paths, 1))
    found = []
    for h in range(rows):
        mu = level + phi * growth + seasons[:, h % m]
        e = rng.normal(0.0, sigma, paths) * (mu if error == MUL else 1.0)
        found.append(np.std(mu + e))
        level, growth = level + phi * growth + alpha * e, phi * growth + beta * e
        seasons[:, h % m] += gamma * e
    return np.array(found)


@pytest.mark.parametrize("error", [ADD, MUL])
def test_closed_form_is_the_spread_of_random_futures(error: int) -> None:
    states = np.array([10.0, 0.1, -1.0, 2.0, -1.0])
    mean = forecast_path(12, 0, ADD, ADD, SMOOTHING[3], states)
    found = deviations(mean, error, 0.05**2, SMOOTHING, 3)
    # 100 000 futures know a standard deviation to 0.3 %
    np.testing.assert_allclose(found, naive(12, error, 0.05, states, 100_000), rtol=0.01)


@pytest.mark.parametrize("model", R_MODELS, ids=str)
def test_deviations_are_those_of_r(model: Model) -> None:
    rows = len(model.mean)
    half = (model.upper95 - model.lower95) / 2.0 / 1.959963984540054
    if model.season == ADD:
        found = deviations(model.mean, model.error, model.sigma2, model.smoothing, model.period)
        np.testing.assert_allclose(found, half, rtol=1e-6)
    else:
        paths = simulate(rows, model.phase, model.error, ADD, MUL, np.sqrt(model.sigma2), model.smoothing, model.end)
        # R takes an approximate variance and a normal distribution, we 1000 stratified paths
        np.testing.assert_allclose(np.std(paths, axis=1), half, rtol=0.05)


def test_simulation_without_errors_is_the_forecast_itself() -> None:
    states = np.array([10.0, 1.02, 0.9, 1.1])
    for trend, season, error in ((MUL, MUL, MUL), (MUL, MUL, ADD), (ADD, MUL, MUL)):
        paths = simulate(7, 1, error, trend, season, 0.0, SMOOTHING, states)
        path = forecast_path(7, 1, trend, season, SMOOTHING[3], states)
        np.testing.assert_allclose(paths, np.tile(path[:, None], paths.shape[1]), rtol=1e-12)


def test_first_step_is_the_exact_normal_distribution() -> None:
    states = np.array([10.0, 0.0, 1.0])
    paths = simulate(1, 0, ADD, ADD, MUL, 2.0, SMOOTHING, states)
    low, high = bounds_of_paths(paths, np.array([10.0]), 0.95)
    np.testing.assert_allclose([10.0 - low[0], high[0] - 10.0], 2.0 * 1.959964, rtol=0.005)


def test_simulation_repeats_itself() -> None:
    states = np.array([10.0, 1.01, 0.9, 1.1])
    first = simulate(5, 0, MUL, MUL, MUL, 0.1, SMOOTHING, states)
    np.testing.assert_array_equal(first, simulate(5, 0, MUL, MUL, MUL, 0.1, SMOOTHING, states))


@pytest.mark.compiled_only("a thousand paths of a thousand steps, 12 s as plain Python")
def test_runaway_paths_stay_finite_and_positive() -> None:
    paths = simulate(1024, 0, ADD, MUL, MUL, 1e3, np.array([1.0, 1.0, 0.0, 1.0]), np.array([1e-6, 50.0, 1e-6]))
    assert np.all(np.isfinite(paths))
    assert np.all(paths > 0.0)
    for value in (1e-12, 1.0, 1e200):
        low, high = bounds_of_paths(paths, np.full(1024, value), 1.0)
        assert np.all(np.isfinite(high))
        assert np.all((low > 0.0) & (low <= value) & (value <= high))


def test_spread_widens_with_the_coverage() -> None:
    paths = simulate(3, 0, MUL, MUL, MUL, 0.2, SMOOTHING, np.array([10.0, 1.01, 0.9, 1.1]))
    value = np.array([9.0, 11.0, 9.0])
    low, high = zip(
        *(bounds_of_paths(paths, value, conf) for conf in (0.1, 0.5, 0.8, 0.95, 0.99, 0.999, 1.0)), strict=True
    )
    assert np.all(np.diff(low, axis=0) <= 0.0)
    assert np.all(np.diff(high, axis=0) >= 0.0)
    assert np.all(np.diff(np.sum(high, axis=1) - np.sum(low, axis=1)) > 0.0)


def test_bounds_come_nearer_than_in_another_season_but_not_than_in_their_own() -> None:
    low, high = np.array([9.0, 1.0, 9.1, 0.9, 8.9]), np.array([11.0, 3.0, 10.9, 3.1, 11.1])
    widen_by_season(low, high, 2)
    np.testing.assert_array_equal(low, [9.0, 1.0, 9.0, 0.9, 8.9])
    np.testing.assert_array_equal(high, [11.0, 3.0, 11.0, 3.1, 11.1])

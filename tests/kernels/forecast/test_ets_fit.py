import numpy as np
import pytest
from scipy.optimize import minimize

from kernels.contract import Series
from kernels.forecast._ets_fit import fit
from kernels.forecast._ets_recursion import ADD, MUL, run_through
from tests.kernels.forecast.models import few


def fitted(y: Series, error: int, trend: int, season: int, m: int, damped: int = 0) -> tuple[float, Series, Series]:
    smoothing, states = np.empty(4), np.empty(2 + m)
    value = fit(y, error, trend, season, 1, int(m > 1), damped, 0.0, smoothing, states)
    return value, smoothing, states


def naive(y: Series, error: int, trend: int, season: int, m: int, seed: int) -> float:
    """Minimise without derivatives, from random places of the usual region."""
    rng = np.random.default_rng(seed)
    best = np.inf

    def value(x: Series) -> float:
        a, b, c = 1.0 / (1.0 + np.exp(-np.clip(x[:3], -30.0, 30.0)))
        smoothing = np.array([a, a * b, (1.0 - a) * c, 1.0])
        found = run_through(y, error, trend, season, smoothing, x[3:].copy(), np.empty(0))
        return min(found, 1e9)

    for _ in range(6):
        seasons = (y[:m] - np.mean(y[:m])) if season == ADD else y[:m] / np.mean(y[:m])
        growth = 0.0 if trend == ADD else 1.0
        start = np.concatenate(
            [rng.normal(-1.0, 2.0, 3), [np.mean(y[:m]), growth], seasons if m > 1 else [season - 1.0]]
        )
        best = min(best, minimize(value, start, method="Powell", options={"maxiter": 40}).fun)
    return float(best)


def seasonal(n: int, m: int, seed: int = 2) -> Series:
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    y = (1.0 + 0.01 * t) * (1.0 + 0.3 * np.sin(2 * np.pi * t / m)) * np.exp(rng.normal(0.0, 0.05, n))
    return np.asarray(y, np.float64)


@pytest.mark.parametrize(("trend", "season"), few([(ADD, ADD), (ADD, MUL), (MUL, ADD), (MUL, MUL)]))
def test_many_random_searches_find_nothing_better(trend: int, season: int) -> None:
    y = seasonal(len(few(range(48), 16)), 4)
    value, smoothing, states = fitted(y, ADD, trend, season, 4)
    assert value <= naive(y, ADD, trend, season, 4, seed=1) * 1.0001
    assert value == pytest.approx(run_through(y, ADD, trend, season, smoothing, states, np.empty(0)), rel=1e-12)


def test_parameters_lie_in_the_usual_region() -> None:
    for error, trend, season in ((ADD, ADD, ADD), (MUL, ADD, MUL), (MUL, MUL, MUL)):
        _, smoothing, _ = fitted(seasonal(60, 6), error, trend, season, 6, damped=1)
        alpha, beta, gamma, phi = smoothing
        assert 0.0 <= alpha <= 1.0
        assert 0.0 <= beta <= alpha
        assert 0.0 <= gamma <= 1.0 - alpha
        assert 0.8 <= phi <= 0.995


@pytest.mark.compiled_only("fits thousands of rows, 10 s as plain Python")
def test_known_parameters_come_back_from_a_long_series() -> None:
    rng = np.random.default_rng(5)
    level, growth, s = 3.0, 0.001, [0.5, -0.2, 0.1, -0.4]
    y = np.empty(len(few(range(6000), 900)))
    for t in range(len(y)):
        e = rng.normal(0.0, 0.1)
        y[t] = level + growth + s[t % 4] + e
        level, growth = level + growth + 0.3 * e, growth + 0.01 * e
        s[t % 4] += 0.15 * e
    _, smoothing, _ = fitted(y / 64.0, ADD, ADD, ADD, 4)
    np.testing.assert_allclose(smoothing[:3], [0.3, 0.01, 0.15], atol=few([0.09, 0.03])[-1])  # some standard errors


@pytest.mark.compiled_only("fits thousands of rows, 10 s as plain Python")
def test_a_very_long_season_moves_along_a_few_patterns() -> None:
    n, m = 2000, 400  # a full Jacobian would pass the limit
    rng = np.random.default_rng(6)
    y = np.tile(rng.normal(0.0, 1.0, m), n // m) + rng.normal(0.0, 0.1, n)
    value, _, states = fitted(y, ADD, ADD, ADD, m)
    assert value < 1.3 * n * 0.1**2
    np.testing.assert_allclose(states[2:] - np.mean(states[2:]), y[:m] - np.mean(y[:m]), atol=0.5)


def test_no_start_in_the_domain_is_told() -> None:
    assert fitted(np.full(12, 1e-14), MUL, ADD, ADD, 1)[0] == np.inf

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._ets_check import backtest, naive_backtest, smooth_for_horizon
from kernels.forecast._ets_recursion import ADD, MUL, forecast_path, run_through

SMOOTHING = np.array([0.3, 0.05, 0.2, 0.95])


def naive(y: Series, season: int, states: Series, rows: int, first: int, stride: int) -> float:
    """Restart the recursion for every origin."""
    m = len(states) - 2
    missed = []
    for t in range(first, len(y), stride):
        end = states.copy()
        run_through(y[:t].copy(), ADD, ADD, season, SMOOTHING, end, np.empty(0))
        path = forecast_path(min(rows, len(y) - t), t % m, ADD, season, SMOOTHING[3], end)
        missed += list(np.abs(y[t : t + len(path)] - path))
    return float(np.mean(missed))


@pytest.mark.parametrize("season", [ADD, MUL])
def test_inner_forecasts_are_those_from_each_origin(season: int) -> None:
    y = 5.0 + np.random.default_rng(1).normal(0.0, 0.5, 40)
    states = np.array([5.0, 0.01, *(np.zeros(4) + (season == MUL))])
    for rows, first, stride in ((6, 10, 3), (1, 4, 1), (100, 20, 7)):
        _, missed = backtest(y, ADD, season, SMOOTHING, states, rows, first, stride)
        assert missed == pytest.approx(naive(y, season, states, rows, first, stride), rel=1e-12)


def test_a_growth_that_never_happens_shows_in_the_innovations() -> None:
    y = np.random.default_rng(2).normal(0.0, 1.0, 400)
    follows = np.array([0.9, 0.0, 0.0, 1.0])
    honest, _ = backtest(y, ADD, ADD, follows, np.array([0.0, 0.0, 0.0]), 5, 10, 5)
    drifting, _ = backtest(y, ADD, ADD, follows, np.array([0.0, 0.5, 0.0]), 5, 10, 5)
    assert honest < 3.0 < drifting


def test_a_perfect_fit_has_no_deviation() -> None:
    deviation, missed = backtest(np.full(9, 2.0), ADD, ADD, SMOOTHING, np.array([2.0, 0.0, 0.0]), 3, 3, 1)
    assert (deviation, missed) == (0.0, 0.0)


def test_repeating_a_season_is_scored_from_the_same_origins() -> None:
    y = np.array([1.0, 2.0, 3.0, 1.0, 2.0, 4.0, 1.0])
    # origin 3: 1, 2, 3 repeated misses 0, 0, 1 and 0; origin 5: 3, 1 misses 1, 0
    assert naive_backtest(y, 3, 4, 3, 2) == pytest.approx((0 + 0 + 1 + 0 + 1 + 0) / 6)
    assert naive_backtest(y, 3, 4, 7, 1) == np.inf


def test_smoothing_for_the_horizon_is_the_best_of_its_grid() -> None:
    rng = np.random.default_rng(3)
    y = np.tile([1.0, 5.0, 2.0], 30) + rng.normal(0.0, 0.1, 90)
    states, smoothing = np.array([2.0, 0.0, -1.0, 3.0, 0.0]), np.empty(4)
    least = smooth_for_horizon(y, ADD, ADD, 1, states, 6, 30, 2, smoothing)
    _, missed = backtest(y, ADD, ADD, smoothing, states, 6, 30, 2)
    assert missed == least
    assert least <= backtest(y, ADD, ADD, np.array([0.1, 0.0, 0.09, 1.0]), states, 6, 30, 2)[1] + 1e-12
    assert smoothing[2] <= 1.0 - smoothing[0]


def test_without_a_season_only_the_level_is_smoothed() -> None:
    y = np.append(np.zeros(31), 158.0)
    smoothing = np.empty(4)
    smooth_for_horizon(y, ADD, ADD, 0, np.zeros(3), 6, 10, 1, smoothing)
    assert smoothing[2] == 0.0

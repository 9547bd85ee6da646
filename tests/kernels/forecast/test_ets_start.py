import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._ets_recursion import ADD, MUL
from kernels.forecast._ets_start import initial_states, lowest_nearby, seasonal_pattern, smoothing_grid

PATTERN = np.array([-3.0, 1.0, 4.0, -2.0])


def naive(y: Series, m: int, years: int) -> list[float]:
    """Average each season's distance from its year's mean."""
    found = []
    for j in range(m):
        distances = [y[year * m + j] - np.mean(y[year * m : (year + 1) * m]) for year in range(years)]
        found.append(float(np.mean(distances)))
    return found


def test_pattern_averages_the_years() -> None:
    y = np.random.default_rng(0).normal(size=17)
    pattern = np.empty(4)
    seasonal_pattern(y, ADD, 0, 4, pattern)
    np.testing.assert_allclose(pattern, naive(y, 4, 4), rtol=1e-12, atol=1e-14)


def test_multiplicative_pattern_adds_up_to_its_length() -> None:
    y = np.tile([2.0, 4.0, 6.0], 3)
    pattern = np.empty(3)
    seasonal_pattern(y, MUL, 0, 3, pattern)
    np.testing.assert_allclose(pattern, [0.5, 1.0, 1.5], rtol=1e-12)


def test_a_line_with_a_season_is_taken_apart_exactly() -> None:
    t = np.arange(1, 25.0)
    y = 10.0 + 0.5 * t + np.tile(PATTERN, 6)
    states = np.empty(6)
    initial_states(y, ADD, 1, ADD, states)
    np.testing.assert_allclose(states, [10.0, 0.5, *PATTERN], rtol=1e-10)


def test_geometric_growth_is_found() -> None:
    states = np.empty(3)
    initial_states(3.0 * 1.1 ** np.arange(1, 20.0), MUL, 1, ADD, states)
    np.testing.assert_allclose(states, [3.0, 1.1, 0.0], rtol=1e-10)


def test_level_alone_is_the_mean_of_the_first_values() -> None:
    states = np.empty(3)
    initial_states(np.arange(30.0), ADD, 0, ADD, states)
    np.testing.assert_allclose(states, [4.5, 0.0, 0.0])


@pytest.mark.parametrize(("with_trend", "with_season", "rows"), [(0, 0, 5), (1, 0, 20), (0, 1, 15), (1, 1, 60)])
def test_grid_moves_only_what_the_form_has(with_trend: int, with_season: int, rows: int) -> None:
    grid = smoothing_grid(with_trend, with_season, 0)
    assert grid.shape == (rows, 4)
    assert np.any(grid[:, 1] > 0.0) == bool(with_trend)
    assert np.any(grid[:, 2] > 0.0) == bool(with_season)
    assert np.all((grid >= 0.0) & (grid <= 1.0))
    assert len(np.unique(grid, axis=0)) == rows


def test_a_valley_is_below_its_neighbours_along_every_axis() -> None:
    value = np.random.default_rng(4).normal(size=60)
    cube = value.reshape(5, 4, 3)
    for row in range(60):
        place = np.unravel_index(row, cube.shape)
        lowest = True
        for axis in range(3):
            for step in (-1, 1):
                other = list(place)
                other[axis] += step
                if 0 <= other[axis] < cube.shape[axis]:
                    lowest = lowest and cube[tuple(other)] >= value[row]
        assert lowest_nearby(value, row, 1, 1) == lowest

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from kernels.contract import BadParameter
from kernels.numerics.period import (
    SIGNIFICANCE,
    Season,
    _candidates,
    _centre,
    _find,
    _left,
    _quick_part,
    _shares,
    find_period,
    find_periods,
    season_length,
    season_option,
    season_told,
)
from kernels.options import Options, declared
from tests.kernels.golden import GOLDEN, NASTY, SEASONAL, SERIES


def naive(x: np.ndarray, period: int) -> float:
    """Mean product of all pairs of values whole periods apart, over the mean square."""
    n = len(x)
    products = [x[i] * x[j] for i in range(n) for j in range(i + period, n, period)]
    return float(np.mean(products) / np.mean(x**2))


def test_the_share_of_a_period_equals_the_naive_mean_over_pairs() -> None:
    x = np.random.default_rng(1).normal(size=60)
    products = np.array([x[: 60 - lag] @ x[lag:] for lag in range(60)])
    share = _shares(products / products[0], 20)
    np.testing.assert_allclose(share[2:], [naive(x, period) for period in range(2, 21)], rtol=1e-9)


@pytest.mark.parametrize("n", [6, 7, 40, 1009])
def test_the_quick_part_has_no_line_and_no_wave_of_less_than_three_cycles(n: int) -> None:
    x = np.random.default_rng(n).normal(size=n).cumsum()
    centre = np.median(x)
    width = 3.0 * 1.4826 * np.median(np.abs(x - centre))
    clipped = np.clip(x, centre - width, centre + width)
    line = np.polynomial.Polynomial.fit(np.arange(n), clipped, 1)
    spectrum = np.fft.rfft(clipped - line(np.arange(n)))
    spectrum[:3] = 0.0
    np.testing.assert_allclose(_quick_part(x, *_centre(x)), np.fft.irfft(spectrum, n), atol=1e-11)


@pytest.mark.parametrize(("n", "period"), [(6, 2), (31, 7), (30, 10)])
def test_what_is_left_has_no_means_of_cycles_and_phases(n: int, period: int) -> None:
    x, t = np.random.default_rng(n).normal(size=n), np.arange(n)
    level = x - [x[t // period == cycle].mean() for cycle in t // period]
    pattern = np.array([level[t % period == phase].mean() for phase in t % period])
    left, between = _left(x, period)
    np.testing.assert_allclose(left, level - pattern, atol=1e-14)
    assert between == pytest.approx(np.sum(pattern**2))


def test_the_period_that_stands_out_most_is_taken_and_the_first_multiple_that_explains_as_much() -> None:
    share = np.zeros(40)
    assert _candidates(share, 12000) == (0, 0, 0.0)
    share[[5, 10, 15, 20, 30]] = 0.4, 0.4, 0.55, 0.6, 0.2
    assert _candidates(share, 12000) == (5, 15, 0.4)
    share[[15, 20]] = 0.4
    assert _candidates(share, 12000) == (5, 5, 0.4)


def wave(n: int, period: float, seed: int, noise: float = 1.0) -> np.ndarray:
    return 1.5 * np.sin(2 * np.pi * np.arange(n) / period) + noise * np.random.default_rng(seed).normal(size=n)


@pytest.mark.parametrize(("n", "period"), [(60, 4), (100, 12), (500, 24), (500, 7), (3000, 288), (5000, 1440)])
@pytest.mark.parametrize("seed", range(3))
def test_a_season_in_noise_is_found(n: int, period: int, seed: int) -> None:
    # with three and a half cycles a sine in as much noise tells its period to one per cent
    assert find_period(wave(n, period, seed)) == pytest.approx(period, rel=0.01)


def test_a_season_is_found_beside_a_trend_a_random_walk_and_outliers() -> None:
    rng = np.random.default_rng(2)
    x = wave(1000, 24, 3)
    assert find_period(x + np.arange(1000) * 5.0) == 24
    assert find_period(x + 0.3 * np.cumsum(rng.normal(size=1000))) == 24
    x[rng.integers(0, 1000, 30)] += 1000
    assert find_period(x) == 24


def test_spikes_once_per_season_are_a_season() -> None:
    x = np.random.default_rng(4).normal(size=600)
    x[::50] += 15
    assert find_period(x) == 50


def test_a_week_is_taken_where_the_days_differ() -> None:
    day = np.sin(2 * np.pi * np.arange(2016) / 24)
    weekend = np.where(np.arange(2016) // 24 % 7 >= 5, 0.2, 1.0)
    assert find_period(3 * day * weekend + 0.3 * np.random.default_rng(5).normal(size=2016)) == 168


@pytest.mark.parametrize("name", SEASONAL)
def test_known_series(name: str) -> None:
    assert find_period(SERIES[name]) == GOLDEN["series"][name]["period"]


def test_no_season_in_the_nile() -> None:
    assert find_period(SERIES["Nile"]) == 0


def autoregression(a: float, b: float, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=600)
    x = np.zeros(600)
    for i in range(2, 600):
        x[i] = a * x[i - 1] + b * x[i - 2] + noise[i]
    return x[100:]


@pytest.mark.compiled_only("dozens of series")
@pytest.mark.parametrize(("a", "b"), [(0, 0), (0.5, 0), (0.95, 0), (1, 0), (-0.7, 0), (1, -0.5), (1.6, -0.9)])
def test_noise_walks_and_damped_oscillations_have_no_season(a: float, b: float) -> None:
    # the test's level is 0.1 % for white noise; walks and oscillations only come near it
    assert sum(find_period(autoregression(a, b, seed)) > 0 for seed in range(60)) <= 4


def layers(*waves: tuple[int, float], noise: float = 0.3) -> np.ndarray:
    t = np.arange(1344)
    return sum(size * np.sin(2 * np.pi * t / period) for period, size in waves) + noise * np.random.default_rng(
        1
    ).normal(size=1344)


@pytest.mark.parametrize(
    ("x", "periods"),
    [
        (layers((24, 3.0), (168, 1.0)), [24, 168]),
        (layers((24, 3.0), (168, 3.0)), [168, 24]),
        (layers((7, 2.0), (30, 1.0)), [7, 30]),
        (np.exp(layers((7, 0.4), (30, 0.2), noise=0.05) + np.arange(1344) / 100), [7, 30]),
        (layers((24, 3.0)), [24]),
        (3.0 * (np.arange(1344) % 24) + layers(), [24]),
        (layers(), []),
    ],
    ids=["day over week", "week with days", "unrelated", "growing", "one", "sawtooth", "noise"],
)
def test_all_seasons_are_found_the_one_to_use_first(x: np.ndarray, periods: list[int]) -> None:
    assert find_periods(x) == periods
    assert find_period(x) == next(iter(periods), 0)
    told = {"periods": periods} if len(periods) > 1 else {}
    assert season_told("auto", x) == (find_period(x), told)
    assert season_told(7, x) == (7, {})


@pytest.mark.parametrize("n", [100, 150, 400])
@pytest.mark.parametrize("period", [12.4, 7.3, 20.5])
def test_a_season_that_is_no_whole_number_of_rows_is_not_two(period: float, n: int) -> None:
    assert len(find_periods(wave(n, period, n, noise=0.1))) <= 1


def growing(times: float, seed: int, noise: float = 0.02) -> np.ndarray:
    t = np.arange(144)
    season = 0.2 * np.sin(2 * np.pi * t / 12)
    return np.exp(np.log(times) * t / 144 + season + noise * np.random.default_rng(seed).normal(size=144))


@pytest.mark.parametrize("times", [3, 18, 1e3, 1e9])
@pytest.mark.parametrize("seed", range(3))
def test_a_season_that_grows_with_the_level_is_found_up_and_down(times: float, seed: int) -> None:
    assert find_period(growing(times, seed)) == find_period(growing(times, seed)[::-1].copy()) == 12


def test_a_value_of_zero_leaves_the_logarithm_out() -> None:
    x = growing(1e3, 1)
    x[0] = 0.0
    assert find_period(x) == 0


@pytest.mark.compiled_only("dozens of series")
@pytest.mark.parametrize(("a", "b"), [(0, 0), (1, 0), (1, -0.5), (1.6, -0.9)])
def test_growth_by_chance_adds_no_season(a: float, b: float) -> None:
    for seed in range(60):
        x = autoregression(a, b, seed)
        x -= x.min() - 0.02 * np.ptp(x)
        on_its_scale = _find(_quick_part(x, *_centre(x)), float(np.ptp(x)), SIGNIFICANCE)
        assert find_period(x) == next(iter(on_its_scale), 0)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7, 10, 12])
def test_short_series_get_an_answer(n: int) -> None:
    for seed in range(20):
        assert 0 <= find_period(np.random.default_rng(seed).normal(size=n)) <= n // 3


@pytest.mark.parametrize("name", ["all equal", "all zero", "straight line", "all but one equal"])
def test_what_does_not_move_has_no_season(name: str) -> None:
    assert find_period(NASTY[name]) == 0


def test_an_exact_pattern_is_found_without_noise() -> None:
    assert find_period(np.tile([0.0, 1.0, 5.0, 2.0, 0.0, 0.0, 1.0], 20)) == 7
    assert find_period(np.tile([0.0, 1.0], 30)) == 2


@dataclass(frozen=True, slots=True)
class Seasonal(Options):
    period: Season = season_option()


@pytest.mark.parametrize(("period", "rows"), [(0, 0), (1, 0), ("none", 0), (2, 2), (24, 24), ("auto", 12)])
def test_the_option_period_means_the_same_everywhere(period: Season, rows: int) -> None:
    assert season_length(Seasonal(period).period, wave(600, 12, 1, noise=0.1)) == rows


@pytest.mark.parametrize("period", [-1, "often", float("nan")])
def test_the_option_period_refuses_all_else(period: Season) -> None:
    with pytest.raises(BadParameter, match=f"^periods should be greater than 0, got {period}$"):
        Seasonal(period)


def test_the_option_period_tells_what_it_takes() -> None:
    (option,) = declared(Seasonal)
    assert (option.default, option.values) == (0, "an integer >= 0, auto or none")

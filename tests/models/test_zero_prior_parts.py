from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from models import _zero_prior_parts as parts


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def naive_recursion(driven: Series, weights: Series, lag: int) -> Series:
    y = np.zeros_like(driven)
    for s, row in enumerate(driven):
        for t, value in enumerate(row):
            earlier = [weights[s, i] * y[s, t - lag * (i + 1)] for i in range(weights.shape[1]) if t >= lag * (i + 1)]
            y[s, t] = value + sum(earlier)
    return y


def lag_one(values: Series) -> Series:
    off = values - values.mean(1, keepdims=True)
    return (off[:, 1:] * off[:, :-1]).sum(1) / (off * off).sum(1)


@pytest.mark.parametrize(("order", "lag"), [(1, 1), (3, 1), (2, 4)])
def test_a_recursion_equals_the_naive_one(order: int, lag: int) -> None:
    driven, weights = random().normal(size=(3, 20)), random(1).uniform(-0.4, 0.4, (3, order))
    np.testing.assert_allclose(parts.recursion(driven, weights, lag), naive_recursion(driven, weights, lag))


def test_numbers_between_lie_evenly_in_the_logarithm() -> None:
    drawn = parts.between(random(), 0.01, 100.0, 20_000)
    assert drawn.shape == (20_000, 1)
    assert 0.01 <= drawn.min() < drawn.max() <= 100.0
    assert np.mean(drawn < 1.0) == pytest.approx(0.5, abs=0.02)


def test_some_are_chosen_in_the_share_that_is_wanted() -> None:
    assert parts.some(random(), 0.3, 20_000).mean() == pytest.approx(0.3, abs=0.02)


def test_unit_series_have_mean_0_and_deviation_1_and_constants_are_0() -> None:
    made = parts.unit(np.vstack((random().normal(5.0, 3.0, 50), np.full(50, 7.0))))
    np.testing.assert_allclose((made[0].mean(), made[0].std()), (0.0, 1.0), atol=1e-12)
    np.testing.assert_array_equal(made[1], np.zeros(50))


def test_noise_is_of_unit_variance_unpredictable_and_at_times_heavy_tailed() -> None:
    made = parts.noise(random(), 400, 500)
    assert np.median(made.std(1)) == pytest.approx(1.0, abs=0.1)
    assert abs(np.median(lag_one(made))) < 0.02
    kurtosis = (parts.unit(made) ** 4).mean(1)
    assert np.mean(kurtosis > 5.0) > 0.2
    assert np.mean(kurtosis < 3.6) > 0.35


def test_autocorrelated_noise_keeps_its_variance() -> None:
    made = parts.autocorrelated(random(), 400, 500)
    assert np.median(made.std(1)) == pytest.approx(1.0, abs=0.15)
    assert np.mean(lag_one(made) > 0.3) > 0.2


@pytest.mark.parametrize("period", [2, 7, 24, 168])
def test_profiles_are_of_mean_0_and_deviation_1_or_nothing(period: int) -> None:
    made = parts.profile(random(period), 200, period)
    assert made.shape == (200, period)
    np.testing.assert_allclose(made.mean(1), 0.0, atol=1e-9)
    deviation = made.std(1)
    assert (np.isclose(deviation, 1.0) | (deviation == 0.0)).all()
    assert np.mean(deviation == 0.0) < (0.3 if period == 2 else 0.1)


def test_most_seasons_repeat_and_some_change() -> None:
    made = parts.season(random(), 400, 240, 12)
    change = np.abs(made[:, 12:] - made[:, :-12]).mean(1)
    assert 0.45 < np.mean(change < 1e-9) < 0.65
    assert np.mean(change > 0.05) > 0.1


def test_some_noise_remembers_long() -> None:
    made = parts.unit(parts.autocorrelated(random(), 400, 1000))
    apart = (made[:, 100:] * made[:, :-100]).mean(1)
    assert 0.05 < np.mean(apart > 0.08) < 0.35


def test_in_some_seasons_a_cycle_is_flat_now_and_then() -> None:
    size = np.abs(parts.season(random(), 600, 480, 12)).reshape(600, 40, 12).mean(2)
    flat = size.min(1) < 0.6 * np.median(size, 1)
    assert 0.05 < flat.mean() < 0.35


def test_a_second_season_repeats_with_its_own_period_only() -> None:
    made = parts.season(random(2), 400, 24 * 21, 24, 168)
    by_day, by_week = (np.abs(made[:, lag:] - made[:, :-lag]).mean(1) for lag in (24, 168))
    assert np.mean(by_week < 1e-9) > 0.4
    assert np.mean(by_day < 1e-9) < 0.2


def test_without_a_period_there_is_no_season() -> None:
    assert not parts.season(random(), 3, 10, 0).any()


def test_trends_are_smooth_and_some_are_none() -> None:
    made = parts.trend(random(), 400, 300)
    moves = np.abs(np.diff(made, axis=1)).max(1)
    assert np.median(moves) < 0.1
    assert 0.1 < np.mean(moves == 0.0) < 0.3
    assert np.mean(made[:, -1] > made[:, 0]) == pytest.approx(0.4, abs=0.1)


def test_the_size_of_steps_is_that_of_differences() -> None:
    np.testing.assert_allclose(parts.step_size(np.array([[0.0, 1.0, 0.0, 1.0]])), [[np.std([1.0, -1.0, 1.0])]])


def test_normal_values_are_normal() -> None:
    made = parts.normal(random(), 100, 100)
    assert (made.mean(), made.std()) == (pytest.approx(0.0, abs=0.05), pytest.approx(1.0, abs=0.05))

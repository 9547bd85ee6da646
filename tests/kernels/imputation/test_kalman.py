from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.contract import BadParameter, Series
from kernels.imputation import linear
from kernels.imputation._kalman_fit import DEVIATING, OWN, PLAIN, TRENDING, fit
from kernels.imputation.kalman import Params, choose_period, fill
from kernels.numerics.local_level import MODEL
from tests.kernels.forecast.models import few
from tests.kernels.golden import NASTY
from tests.kernels.numerics.dense import Mask, conditional, covariance

SMALL = len(few(range(240), 60))  # rows; uncompiled kernels are a thousand times slower


def naive(values: Series, observed: Mask) -> tuple[Series, Series]:
    """Without a season: the likeliest model of lowest AICc, its joint distribution written out."""
    count = observed.sum() - 1
    best, chosen = np.inf, np.empty(0)
    starts = {PLAIN: (0, 0, 0, 0, 0), DEVIATING: (-3, 0, 1, 0, 0), TRENDING: (0, -3, 0, 0, 0)}
    for form, start in starts.items():
        parts, k = np.empty(MODEL), OWN[form] + 1
        misfit = fit(values, observed, 0, form, 2.0, 160, np.array(start, np.float64), parts, np.empty(2))
        aicc = misfit + 2 * k + 2 * k * (k + 1) / (count - k - 1)
        if aicc < best:
            best, chosen = aicc, parts
    mean, variance = conditional(values, observed, covariance(len(values), 0, chosen, 0.0, 0.0))
    value, error = values.copy(), np.zeros(len(values))
    value[~observed], error[~observed] = mean, np.sqrt(variance)
    return value, error


def wandering(n: int, m: int, seed: int) -> Series:
    rng = np.random.default_rng(seed)
    season = np.tile(rng.normal(size=max(m, 1)), n // max(m, 1) + 1)[:n] if m else 0.0
    return np.asarray(np.cumsum(rng.normal(size=n)) * 0.1 + season + rng.normal(size=n) * 0.2)


def holes(n: int, share: float, seed: int) -> Mask:
    observed: NDArray[np.bool_] = np.random.default_rng(seed).random(n) >= share
    observed[[0, -1]] = True
    return observed


def test_without_season_the_answer_is_the_dense_one() -> None:
    y, observed = wandering(50, 0, seed=1), holes(50, 0.4, seed=2)
    for found, expected in zip(fill(y, observed, 0), naive(y, observed), strict=True):
        np.testing.assert_allclose(found, expected, atol=2e-3)  # the scaled series ends its search elsewhere


@pytest.mark.parametrize("m", [0, 4, 12])
def test_observed_values_stay_and_errors_are_positive_elsewhere(m: int) -> None:
    y, observed = wandering(SMALL, m, seed=3), holes(SMALL, 0.4, seed=4)
    before = y.copy()
    value, error = fill(y, observed, m)
    np.testing.assert_array_equal(y, before)
    np.testing.assert_array_equal(value[observed], y[observed])
    assert np.all(error[observed] == 0.0)
    assert np.all(error[~observed] > 0.0)


def test_what_stands_in_a_gap_does_not_matter() -> None:
    y, observed = wandering(SMALL, 6, seed=5), holes(SMALL, 0.3, seed=6)
    other = np.where(observed, y, 1.7e308)
    for found, expected in zip(fill(other, observed, 6), fill(y, observed, 6), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("factor", "offset", "off"), [(1e-12, 0.0, 1e-9), (1e12, 0.0, 1e-9), (1.0, 1e9, 1e-3)])
def test_shift_and_scale_carry_over(factor: float, offset: float, off: float) -> None:
    y, observed = wandering(SMALL, 6, seed=7), holes(SMALL, 0.3, seed=8)
    value, error = fill(y, observed, 6)
    moved, moved_error = fill(y * factor + offset, observed, 6)
    np.testing.assert_allclose((moved - offset) / factor, value, atol=off)  # an offset of 1e9 leaves 7 digits
    np.testing.assert_allclose(moved_error / factor, error, atol=off)


@pytest.mark.compiled_only("fits hundreds of rows many times, 10 s as plain Python")
@pytest.mark.parametrize(("m", "n", "share"), few([(0, 2000, 0.3), (24, 1200, 0.3), (7, 420, 0.5), (365, 4380, 0.3)]))
def test_two_standard_errors_cover_what_was_removed(m: int, n: int, share: float) -> None:
    inside = []
    for seed in range(3):
        y, observed = wandering(n, m, seed), holes(n, share, seed + 100)
        observed[n // 2 : n // 2 + max(m, 10)] = False
        value, error = fill(y, observed, m)
        inside.append(np.mean(np.abs(value - y)[~observed] <= 1.96 * error[~observed]))
    assert 0.92 < np.mean(inside) < 0.985


@pytest.mark.parametrize("m", few([12, 288]))
def test_a_gap_of_two_seasons_gets_the_season(m: int) -> None:
    n = 12 * m
    y, observed = wandering(n, m, seed=9), np.ones(n, dtype=bool)
    y -= np.linspace(y[0], y[-1], n)
    observed[5 * m : 7 * m] = False
    off = np.mean(np.abs(fill(y, observed, m)[0] - y)[~observed])
    assert off < 0.6 * np.mean(np.abs(linear.fill(y, observed)[0] - y)[~observed])


def test_errors_grow_into_a_gap() -> None:
    y, observed = wandering(SMALL, 0, seed=10), np.ones(SMALL, dtype=bool)
    observed[20:40] = False
    _, error = fill(y, observed, 0)
    assert np.all(np.diff(error[19:30]) > 0.0)
    assert np.all(np.diff(error[30:41]) < 0.0)


def test_lines_and_exact_seasons_are_continued() -> None:
    observed = holes(96, 0.3, seed=11)
    line = np.arange(96.0) * 0.25 - 3.0
    np.testing.assert_allclose(fill(line, observed, 0)[0], line, atol=1e-3)
    season = np.tile([1.0, 5.0, 2.0, 2.0, -4.0, 0.0], 16)
    np.testing.assert_allclose(fill(season, observed, 6)[0], season, atol=1e-3)
    np.testing.assert_allclose(fill(season + line, observed, 6)[0], season + line, atol=1e-2)


@pytest.mark.parametrize("seen", [1, 2, 3, 4, 5])
def test_few_observations_are_enough(seen: int) -> None:
    y, observed = wandering(30, 0, seed=12), np.zeros(30, dtype=bool)
    observed[np.linspace(0, 29, seen).astype(int)] = True
    value, error = fill(y, observed, 7)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(error))


def test_gaps_at_the_ends_are_filled() -> None:
    y, observed = wandering(60, 6, seed=13), np.ones(60, dtype=bool)
    observed[:5] = observed[-5:] = False
    value, error = fill(y, observed, 6)
    assert np.all(np.isfinite(value))
    assert np.all(error[~observed] > 0.0)


def test_all_equal_has_no_error() -> None:
    value, error = fill(np.full(40, 7.0), holes(40, 0.4, seed=14), 4)
    np.testing.assert_array_equal(value, 7.0)
    np.testing.assert_array_equal(error, 0.0)


@pytest.mark.parametrize("m", [0, 5])
@pytest.mark.parametrize("name", NASTY)
def test_nasty_series_stay_finite(name: str, m: int) -> None:
    y = NASTY[name]
    observed = np.arange(len(y)) % 3 != 1
    value, error = fill(y, observed, m)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(error))
    assert np.all(error >= 0.0)
    np.testing.assert_array_equal(value[observed], y[observed])


def test_the_same_question_gets_the_same_answer() -> None:
    y, observed = wandering(SMALL, 12, seed=15), holes(SMALL, 0.4, seed=16)
    for first, second in zip(fill(y, observed, 12), fill(y, observed, 12), strict=True):
        np.testing.assert_array_equal(first, second)


def test_out_of_time_lines_answer_or_the_models_so_far() -> None:
    y, observed = wandering(SMALL, 6, seed=17), holes(SMALL, 0.3, seed=18)
    for found, expected in zip(fill(y, observed, 6, out_of_time=lambda: True), linear.fill(y, observed), strict=True):
        np.testing.assert_array_equal(found, expected)
    answers = iter([False, True, True])
    value, error = fill(y, observed, 6, out_of_time=lambda: next(answers))
    assert np.mean(np.abs(value - y)[~observed]) < np.mean(np.abs(linear.fill(y, observed)[0] - y)[~observed])
    assert np.all(error[~observed] > 0.0)


def test_the_period_is_found_despite_gaps() -> None:
    y = np.tile(np.sin(np.arange(24) / 24 * 2 * np.pi), 20) + np.random.default_rng(19).normal(size=480) * 0.2
    assert choose_period(y * 1e200, holes(480, 0.4, seed=20)) == 24
    assert choose_period(np.full(50, 3.0), holes(50, 0.4, seed=21)) == 0


def test_a_period_that_does_not_fit_twice_is_left_out() -> None:
    y, observed = wandering(60, 0, seed=22), holes(60, 0.3, seed=23)
    for found, expected in zip(fill(y, observed, 31), fill(y, observed, 0), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_period_is_a_number_none_or_auto() -> None:
    assert Params().period == "auto"
    for good in (0, 12, "none", "auto"):
        assert Params(good).period == good
    for bad in (-1, "weekly"):
        with pytest.raises(BadParameter, match=f"^periods should be greater than 0, got {bad}$"):
            Params(bad)

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from kernels.contract import BadParameter, BadSeries, Forecast, Series, Task, TooShort
from kernels.forecast._width import width
from kernels.forecast._zero_net import MEDIAN
from kernels.forecast._zero_repeats import after_alike
from kernels.forecast._zero_view import LONGEST, quantiles
from kernels.forecast.zero import TRUST, Params, forecast
from kernels.numerics.normal import normal_quantile
from tests.kernels.forecast.test_zero_view import naive

DAY = 86_400_000  # ms


def daily(n: int, seed: int = 0, noise: float = 1.0) -> Series:
    random, t = np.random.default_rng(seed), np.arange(n)
    return 100.0 + 20.0 * np.sin(2 * np.pi * t / 24) + noise * random.normal(size=n)


def naive_forecast(x: Series, rows: int, period: int, second: int) -> Series:
    """Put right by the newest rows, a fifth of the series at most: 20 of them, which count as up to 48."""
    told, of = naive(x, list(range(1, rows + 1)), period, second), min(rows, len(x) // 5)
    past, tried = x[:-of], [int(h) for h in np.linspace(1, of, min(of, 20))]
    before, truth = naive(past, tried, period, second), x[[len(past) - 1 + h for h in tried]]
    counted = min(of, 48)
    if second:
        ahead = np.arange(1, rows + 1)
        then = [np.resize(past[-s:], of)[np.array(tried) - 1] for s in (period, second)]
        now = [np.resize(x[-s:], rows) for s in (period, second)]
        then.append(after_alike(past, len(past), period, np.array(tried)))
        now.append(after_alike(x, len(x), period, ahead))
        errors = [np.abs(said - truth).mean() for said in (before[:, MEDIAN], *then)]
        weights = np.array([0.75, 0.05, 0.05, 0.15]) / np.array(errors) ** (5.0 * counted / (counted + 12.0))
        for told_of, repeats in ((before, then), (told, now)):
            median = np.average([told_of[:, MEDIAN], *repeats], axis=0, weights=weights)
            told_of += (median - told_of[:, MEDIAN])[:, None]
    factor = width(before[:, MEDIAN], before[:, 1], before[:, 13], truth, 0.95, TRUST, counted / len(tried))
    middle = told[:, [MEDIAN]]
    return middle + factor * (told - middle)


@pytest.mark.parametrize(
    ("n", "rows", "period", "second"),
    [(10, 5, 0, 0), (100, 5, 24, 0), (400, 5, 24, 168), (400, 30, 24, 168), (150, 27, 12, 0)],
)
def test_equals_one_view_one_row_after_the_other(n: int, rows: int, period: int, second: int) -> None:
    x = daily(n)
    wanted = naive_forecast(x, rows, period, second)
    answer = forecast(Task.of(x, rows=rows), Params(period, second))
    np.testing.assert_allclose(answer.value, wanted[:, MEDIAN], rtol=1e-5)
    np.testing.assert_allclose(answer.quantiles[0.1], wanted[:, 3], rtol=1e-5)


def test_a_season_goes_on_and_its_bounds_hold_it() -> None:
    x = daily(600)
    answer = forecast(Task.of(x[:552], rows=48), Params(24))
    error = np.abs(answer.value - x[552:])
    assert error.mean() < 1.5
    assert np.mean((answer.low <= x[552:]) & (x[552:] <= answer.high)) > 0.85
    assert np.mean(answer.high - answer.low) < 8.0


def test_a_season_is_found_unless_there_shall_be_none() -> None:
    x = daily(240)
    assert forecast(Task.of(x, rows=3)).period == 24
    assert forecast(Task.of(x, rows=3), Params("none")).period == 0


@pytest.mark.parametrize(
    ("period", "n", "periods"), [(24, 400, [24, 168]), (24, 300, None), (7, 728, [7, 364]), (5, 400, None)]
)
def test_the_week_is_a_second_season_where_two_of_them_are_seen(period: int, n: int, periods: list[int] | None) -> None:
    assert forecast(Task.of(daily(n), rows=3), Params(period)).extra.get("periods") == periods


def test_weekly_rows_without_a_season_have_that_of_the_year() -> None:
    x = np.random.default_rng(0).normal(size=110).cumsum()
    task = Task.of(x, rows=3, step=7 * DAY, start=0)
    assert forecast(task).period == 52
    assert forecast(dataclasses.replace(task, step=DAY)).period == 0
    assert forecast(dataclasses.replace(task, columns={"val": x[:100]})).period == 0
    assert forecast(task, Params(0)).period == forecast(task, Params(1)).period == 52
    assert forecast(task, Params("none")).period == forecast(task, Params(1, "none")).period == 0


@pytest.mark.parametrize(("days", "period"), [(28, 0), (30, 12), (31, 12), (90, 4), (92, 4), (365, 0)])
def test_months_and_quarters_without_a_season_have_that_of_the_year(days: int, period: int) -> None:
    x = np.random.default_rng(0).normal(size=60).cumsum()
    assert forecast(Task.of(x, rows=3, step=days * DAY, start=0)).period == period


def test_intervals_are_as_wide_as_the_newest_rows_ask_for() -> None:
    x = daily(480)
    x[-24:] += 40.0 * np.random.default_rng(6).choice([-1.0, 1.0], 24)
    told, answer = quantiles([(x, np.arange(1, 25))], 24, 0)[0], forecast(Task.of(x, rows=24), Params(24, "none"))
    assert (answer.high - answer.low > 1.3 * (told[:, 13] - told[:, 1])).all()
    np.testing.assert_allclose(answer.value, told[:, MEDIAN], rtol=1e-6)


def test_several_levels_are_answered_and_in_order() -> None:
    answer = forecast(dataclasses.replace(Task.of(daily(100), rows=9), levels=(0.8, 0.5, 0.98)), Params(24))
    q = answer.quantiles
    np.testing.assert_allclose(answer.low, q[0.1])
    np.testing.assert_allclose(answer.high, q[0.9])
    ordered = np.array([q[share] for share in sorted(q)])
    assert (np.diff(ordered, axis=0) >= 0.0).all()
    assert {0.25, 0.75} <= {round(share, 6) for share in q}


def test_a_bound_between_two_quantiles_is_linear_in_that_of_the_normal_distribution() -> None:
    answer = forecast(dataclasses.replace(Task.of(daily(100), rows=4), levels=(0.95, 0.7)), Params(24))
    q = answer.quantiles
    share = (normal_quantile(0.85) - normal_quantile(0.8)) / (normal_quantile(0.9) - normal_quantile(0.8))
    high = next(q[key] for key in q if abs(key - 0.85) < 1e-9)
    np.testing.assert_allclose(high, q[0.8] + share * (q[0.9] - q[0.8]))


@pytest.mark.parametrize("conf", [0.001, 0.5, 0.95, 0.999, 1.0])
def test_every_coverage_has_finite_bounds_around_the_forecast(conf: float) -> None:
    answer = forecast(Task.of(daily(60), rows=24, conf=conf), Params(24))
    assert (answer.low <= answer.value).all()
    assert (answer.value <= answer.high).all()
    assert np.isfinite(answer.high).all()


def test_wider_coverage_has_wider_bounds() -> None:
    widths = []
    for conf in (0.1, 0.5, 0.9, 0.98, 0.999, 1.0):
        answer = forecast(Task.of(daily(60), rows=4, conf=conf), Params(24))
        widths.append(answer.high - answer.low)
    assert (np.diff(widths, axis=0) > 0.0).all()


@pytest.mark.parametrize("seed", range(5))
def test_what_was_never_negative_is_not_forecast_to_be(seed: int) -> None:
    random = np.random.default_rng(seed)
    for x in (random.poisson(0.3, 80).astype(float), np.exp(random.normal(size=50)), np.linspace(50.0, 1.0, 30)):
        answer = forecast(Task.of(x, rows=60, conf=1.0))
        assert (answer.low >= 0.0).all()


@pytest.mark.parametrize("factor", [1e-120, 1e-6, 1e6, 1e130])
def test_a_forecast_has_the_unit_of_the_series(factor: float) -> None:
    x = daily(100)
    first, other = (forecast(Task.of(f * x + 0.0, rows=8), Params(24)) for f in (1.0, factor))
    for name in ("value", "low", "high"):
        np.testing.assert_allclose(getattr(other, name), factor * getattr(first, name), rtol=1e-3)


@pytest.mark.parametrize("n", [3, 4, 7, 10, 23, 49, 200, 800])
@pytest.mark.parametrize("period", [0, 2, 12, 24])
def test_every_length_gives_a_sound_answer(n: int, period: int) -> None:
    for x in (daily(n, n), np.random.default_rng(n).normal(size=n).cumsum(), np.arange(n) ** 2.0):
        sound(forecast(Task.of(x, rows=30), Params(period)), 30)


@pytest.mark.compiled_only("40 000 rows")
def test_long_series_and_horizons_give_a_sound_answer() -> None:
    sound(forecast(Task.of(daily(40_000), rows=1024), Params(24)), 1024)


def sound(answer: Forecast, rows: int) -> None:
    for values in (answer.low, answer.value, answer.high):
        assert values.shape == (rows,)
        assert np.isfinite(values).all()
    assert (answer.low <= answer.value).all()
    assert (answer.value <= answer.high).all()


def test_only_the_newest_rows_of_a_long_series_are_looked_at() -> None:
    x = daily(LONGEST + 50)
    longer = np.concatenate((daily(24, 9), x))
    first, other = (forecast(Task.of(each, rows=5), Params(24, "none")) for each in (x, longer))
    np.testing.assert_allclose(other.value, first.value, rtol=1e-9)


@pytest.mark.parametrize("level", [0.0, -3.0, 7.5, 1e140])
def test_a_constant_goes_on_for_certain(level: float) -> None:
    answer = forecast(Task.of(np.full(20, level), rows=4))
    for values in (answer.low, answer.value, answer.high):
        np.testing.assert_array_equal(values, np.full(4, level))


def test_a_small_movement_on_a_large_level_is_not_lost() -> None:
    x = 1e9 + np.sin(2 * np.pi * np.arange(96) / 12)
    answer = forecast(Task.of(x, rows=12), Params(12))
    np.testing.assert_allclose(answer.value - 1e9, x[:12] - 1e9, atol=0.3)


def test_the_same_question_has_the_same_answer_and_leaves_the_data_alone() -> None:
    x = daily(100)
    before = x.copy()
    first, other = forecast(Task.of(x, rows=8)), forecast(Task.of(x, rows=8))
    np.testing.assert_array_equal(first.value, other.value)
    np.testing.assert_array_equal(x, before)


def test_refusals_say_what_and_the_bound() -> None:
    with pytest.raises(TooShort, match="at least 3 values are needed, got 2"):
        forecast(Task.of([1.0, 2.0], rows=1))
    with pytest.raises(BadSeries, match=r"within 1e\+150, got one of magnitude 1e\+151"):
        forecast(Task.of([1.0, 2.0, 1e151], rows=1))
    with pytest.raises(BadSeries, match="row 1 is not finite"):
        forecast(Task.of([1.0, np.nan, 3.0], rows=1))
    with pytest.raises(BadParameter, match="periods should be greater than 0, got -1"):
        Params(-1)
    with pytest.raises(BadParameter, match="second must be >= 0 or auto or none, got -5"):
        Params(0, -5)


def test_a_series_that_repeats_its_weeks_is_forecast_to_do_so() -> None:
    week = np.random.default_rng(3).normal(size=168)
    x = np.tile(week, 6) + 0.05 * np.random.default_rng(4).normal(size=6 * 168)
    answer = forecast(Task.of(x, rows=48), Params(24))
    assert np.mean(np.abs(answer.value - week[:48])) < 0.1

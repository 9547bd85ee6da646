import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kernels.contract import AlgorithmError, BadParameter, BadSeries, Forecast, NotConverged, Series, Task, TooShort
from kernels.forecast.holtwinters import Params, forecast
from tests.kernels.forecast.models import GOLDEN, NAMES, few
from tests.kernels.golden import NASTY

SEVENTEEN = np.array([5, 14, 15, 15, 14, 19, 17, 16, 20, 22, 8, 21, 28, 11, 9, 29, 40], np.float64)
KINDS = ("none", "add", "mul", "auto")


def naive(y: Series, form: dict[str, float | str], rows: int, m: int) -> tuple[float, list[float]]:
    """Run the weighted averages from the reported parameters; return the mean squared error and the forecasts."""
    trend, seasonal = form["trend"], form["seasonal"]
    alpha, beta, gamma = (float(form.get(key, 0.0)) for key in ("alpha", "beta", "gamma"))
    level, growth = float(form["initial_level"]), float(form.get("initial_growth", 0.0))
    seasons = list(form.get("initial_seasons", [0.0]))  # type: ignore[call-overload]
    squares = []
    for value in y:
        s = seasons.pop(0)
        expected = level * growth if trend == "mul" else level + growth
        mu = expected * s if seasonal == "mul" else expected + s
        squares.append((value - mu) ** 2)
        e = (value - mu) / s if seasonal == "mul" else value - mu
        growth = growth + beta * (e / level if trend == "mul" else e)
        level = expected + alpha * e
        seasons.append(s + gamma * ((value - mu) / expected if seasonal == "mul" else value - mu))
    future = []
    for h in range(rows):
        level = level * growth if trend == "mul" else level + growth
        future.append(level * seasons[h % m] if seasonal == "mul" else level + seasons[h % m])
    return float(np.mean(squares)), future


def check(answer: Forecast, rows: int) -> None:
    for part in (answer.value, answer.low, answer.high):
        assert part.shape == (rows,)
        assert np.all(np.isfinite(part))
    assert np.all(answer.low <= answer.value)
    assert np.all(answer.value <= answer.high)
    assert answer.mse is not None
    assert np.isfinite(answer.mse)
    json.dumps(dict(answer.extra), allow_nan=False)


@pytest.mark.parametrize(("trend", "seasonal"), list(product(("none", "add", "mul"), ("add", "mul"))))
@pytest.mark.parametrize("name", few(["UKgas", "AirPassengers"]))
def test_forecasts_follow_from_the_reported_parameters(name: str, trend: str, seasonal: str) -> None:
    y, m = np.array(GOLDEN[name]["series"], np.float64), GOLDEN[name]["period"]
    answer = forecast(Task.of(y, rows=2 * m), Params(trend, seasonal, m))
    form = {"trend": trend, "seasonal": seasonal, **answer.extra["diagnostics"]["params"]}
    mse, future = naive(y, form, 2 * m, m)
    assert answer.mse == pytest.approx(mse, rel=1e-9)
    np.testing.assert_allclose(answer.value, future, rtol=1e-9)


@pytest.mark.parametrize("name", few(NAMES))
def test_squared_error_is_that_of_the_best_of_statsmodels_optimisers(name: str) -> None:
    y, m = np.array(GOLDEN[name]["series"], np.float64), GOLDEN[name]["period"]
    for case in GOLDEN[name]["least"]:
        if case["trend"] == case["seasonal"] == "none":
            continue  # here its level is free, ours is the contract's
        answer = forecast(Task.of(y, rows=1), Params(case["trend"], case["seasonal"], m, case["damped"]))
        assert answer.mse is not None
        assert answer.mse * len(y) <= 1.002 * case["sse"], case


@pytest.mark.parametrize("name", ["Nile", "UKgas", "ldeaths"])
def test_simple_smoothing_is_that_of_statsmodels(name: str) -> None:
    y = np.array(GOLDEN[name]["series"], np.float64)
    answer = forecast(Task.of(y, rows=12))
    simple = GOLDEN[name]["simple"]
    assert answer.mse is not None
    assert answer.mse * len(y) <= simple["sse"] * (1.0 + 1e-9)
    # statsmodels stops at alpha = 0.995 where 1 is the best
    np.testing.assert_allclose(answer.value, simple["forecast"], rtol=5e-4)


def test_contracts_seventeen_values() -> None:
    answer = forecast(Task.of(SEVENTEEN, rows=3))
    np.testing.assert_allclose(answer.value, 28.784811943, atol=1e-4)
    assert answer.extra["model_info"] == "ETS(A,N,N)"
    assert answer.period == 0


def test_a_season_without_a_period_is_left_out() -> None:
    y = np.array(GOLDEN["Nile"]["series"], np.float64)
    np.testing.assert_array_equal(
        forecast(Task.of(y, rows=5), Params("add", "add", 0)).value, forecast(Task.of(y, rows=5), Params("add")).value
    )
    np.testing.assert_array_equal(
        forecast(Task.of(y, rows=5), Params("none", "mul", 1)).value, forecast(Task.of(y, rows=5)).value
    )


@pytest.mark.compiled_only("fits every form twice, half a minute as plain Python")
def test_automatic_forms_find_trend_and_season_of_the_passengers() -> None:
    y = np.array(GOLDEN["AirPassengers"]["series"], np.float64)
    answer = forecast(Task.of(y[:-24], rows=24), Params("auto", "auto", 12))
    assert answer.extra["seasonal"] == "mul"
    assert answer.extra["diagnostics"]["n_models"] == 15
    assert np.mean(np.abs(answer.value / y[-24:] - 1.0)) < 0.12
    assert np.mean((answer.low <= y[-24:]) & (y[-24:] <= answer.high)) > 0.85
    found = forecast(Task.of(y[:-24], rows=24), Params("auto", "auto", "auto"))
    assert found.period == 12
    np.testing.assert_array_equal(found.value, answer.value)


@pytest.mark.compiled_only("fits every form, 10 s as plain Python")
def test_a_season_that_grows_eighteenfold_is_found_and_continued() -> None:
    t = np.arange(156)
    y = np.exp(2.3 + np.log(18.0) * t / 144 + 0.2 * np.sin(2 * np.pi * t / 12))
    y *= 1.0 + 0.01 * np.random.default_rng(0).normal(size=156)
    answer = forecast(Task.of(y[:144], rows=12), Params(trend="auto", seasonal="auto", period="auto"))
    assert answer.period == 12
    np.testing.assert_allclose(answer.value, y[144:], rtol=0.04)


@pytest.mark.compiled_only("fits every form, 10 s as plain Python")
def test_the_season_of_a_reported_series_is_found_and_answers_as_if_it_had_been_told() -> None:
    file = Path(__file__).parent.parent.parent / "golden" / "growth_period.json"
    task = Task.of(json.loads(file.read_text())["data"], rows=12)
    found = forecast(task, Params(trend="auto", seasonal="auto", period="auto"))
    told = forecast(task, Params(trend="auto", seasonal="auto", period=12))
    assert found.period == 12
    np.testing.assert_array_equal(found.value, told.value)


@pytest.mark.compiled_only("fits every form, 10 s as plain Python")
def test_several_seasons_are_told_and_the_first_is_used() -> None:
    t = np.arange(600)
    y = 9 * np.sin(2 * np.pi * t / 12) + 3 * np.sin(2 * np.pi * t / 60) + np.random.default_rng(1).normal(size=600)
    answer = forecast(Task.of(y, rows=1), Params(seasonal="add", period="auto"))
    assert (answer.period, answer.extra["periods"]) == (12, [12, 60])
    assert "periods" not in forecast(Task.of(y, rows=1), Params(seasonal="add", period=12)).extra


@pytest.mark.compiled_only("fits eight forms to 144 rows")
def test_automatic_trend_may_be_damped_or_not_as_told() -> None:
    y = np.array(GOLDEN["AirPassengers"]["series"], np.float64)
    for damped in (0, 1):
        answer = forecast(Task.of(y, rows=3), Params("auto", "none", 0, damped))
        assert answer.extra["damped"] in (0, damped)


def test_search_that_ran_out_of_time_says_so() -> None:
    y = np.array(GOLDEN["AirPassengers"]["series"], np.float64)
    answer = forecast(Task.of(y, rows=3, out_of_time=lambda: True), Params("auto", "auto", 12))
    assert answer.extra["search"] == "stopped by timeout after 1 of 15 models"
    check(answer, 3)


@pytest.mark.parametrize("name", NASTY)
def test_whatever_comes_in_is_answered_in_finite_numbers_or_refused(name: str) -> None:
    forms = [(trend, seasonal, 0) for trend, seasonal in product(KINDS, KINDS)]
    forms += [(trend, seasonal, 1) for trend, seasonal in product(KINDS[1:], KINDS)]
    for trend, seasonal, damped in few(forms, 2):
        try:
            answer = forecast(Task.of(NASTY[name], rows=30, conf=1.0), Params(trend, seasonal, 5, damped))
        except AlgorithmError:
            continue
        check(answer, 30)


@pytest.mark.compiled_only("fits dozens of series, a minute as plain Python")
@settings(max_examples=len(few(range(60), 5)), deadline=None)
@given(
    y=arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e12, 1e12, allow_subnormal=False)),
    trend=st.sampled_from(KINDS),
    seasonal=st.sampled_from(KINDS),
    period=st.integers(0, 6),
    rows=st.integers(1, 40),
    positive=st.booleans(),
)
def test_any_series_is_answered_or_refused(
    y: Series, trend: str, seasonal: str, period: int, rows: int, positive: bool
) -> None:
    before = np.abs(y) + 1.0 if positive else y
    series = before.copy()
    try:
        answer = forecast(Task.of(series, rows=rows), Params(trend, seasonal, period))
    except AlgorithmError:
        return
    check(answer, rows)
    np.testing.assert_array_equal(series, before)


@pytest.mark.parametrize("value", [0.0, 5.0, -2.5, 1e9])
def test_a_constant_series_goes_on_without_a_doubt(value: float) -> None:
    for params in few([Params(), Params("add"), Params("add", "add", 4), Params("auto", "auto", 4)], 3):
        answer = forecast(Task.of(np.full(40, value), rows=10), params)
        np.testing.assert_allclose(answer.value, value, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(answer.high - answer.low, 0.0, atol=1e-6 * max(abs(value), 1.0))


def test_a_huge_offset_keeps_the_season() -> None:
    season = np.tile([1.0, 5.0, -3.0, 0.0], 15)
    answer = forecast(Task.of(1e9 + season, rows=4), Params("add", "add", 4))
    np.testing.assert_allclose(answer.value - 1e9, season[:4], atol=1e-4)


@pytest.mark.parametrize("n", range(2, 12))
def test_very_short_series_are_answered(n: int) -> None:
    y = np.random.default_rng(n).normal(10.0, 1.0, n)
    check(forecast(Task.of(y, rows=5)), 5)
    for trend in few(["add", "auto"]) if n >= 4 else []:
        check(forecast(Task.of(y, rows=5), Params(trend, "auto", min(4, n))), 5)


def test_refusals_say_what_is_wrong() -> None:
    y = np.array([3.0, 1.0, 2.0, -4.0, 5.0, 6.0, 7.0, 9.0])
    for message, kind, options in (
        ("trend parameter can only be 'mul' or 'add'", BadParameter, {"trend": "up"}),
        ("seasonal parameter can only be 'mul' or 'add'", BadParameter, {"seasonal": "summer"}),
        ("periods should be greater than 0, got -1", BadParameter, {"period": -1}),
        ("damped must be 0 or 1 or auto, got 2", BadParameter, {"trend": "add", "damped": 2}),
        ("damped=1 needs trend", BadParameter, {"damped": 1}),
        ("needs values > 0, got -4 at row 3", BadSeries, {"trend": "mul"}),
        ("needs values > 0, got -4 at row 3", BadSeries, {"seasonal": "mul", "period": 2}),
        ("number of input data is less than the periods", TooShort, {"seasonal": "add", "period": 9}),
        ("two whole periods, 10 rows, got 8", TooShort, {"seasonal": "add", "period": 5}),
    ):
        with pytest.raises(kind, match=message):
            forecast(Task.of(y, rows=3), Params(**options))
    with pytest.raises(TooShort, match="at least 4 rows, got 3"):
        forecast(Task.of(y[:3], rows=3), Params("add"))
    with pytest.raises(BadSeries, match="within 1e\\+150"):
        forecast(Task.of(y * 1e160, rows=3))


@pytest.mark.compiled_only("fits until it gives up, 20 s as plain Python")
def test_a_forecast_that_overflows_is_refused() -> None:
    with pytest.raises(NotConverged, match="overflows within 1024 rows"):
        forecast(Task.of(np.exp(np.arange(40.0)), rows=1024), Params("mul"))


def test_no_season_is_asked_for_by_0_1_or_none() -> None:
    y = np.random.default_rng(3).normal(10.0, 1.0, 30)
    wanted = forecast(Task.of(y, rows=3), Params("none", "add", 0))
    for period in (1, "none"):
        found = forecast(Task.of(y, rows=3), Params("none", "add", period))  # type: ignore[arg-type]
        assert found.period == 0
        assert (found.value == wanted.value).all()

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from kernels.contract import BadParameter, BadSeries, Forecast, Task, TooShort
from kernels.forecast.arima import ALGORITHM, Params, forecast

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "arima.json").read_text())

SEARCHES = pytest.mark.compiled_only("searches many models, up to minutes as plain Python")


def trusted(fit: dict[str, Any]) -> bool:
    """Tell whether R's likelihood is exact: next to a unit root its initial covariance is not (off by up to 8)."""
    return all(abs(fit["coef"].get(name, 0.0)) < 0.999 for name in ("ar1", "sar1"))


FIXED = [(name, i) for name, case in GOLDEN.items() for i, fit in enumerate(case["fixed"]) if trusted(fit)]


def naive(y: NDArray[np.float64], phi: float, rows: int) -> NDArray[np.float64]:
    """ARIMA(1,1,0) forecasts by its definition."""
    step, level, out = y[-1] - y[-2], y[-1], []
    for _ in range(rows):
        step *= phi
        level += step
        out.append(level)
    return np.array(out)


def season_length(case: dict[str, Any]) -> int:
    return int(case["period"]) if case["period"] > 1 else 0


def fixed(case: dict[str, Any], fit: dict[str, Any]) -> Params:
    (p, d, q), (big_p, big_d, big_q) = fit["order"], fit["seasonal"]
    return Params(period=season_length(case), p=p, d=d, q=q, P=big_p, D=big_d, Q=big_q)


def sane(answer: Forecast, rows: int) -> None:
    """What must hold of every answer."""
    for values in (answer.value, answer.low, answer.high):
        assert values.shape == (rows,)
        assert np.all(np.isfinite(values))
    assert np.all(answer.low <= answer.value)
    assert np.all(answer.value <= answer.high)
    assert answer.mse is not None
    json.dumps({"mse": answer.mse} | dict(answer.extra), allow_nan=False)


def wave(n: int = 96, m: int = 12, noise: float = 0.5) -> NDArray[np.float64]:
    t = np.arange(n)
    y = 20.0 + 0.1 * t + 5.0 * np.sin(2.0 * np.pi * t / m) + np.random.default_rng(n).normal(0.0, noise, n)
    return np.asarray(y)


def test_forecasts_follow_the_definition() -> None:
    y = np.array(GOLDEN["nile"]["series"])
    answer = forecast(Task.of(y, rows=6), Params(p=1, d=1, q=0))
    phi = answer.extra["diagnostics"]["params"]["ar1"]
    np.testing.assert_allclose(answer.value, naive(y, phi, 6), rtol=1e-10)


@pytest.mark.parametrize(("name", "which"), FIXED)
def test_given_orders_are_fitted_at_least_as_well_as_by_r(name: str, which: int) -> None:
    case = GOLDEN[name]
    expected = case["fixed"][which]
    answer = forecast(Task.of(np.array(case["series"]), rows=8), fixed(case, expected))
    loglik = answer.extra["diagnostics"]["loglik"]
    assert loglik > expected["loglik"] - 0.05
    if abs(loglik - expected["loglik"]) < 0.01:  # the same maximum
        tolerance = 0.05 * np.std(np.diff(case["series"]))
        np.testing.assert_allclose(answer.value, expected["mean"], atol=tolerance)
        width = np.array(expected["high"]) - np.array(expected["low"])
        np.testing.assert_allclose(answer.high - answer.low, width, rtol=0.03)


@pytest.mark.compiled_only("searches many models, up to minutes as plain Python")
@pytest.mark.parametrize("name", ["nile", *(pytest.param(name, marks=SEARCHES) for name in GOLDEN if name != "nile")])
def test_the_search_finds_no_worse_model_than_r(name: str) -> None:
    case = GOLDEN[name]
    expected = case["automatic"]
    answer = forecast(Task.of(np.array(case["series"]), rows=8), Params(period=season_length(case)))
    d, big_d = expected["order"][1], expected["seasonal"][1]
    model = answer.extra["model_info"]
    assert model.split(",")[1] == str(d)
    assert model.split("x")[1].split(",")[1] == str(big_d)
    assert answer.extra["diagnostics"]["aicc"] <= expected["aicc"] + 1e-3


def test_the_highest_of_several_maxima_is_found() -> None:
    answer = forecast(Task.of(np.array(GOLDEN["nile"]["series"]), rows=4), Params(p=2, d=1, q=2))
    assert answer.extra["diagnostics"]["loglik"] == pytest.approx(-630.1546, abs=1e-3)  # R stops at -630.4449


def test_information_criteria_count_every_parameter() -> None:
    y = np.array(GOLDEN["nile"]["series"])
    found = forecast(Task.of(y, rows=1), Params(p=2, d=0, q=0)).extra["diagnostics"]
    k, n = 4, 100  # two coefficients, the mean and the variance
    assert found["aic"] == pytest.approx(2 * k - 2 * found["loglik"])
    assert found["aicc"] == pytest.approx(found["aic"] + 2 * k * (k + 1) / (n - k - 1))
    assert set(found) == {"loglik", "aic", "aicc", "sigma2", "params", "n_models"}
    assert set(found["params"]) == {"ar1", "ar2", "mean"}


@pytest.mark.compiled_only("searches many models, up to minutes as plain Python")
@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1e-150), (1e7, 1.0), (0.0, 1e150), (-50.0, -3.0)])
def test_another_unit_changes_only_the_unit(shift: float, scale: float) -> None:
    y = wave()
    params = Params(period=12, p=1, d=1, q=1, P=0, D=1, Q=1)
    plain, other = forecast(Task.of(y, rows=12), params), forecast(Task.of(shift + scale * y, rows=12), params)
    atol = 1e-4 * abs(scale)
    np.testing.assert_allclose(other.value, shift + scale * plain.value, rtol=0, atol=atol)
    low, high = (plain.low, plain.high) if scale > 0 else (plain.high, plain.low)
    np.testing.assert_allclose(other.low, shift + scale * low, rtol=0, atol=atol)
    np.testing.assert_allclose(other.high, shift + scale * high, rtol=0, atol=atol)


def test_mse_is_the_mean_of_squared_one_step_errors() -> None:
    y = np.cumsum(np.random.default_rng(1).normal(size=60))
    answer = forecast(Task.of(y, rows=1), Params(p=0, d=1, q=0))
    assert answer.mse == pytest.approx(np.mean(np.diff(y) ** 2))


@pytest.mark.parametrize("conf", [0.1, 0.5, 0.8, 0.95, 0.99, 1.0])
def test_a_walks_interval_is_the_normal_one(conf: float) -> None:
    y = np.cumsum(np.random.default_rng(2).normal(size=61))
    answer = forecast(Task.of(y, rows=4, conf=conf), Params(p=0, d=1, q=0))
    sigma = math.sqrt(np.mean(np.diff(y) ** 2))
    z = min(stats.norm.ppf((1.0 + conf) / 2.0), 8.3)
    np.testing.assert_allclose(answer.high - answer.value, z * sigma * np.sqrt(np.arange(1, 5)), rtol=1e-2)


@SEARCHES
def test_more_confidence_and_more_steps_widen_the_interval() -> None:
    y = wave()
    narrow, wide = (forecast(Task.of(y, rows=24, conf=conf), Params(period=12)) for conf in (0.5, 0.95))
    assert np.all(wide.high - wide.low > narrow.high - narrow.low)
    assert wide.high[23] - wide.low[23] > wide.high[0] - wide.low[0]


@SEARCHES
def test_the_interval_covers_what_it_says() -> None:
    inside = []
    for seed in range(60):
        y = np.cumsum(np.random.default_rng(seed).normal(size=108))
        answer = forecast(Task.of(y[:100], rows=8), Params())
        inside.append(np.mean((answer.low <= y[100:]) & (y[100:] <= answer.high)))
    assert 0.88 <= np.mean(inside) <= 0.99


@SEARCHES
def test_period_zero_is_not_seasonal_and_auto_finds_it() -> None:
    y = wave(120)
    assert forecast(Task.of(y, rows=2), Params()).extra["model_info"].endswith("x(0,0,0,0)")
    found = forecast(Task.of(y, rows=12), Params(period="auto"))
    assert found.period == 12
    assert found.extra["model_info"].endswith(",12)")
    assert forecast(Task.of(y, rows=2), Params(period=1)).period == 0


@SEARCHES
def test_a_seasonal_model_continues_the_season() -> None:
    y = wave(120, noise=0.1)
    t = np.arange(120, 132)
    expected = 20.0 + 0.1 * t + 5.0 * np.sin(2.0 * np.pi * t / 12)
    answer = forecast(Task.of(y, rows=12), Params(period=12))
    assert np.max(np.abs(answer.value - expected)) < 0.6


@SEARCHES
@pytest.mark.parametrize("period", [0, 12])
@pytest.mark.parametrize("none_of", ["p", "q"])
def test_a_largest_order_of_0_leaves_ar_or_ma_alone(none_of: str, period: int) -> None:
    y = np.convolve(np.random.default_rng(3).normal(size=203), [1.0, 0.9, 0.5, 0.3], "valid") + 20.0
    given = forecast(Task.of(y, rows=2), Params(period=period, **{f"max_{none_of}": 0})).extra  # type: ignore[arg-type]
    p, _, q = given["model_info"].removeprefix("SARIMAX(").split(")")[0].split(",")
    assert (int(p) == 0, int(q) == 0) == (none_of == "p", none_of == "q")


def test_with_largest_orders_of_0_only_the_constant_is_searched() -> None:
    y = 5.0 * np.arange(80.0) + np.cumsum(np.random.default_rng(3).normal(size=80))
    given = forecast(Task.of(y, rows=1), Params(max_p=0, max_q=0))
    assert given.extra["model_info"] == "SARIMAX(0,1,0)x(0,0,0,0)"
    assert given.extra["diagnostics"]["n_models"] == 2
    assert given.extra["diagnostics"]["params"]["drift"] == pytest.approx(5.0, abs=0.3)


def test_several_seasons_are_told_and_the_first_is_used() -> None:
    t = np.arange(600)
    y = 9 * np.sin(2 * np.pi * t / 12) + 3 * np.sin(2 * np.pi * t / 60) + np.random.default_rng(1).normal(size=600)
    answer = forecast(Task.of(y, rows=1), Params(period="auto", p=1, q=0, P=0, Q=0, D=1))
    assert (answer.period, answer.extra["periods"]) == (12, [12, 60])


def test_largest_orders_are_the_documented_ten() -> None:
    assert Params().max_p == Params().max_q == 10


def test_time_running_out_answers_with_the_best_so_far() -> None:
    answer = forecast(Task.of(wave(), rows=6, out_of_time=lambda: True), Params(period=12))
    sane(answer, 6)
    assert answer.extra["search"] == "stopped by timeout after 1 models"
    one = forecast(Task.of(wave(), rows=6, out_of_time=lambda: True), Params(period=12, p=1, d=0, q=1, P=1, D=1, Q=1))
    sane(one, 6)


@pytest.mark.compiled_only("3000 rows with a season of 700, minutes as plain Python")
def test_a_long_period_is_stopped_inside_one_fit() -> None:
    looks = iter(range(10**6))
    y = wave(3000, 700)
    answer = forecast(
        Task.of(y, rows=6, out_of_time=lambda: next(looks) >= 3), Params(period=700, p=1, q=1, P=1, Q=1, d=0, D=1)
    )
    sane(answer, 6)


@pytest.mark.parametrize(
    ("y", "value"),
    [
        (np.full(30, 4.5), 4.5),
        (np.zeros(12), 0.0),
        (np.full(10, -1e300), -1e300),
        (np.full(10, 1e-308), 1e-308),
    ],
)
def test_a_constant_stays(y: NDArray[np.float64], value: float) -> None:
    answer = forecast(Task.of(y, rows=5), Params())
    sane(answer, 5)
    np.testing.assert_array_equal(answer.value, value)
    np.testing.assert_array_equal(answer.low, answer.high)


def test_a_line_and_an_exact_season_continue() -> None:
    line = forecast(Task.of(np.arange(30.0), rows=3), Params())
    np.testing.assert_allclose(line.value, [30.0, 31.0, 32.0], rtol=1e-10)
    season = forecast(Task.of(np.tile([1.0, 5.0, 2.0, 9.0], 10), rows=4), Params(period=4))
    np.testing.assert_allclose(season.value, [1.0, 5.0, 2.0, 9.0], rtol=1e-10)


@pytest.mark.parametrize("n", [3, 4, 5, 8, 10, 13])
@pytest.mark.parametrize("period", [0, 2, 3])
def test_very_short_series_are_answered(n: int, period: int) -> None:
    sane(forecast(Task.of(np.random.default_rng(n).normal(size=n), rows=4), Params(period=period)), 4)


EXTREMES = {
    "one jump": np.r_[np.zeros(20), np.ones(20)],
    "one spike": np.r_[np.zeros(20), 1e6, np.zeros(20)],
    "alternating": np.tile([1.0, -1.0], 20),
    "integers": np.random.default_rng(0).integers(0, 3, 60).astype(float),
    "huge": np.random.default_rng(1).normal(size=40) * 1e307,
    "tiny": np.random.default_rng(2).normal(size=40) * 1e-307,
    "offset": 1e15 + np.random.default_rng(3).integers(0, 5, 40).astype(float),
    "exponential": np.exp(np.arange(60.0)),
    "parabola": np.arange(50.0) ** 2,
    "sine": np.sin(np.arange(80.0) / 3.0),
}


@pytest.mark.compiled_only("searches many models, up to minutes as plain Python")
@pytest.mark.parametrize("name", list(EXTREMES))
@pytest.mark.parametrize("period", [0, pytest.param(4, marks=SEARCHES)])
def test_extremes_are_answered(name: str, period: int) -> None:
    sane(forecast(Task.of(EXTREMES[name], rows=30), Params(period=period)), 30)


@SEARCHES
@settings(max_examples=60, deadline=None)
@given(
    y=st.lists(st.floats(-1e300, 1e300) | st.integers(-3, 3).map(float), min_size=10, max_size=40),
    period=st.sampled_from([0, 2, 5]),
    conf=st.sampled_from([0.5, 0.95, 1.0]),
)
def test_every_finite_series_has_a_sane_answer(y: list[float], period: int, conf: float) -> None:
    sane(
        forecast(Task.of(np.array(y), rows=7, conf=conf), Params(period=period, max_p=3, max_q=3, max_P=1, max_Q=1)), 7
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"period": -1}, "periods should be greater than 0, got -1"),
        ({"p": 21}, "p must be 0 to 20 or auto, got 21"),
        ({"max_Q": -1}, "max_Q must be 0 to 5, got -1"),
        ({"start_p": -1}, "start_p must be >= 0, got -1"),
        ({"d": 3}, "d must be 0 to 2 or auto, got 3"),
        ({"start_p": 4, "max_p": 3}, "start_p must be 0 to max_p=3, got 4"),
        ({"start_q": 11}, "start_q must be 0 to max_q=10, got 11"),
    ],
)
def test_bad_options_are_refused(options: dict[str, int], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        Params(**options)


def test_too_few_values_are_refused() -> None:
    with pytest.raises(TooShort, match="at least 3 values are needed, got 2"):
        forecast(Task.of(np.zeros(2), rows=1), Params())
    with pytest.raises(TooShort, match="number of input data is less than the periods: 10 values, period 24"):
        forecast(Task.of(np.arange(10.0), rows=1), Params(period=24))
    with pytest.raises(TooShort, match="at least 3 values must be left after differencing d=0, D=1, got 2"):
        forecast(Task.of(np.arange(12.0), rows=1), Params(period=10, D=1, d=0))


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(BadSeries, match="value at row 1 is not finite"):
        forecast(Task.of(np.array([1.0, np.nan, 2.0, 3.0]), rows=1), Params())


@SEARCHES
def test_the_series_is_not_modified() -> None:
    y = wave()
    before = y.copy()
    forecast(Task.of(y, rows=3), Params(period=12))
    np.testing.assert_array_equal(y, before)


def test_the_wire_knows_it() -> None:
    assert ALGORITHM.name == "arima"
    assert ALGORITHM.kind == "forecast"

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.protocol.options import params, parse
from kernels.contract import BadParameter, BadSeries, Forecast, Series, Task
from kernels.forecast import _prophet_course, prophet
from kernels.forecast.prophet import Params, forecast
from tests.kernels.forecast.contracted import L96, PASSENGERS, refused_by_all

DAY_MS = 86_400_000


def ask(x: Series, step_ms: int, rows: int = 10, options: Params = Params(), **asked: Any) -> Forecast:  # noqa: B008
    n = len(x)
    times = np.arange(n, dtype=np.int64) * step_ms
    return forecast(Task.of(x, times=times, start=n * step_ms, step=step_ms, rows=rows, **asked), options)


def naive(t: float, slope: float, level: float, changes: list[tuple[float, float]], waves: list[float]) -> float:
    """Section 3.1: a slope that changes at times, with the offset that keeps the trend in one piece; a week's waves."""
    rate, offset = slope, level
    for at, change in changes:
        if t >= at:
            rate += change
            offset -= at * change
    total = rate * t + offset
    for k in range(len(waves) // 2):
        angle = 2 * np.pi * (k + 1) * t / 7.0
        total += waves[2 * k] * np.sin(angle) + waves[2 * k + 1] * np.cos(angle)
    return float(total)


def test_what_is_expected_equals_the_naive_formula() -> None:
    t, at, changes, waves = np.arange(30.0), np.array([5.0, 12.0]), [0.7, -0.2], [0.3, 0.1, -0.4, 0.2]
    theta = np.array([0.5, 2.0, *changes])
    found = _prophet_course.basis(t, at, "linear") @ theta + _prophet_course.fourier(t, [("weekly", 2)]) @ waves
    wanted = [naive(one, 0.5, 2.0, list(zip(at, changes, strict=True)), waves) for one in t]
    np.testing.assert_allclose(found, wanted)


def test_variance_of_changes_to_come_is_that_of_a_simulation() -> None:
    rng, changes = np.random.default_rng(11), np.array([0.3, -0.1, 0.2, 0.2])
    size, ends = np.mean(np.abs(changes)), []
    for _ in range(4000):
        at = rng.uniform(0.0, 0.5, rng.poisson(len(changes) * 0.5))
        ends.append(np.sum((0.5 - at) * rng.laplace(0.0, size, len(at))))
    found = _prophet_course.variance_of_changes(changes, np.array([0.9, 1.5]))
    assert found[0] == 0.0
    assert found[1] == pytest.approx(np.var(ends), rel=0.15)


# contracted values of rows 1, 5 (where there is one) and 10, and the first interval
@pytest.mark.compiled_only("hundreds of iterations")
def test_contracted_values_are_met() -> None:
    answer = ask(PASSENGERS, 30 * DAY_MS)
    np.testing.assert_allclose(answer.value[[0, 4, 9]], [453.12, 500.97, 529.44], rtol=0.03)
    np.testing.assert_allclose([answer.low[0], answer.high[0]], [402.4, 504.2], rtol=0.03)
    assert answer.mse is None
    assert answer.extra["model_info"] == "Prophet"
    answer = ask(L96, 1000)
    np.testing.assert_allclose(answer.value[[0, 9]], [17.39, 16.90], rtol=0.03)
    np.testing.assert_allclose([answer.low[0], answer.high[0]], [3.67, 31.91], atol=0.5)


# prophet 1.5.0 with interval_width=0.95, rows 1, 5, 10, and the bounds of row 10
PEER: list[tuple[dict[str, Any], list[float], list[float]]] = [
    ({}, [453.12, 500.973, 529.44], [480.51, 581.03]),
    ({"seasonality_mode": "multiplicative"}, [430.552, 504.02, 538.595], [503.84, 569.11]),
    ({"growth": "flat"}, [240.519, 278.727, 303.03], [84.98, 558.89]),
    ({"growth": "logistic", "cap": 1000.0}, [464.658, 512.64, 543.208], [497.14, 593.23]),
]


@pytest.mark.compiled_only("hundreds of iterations")
@pytest.mark.parametrize(("options", "value", "bounds"), PEER)
def test_forecasts_equal_those_of_prophet(options: dict[str, Any], value: list[float], bounds: list[float]) -> None:
    answer = ask(PASSENGERS, 30 * DAY_MS, options=Params(yearly_seasonality=10, **options), conf=0.95)
    np.testing.assert_allclose(answer.value[[0, 4, 9]], value, rtol=2e-3)
    np.testing.assert_allclose([answer.low[9], answer.high[9]], bounds, atol=0.06 * bounds[1])


@pytest.mark.parametrize(
    ("step_days", "rows", "options", "wanted"),
    [
        (1.0, 13, "", []),
        (1.0, 15, "", [("weekly", 3)]),
        (1.0, 731, "", [("yearly", 10), ("weekly", 3)]),
        (0.25, 9, "", [("daily", 2)]),
        (30.0, 30, "", [("yearly", 6)]),
        (365.0, 30, "", []),
        (30.0, 30, "yearly_seasonality=true,daily_seasonality=2", [("yearly", 10), ("daily", 2)]),
        (1.0, 15, "weekly_seasonality=False", []),
    ],
)
def test_seasons_are_those_that_the_calendar_can_tell(
    step_days: float, rows: int, options: str, wanted: list[tuple[str, int]]
) -> None:
    assert prophet._seasons(step_days * np.arange(rows), params(Params, parse(options))) == wanted


@pytest.mark.compiled_only("hundreds of iterations")
def test_the_calendar_counts_and_not_the_number_of_a_row() -> None:
    hours = np.arange(24 * 20)
    x = 10.0 + np.sin(2 * np.pi * hours / 24.0)
    kept = np.delete(hours, np.arange(100, 111))
    task = Task.of(x[kept], times=kept * 3_600_000, start=480 * 3_600_000, step=3_600_000, rows=24)
    np.testing.assert_allclose(forecast(task).value, 10.0 + np.sin(2 * np.pi * np.arange(480, 504) / 24.0), atol=0.02)


def test_without_times_rows_end_before_the_first_ahead() -> None:
    x = np.arange(20.0)
    plain = forecast(Task.of(x, start=20_000, step=1000, rows=3))
    np.testing.assert_array_equal(plain.value, ask(x, 1000, 3).value)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_goes_on(value: float) -> None:
    answer = ask(np.full(12, value), DAY_MS, 3)
    np.testing.assert_allclose([answer.value, answer.low, answer.high], value, atol=1e-4)


def test_times_that_are_one_in_days_are_refused() -> None:
    times = np.arange(10, dtype=np.int64) + 1_700_000_000_000_000_000
    asked = Task.of(np.arange(10.0), times=times, unit="ns", start=int(times[-1]) + 1, step=1, rows=2)
    with pytest.raises(BadSeries, match="^rows 1 ns apart are too near to each other"):
        forecast(asked, Params())


def test_nonsense_is_refused() -> None:
    refused_by_all(forecast, Params, step=1)
    with pytest.raises(BadSeries, match="number of input data is too large: 3001 rows, at most 3000"):
        ask(np.zeros(3001), 1000)
    with pytest.raises(BadParameter, match="time_step must be specified for Prophet"):
        forecast(Task.of(L96, rows=1))
    with pytest.raises(BadSeries, match="times must increase, got 3 at row 1 after 5"):
        forecast(Task.of([1.0, 2.0], times=np.array([5, 3]), start=6, step=1, rows=1))
    with pytest.raises(BadParameter, match="growth=logistic needs a cap above floor=0, got cap=none"):
        Params(growth="logistic")
    for text in ("growth=steep", "yearly_seasonality=often", "changepoint_prior_scale=0", "seasonality_mode=both"):
        with pytest.raises(BadParameter, match=text.split("=")[0]):
            params(Params, parse(text))


def beside(options: Params = Params()) -> tuple[Forecast, Series]:  # noqa: B008
    """Ask for a line with a holiday now and then, and something that wanders: 8 and 3 times as much as there is."""
    rng, n, rows = np.random.default_rng(4), 200, 10
    holiday, wander = (rng.random(n + rows) < 0.1).astype(np.float64), rng.normal(100.0, 5.0, n + rows).round(3)
    course = 0.1 * np.arange(n + rows) + 8.0 * holiday + 3.0 * wander
    given = {"holiday": holiday, "wander": wander}
    answer = ask(course[:n] + 0.3 * rng.normal(size=n), DAY_MS, rows, options, known=given)
    return answer, course[n:]


def test_covariates_are_added_to_the_seasons() -> None:
    answer, course = beside(Params(weekly_seasonality="false"))
    np.testing.assert_allclose(answer.value, course, atol=0.5)
    # of Prophet 1.5.0 on the same rows
    values = [338.3655, 309.0877, 315.1557, 305.0378, 324.2068, 319.4193, 325.4243, 345.1899, 306.3637, 330.0866]
    np.testing.assert_allclose(answer.value, values, rtol=1e-4)
    assert answer.extra["covariates"] == {
        "holiday": pytest.approx(7.956704, rel=1e-3),
        "wander": pytest.approx(2.997942, rel=1e-3),
    }


@pytest.mark.compiled_only("hundreds of iterations")
def test_covariates_are_shares_of_the_trend_where_seasons_are_multiplied() -> None:
    answer, _ = beside(Params(weekly_seasonality="false", seasonality_mode="multiplicative"))
    assert answer.extra["covariates"]["holiday"] == pytest.approx(8.0 / 310.0, rel=0.05)


def test_a_constant_covariate_is_refused() -> None:
    with pytest.raises(BadSeries, match="covariate x is constant"):
        ask(L96, DAY_MS, 2, known={"x": np.ones(98)})

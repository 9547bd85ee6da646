"""Series on which forecasters have been reported to fail, with the right answers: tests/golden/reported_forecasts.json.

Each names the report it was made after. What is right is R's answer, or follows from the series.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernels.contract import Forecast, Task
from kernels.registry import discover

CASES: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "reported_forecasts.json").read_text())
FORECASTERS = {algorithm.name: algorithm for algorithm in discover("kernels.forecast")}
SLOW = {"step", "single_value_in_zeros", "mul_season_interval", "weekly_52", "quarterly", "intermittent"}


def answer(case: dict[str, Any], **other: Any) -> Forecast:
    algorithm = FORECASTERS[case["algorithm"]]
    found = algorithm.run(Task.of(case["series"], rows=case["rows"]), algorithm.params(**(case["options"] | other)))
    assert isinstance(found, Forecast)
    return found


def named(*names: str) -> list[Any]:
    marks = {name: [pytest.mark.compiled_only("many fits")] if name in SLOW else [] for name in names}
    return [pytest.param(name, marks=marks[name]) for name in names]


@pytest.mark.parametrize("name", named(*(name for name, case in CASES.items() if "value" in case["right"])))
def test_the_forecast_is_the_right_one(name: str) -> None:
    case, right = CASES[name], CASES[name]["right"]
    found = answer(case)
    largest = float(np.max(np.abs(case["series"])))
    np.testing.assert_allclose(found.value, right["value"], rtol=right["rtol"], atol=1e-9 * largest)
    if "half" in right:
        np.testing.assert_allclose(found.high - found.value, right["half"], rtol=right["rtol"])
        np.testing.assert_allclose(found.value - found.low, right["half"], rtol=right["rtol"])


@pytest.mark.parametrize("name", named(*(name for name, case in CASES.items() if "within" in case["right"])))
def test_the_forecast_stays_where_it_can_be(name: str) -> None:
    low, high = CASES[name]["right"]["within"]
    value = answer(CASES[name]).value
    assert np.all((low <= value) & (value <= high))


@pytest.mark.parametrize("name", named("mul_season_interval"))
def test_bounds_are_those_of_their_season(name: str) -> None:
    found = answer(CASES[name])
    for row, expected in CASES[name]["right"]["rows"].items():
        at = int(row) - 1
        np.testing.assert_allclose([found.value[at], found.low[at], found.high[at]], expected, rtol=0.02)
    assert np.all(found.low > 0.0)


@pytest.mark.compiled_only("many fits")
def test_a_near_constant_season_is_repeated_by_arima_too() -> None:
    case = CASES["near_constant_season"]
    found = answer(case | {"algorithm": "arima", "options": {"period": 12}})
    np.testing.assert_allclose(found.value, case["right"]["value"], rtol=1e-12)


@pytest.mark.compiled_only("many fits")
def test_the_period_of_an_exact_season_is_found() -> None:
    found = answer(CASES["exact_season"], period="auto")
    assert found.period == 12
    np.testing.assert_allclose(found.value, CASES["exact_season"]["right"]["value"], rtol=1e-9)


def test_a_last_value_that_is_out_of_line_is_not_continued() -> None:
    case = CASES["constant"]
    found = answer(case | {"series": [*case["series"][:-1], 1.1]})
    np.testing.assert_allclose(found.value, 1.005, atol=0.01)


@pytest.mark.compiled_only("20 000 rows and more")
@pytest.mark.parametrize(("rows", "period"), [(26_280, 8_760), (20_000, 2_880)])
@pytest.mark.parametrize("orders", [{}, {"p": 1, "d": 0, "q": 1, "P": 1, "D": 1, "Q": 1}])
def test_a_long_season_is_answered_whenever_time_is_up(rows: int, period: int, orders: dict[str, int]) -> None:
    t = np.arange(rows)
    y = 100 + 20 * np.sin(2 * np.pi * t / period) + 5 * np.sin(2 * np.pi * t / 24)
    y += np.random.default_rng(21).standard_normal(rows)
    looks = iter(range(10**6))
    arima = FORECASTERS["arima"]
    task = Task.of(y, rows=24, out_of_time=lambda: next(looks) >= 2)
    found = arima.run(task, arima.params(period=period, **orders))
    assert isinstance(found, Forecast)
    assert str(found.extra["search"]).startswith("stopped by timeout")
    assert next(looks) < 20  # after that it did not go on searching
    assert np.all(np.isfinite(found.low) & np.isfinite(found.high))

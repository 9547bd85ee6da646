"""The interval of holtwinters is that of the model it tells of."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.coverage_holtwinters import AHEAD, LOCAL, SEASONAL, STEPS, WALK, Process, coverage, requests
from kernels.contract import Forecast, Series, Task
from kernels.forecast.holtwinters import Params, forecast
from tests.kernels.forecast.models import GOLDEN, few

KINDS = ("none", "add", "mul", "auto")
NORMAL_975 = 1.959963984540054


class Told:
    """A model made of nothing but what the answer tells, run by the textbook's formulae."""

    def __init__(self, answer: Forecast) -> None:
        told: dict[str, Any] = answer.extra["diagnostics"]
        params = told["params"]
        self.relative = str(answer.extra["model_info"])[4] == "M"
        self.trend, self.seasonal = answer.extra["trend"], answer.extra["seasonal"]
        self.sigma = told["sigma2"] ** 0.5
        self.alpha, self.beta, self.gamma = (params.get(name, 0.0) for name in ("alpha", "beta", "gamma"))
        self.phi = params.get("phi", 1.0)
        self.growth = params.get("initial_growth", 1.0 if self.trend == "mul" else 0.0)
        self.level: Any = params["initial_level"]
        self.seasons: list[Any] = list(params.get("initial_seasons", [0.0]))

    def expected(self) -> tuple[Any, Any, Any, Any]:
        """Return the next mean, the level before its season, that season, and the damped growth."""
        growth = self.growth**self.phi if self.trend == "mul" else self.phi * self.growth
        q = self.level * growth if self.trend == "mul" else self.level + growth
        s = self.seasons[0]
        return (q * s if self.seasonal == "mul" else q + s), q, s, growth

    def take(self, value: Any) -> None:
        """Move on by a value, or by one value per path."""
        mu, q, s, growth = self.expected()
        e = value - mu
        k = e / s if self.seasonal == "mul" else e
        self.growth = growth + self.beta * (k / self.level if self.trend == "mul" else k)
        self.level = q + self.alpha * k
        self.seasons = [*self.seasons[1:], s + self.gamma * (e / q if self.seasonal == "mul" else e)]

    def futures(self, rows: int, paths: int) -> tuple[Series, Series]:
        """Return the forecasts, and (rows, paths) random futures that keep positive where the form does."""
        rng = np.random.default_rng(0)
        before = self.level, self.growth, self.seasons
        value = []
        for _ in range(rows):
            value.append(float(self.expected()[0]))
            self.take(value[-1])
        self.level, self.growth, self.seasons = before
        found = np.empty((rows, paths))
        for h in range(rows):
            mu = self.expected()[0]
            found[h] = mu + rng.normal(0.0, self.sigma, paths) * (mu if self.relative else 1.0)
            if self.relative or "mul" in (self.trend, self.seasonal):
                found[h] = np.maximum(found[h], 1e-12)
            self.take(found[h])
        return np.array(value), found


def follows_from_what_is_told(y: Series, answer: Forecast, paths: int) -> None:
    told = Told(answer)
    for value in y:
        told.take(value)
    value, futures = told.futures(len(answer.value), paths)
    size = np.max(np.abs(y))
    np.testing.assert_allclose(answer.value, value, rtol=1e-7, atol=1e-9 * size)
    half = NORMAL_975 * np.std(futures, axis=1)
    positive = told.relative or "mul" in (told.trend, told.seasonal)
    if "mul" in (told.trend, told.seasonal) or (positive and np.any(half >= value)):
        low, high = np.quantile(futures, [0.025, 0.975], axis=1)
    else:  # the mean is linear in the errors
        low, high = value - half, value + half
    further = np.array(answer.extra["diagnostics"].get("widened", 1.0))  # what estimating cost
    low = value * (low / value) ** further if positive else value - further * (value - low)
    high = value + further * (high - value)
    # chance moves a quantile of 1000 futures by 4 % of a standard deviation
    reach = 0.08 * (high - low) + 1e-6 * size
    np.testing.assert_array_less(np.abs(answer.low - low), reach, err_msg=str(answer.extra))
    np.testing.assert_array_less(np.abs(answer.high - high), reach, err_msg=str(answer.extra))


@pytest.mark.compiled_only("fits dozens of series")
@pytest.mark.parametrize("process", [WALK, *LOCAL, *SEASONAL], ids=str)
def test_forecast_and_bounds_follow_from_the_reported_parameters(process: Process) -> None:
    period = process.period if process.seasonal != "none" else 0
    for y in process.simulate(4, 80, np.random.default_rng(5)):
        for params in (Params(process.trend, process.seasonal, period), Params("auto", "auto", period)):
            follows_from_what_is_told(y, forecast(Task.of(y, rows=2 * AHEAD), params), 20_000)


@pytest.mark.compiled_only("fits a hundred series")
def test_bounds_of_random_walks_follow_from_the_reported_parameters() -> None:
    for y in WALK.simulate(100, 60, np.random.default_rng(6)):
        follows_from_what_is_told(y, forecast(Task.of(y, rows=12), Params("auto")), 5_000)


def test_a_jump_after_zeros_widens_as_a_random_walk_does() -> None:
    y = np.array([0.0] * 30 + [1.0, 158.0])  # of a public report
    answer = forecast(Task.of(y, rows=6), Params("auto"))
    follows_from_what_is_told(y, answer, 20_000)
    np.testing.assert_allclose(answer.value, 158.0)
    # R: ets(y, "ANN")
    np.testing.assert_allclose(answer.high - 158.0, [56.2, 79.5, 97.3, 112.4, 125.6, 137.6], atol=0.1)


@pytest.mark.compiled_only("fits every form to 240 values")
@pytest.mark.parametrize("seasonal", ["mul", "auto"])
def test_a_low_season_has_the_bounds_of_a_low_season(seasonal: str) -> None:
    recorded = json.loads((Path(__file__).parents[2] / "golden" / "low_season.json").read_text())
    y = np.array(recorded["series"], np.float64)
    answer = forecast(Task.of(y, rows=24), Params("none", seasonal, 12))  # type: ignore[arg-type]
    # with a steady level and steady seasons it is one and the same whether these are added or multiplied
    assert answer.extra["model_info"] in (recorded["method"], "ETS(M,N,A)")
    low, mean, high = (np.array(recorded[key]) for key in ("lower95", "mean", "upper95"))
    np.testing.assert_allclose(answer.value, mean, rtol=0.02)
    further = np.array(answer.extra["diagnostics"].get("widened", 1.0))  # what estimating cost, which R leaves out
    np.testing.assert_allclose(answer.value * (answer.low / answer.value) ** (1.0 / further), low, rtol=0.02)
    np.testing.assert_allclose(answer.value + (answer.high - answer.value) / further, high, rtol=0.02)


@pytest.mark.parametrize(("trend", "seasonal"), few(list(product(KINDS, KINDS)), 2))
def test_intervals_widen_with_coverage_and_where_the_model_says_so_with_the_horizon(trend: str, seasonal: str) -> None:
    y = np.array(GOLDEN["UKgas"]["series"], np.float64)[-40:]
    low, high = np.full(20, np.inf), np.full(20, -np.inf)
    for conf in (0.5, 0.8, 0.95, 0.999, 1.0):
        answer = forecast(Task.of(y, rows=20, conf=conf), Params(trend, seasonal, 4))  # type: ignore[arg-type]
        assert np.all(answer.low <= low)
        assert np.all(answer.high > high)
        low, high = answer.low, answer.high
        told = answer.extra
        if str(told["model_info"]).startswith("ETS(A") and "mul" not in (told["trend"], told["seasonal"]):
            assert np.all(np.diff(high - low) >= -1e-9 * np.max(high))
        if told["trend"] == "none":
            width = (high - low)[4:] - (high - low)[:-4]
            assert np.all(width >= -1e-9 * np.max(high))


@pytest.mark.compiled_only("fits hundreds of series")
@pytest.mark.parametrize("process", [WALK, *LOCAL, *SEASONAL], ids=str)
def test_bounds_cover_the_future_of_the_models_own_series(process: Process) -> None:
    quick = replace(process, period=4)
    y = quick.simulate(200, 500 + AHEAD, np.random.default_rng(7))
    params = requests(quick)[1 if process.error == "mul" and "mul" not in (process.trend, process.seasonal) else 0]
    found, _ = coverage(y, params)
    # 1.5 % is the standard error of a share of 200; that a growth had to be estimated costs 2 % at step 24
    np.testing.assert_allclose([found[step - 1] for step in STEPS], 0.95, atol=0.06)


@pytest.mark.compiled_only("fits 150 series")
def test_bounds_of_short_series_know_that_a_trend_may_wander() -> None:
    y = Process("add", "add", "none").simulate(150, 120 + AHEAD, np.random.default_rng(11))
    found, _ = coverage(y, Params(trend="auto"))
    assert found[AHEAD - 1] > 0.9  # 0.80 with bounds of the estimates alone; the standard error is 0.02

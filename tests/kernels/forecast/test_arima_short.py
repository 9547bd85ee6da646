from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.contract import Task
from kernels.forecast._arima_answer import Differenced
from kernels.forecast._arima_orders import Orders
from kernels.forecast._arima_scale import differenced, scaled
from kernels.forecast._arima_search import Fit
from kernels.forecast._arima_short import one_difference, spread
from kernels.forecast.arima import Params, forecast


def naive(y: NDArray[np.float64], sigma2: float, rows: int) -> NDArray[np.float64]:
    """Of a random walk: mean squared change over h rows against h sigma2, never falling, at least 1."""
    ratio = []
    n = len(y) - 1
    for h in range(1, rows + 1):
        changes = [(y[t + h] - y[t]) ** 2 for t in range(max(4, n // 3), len(y) - h)]
        ratio.append(np.mean(changes) / (h * sigma2) if changes else 0.0)
    return np.maximum(np.maximum.accumulate(ratio), 1.0)


def test_a_walk_that_misses_by_more_than_it_says_is_as_much_wider() -> None:
    y = np.cumsum(np.random.default_rng(1).normal(0.5, 1.0, 25)) - 20.0
    z = scaled(y)
    w = differenced(z.values, 1, 0, 0)
    model = Differenced(z, w, 1, 0, 0)
    sigma2 = float(np.mean(w**2))
    fit = Fit(Orders(0, 0), np.zeros(0), 0.0, sigma2 * len(w), 0.0, 0.0)
    np.testing.assert_allclose(spread(model, fit, sigma2, w, 6), naive(z.values, sigma2, 6))


def test_errors_that_grow_with_the_level_are_taken_as_relative() -> None:
    y = np.exp(np.cumsum(np.random.default_rng(2).normal(0.05, 0.1, 40)))
    params = Params(p=0, q=0, d=1)
    plain = forecast(Task.of(y, rows=1), params)
    searched = forecast(Task.of(y, rows=1), Params(d=1, max_p=0, max_q=0))
    assert searched.high[0] - searched.low[0] > 1.3 * (plain.high[0] - plain.low[0])


@pytest.mark.parametrize(("phi", "most", "least"), [(1.0, 25, 22), (0.0, 8, 0)])
def test_a_walk_is_told_from_noise(phi: float, most: int, least: int) -> None:
    found = 0
    for seed in range(25):
        noise, y = np.random.default_rng(seed).normal(size=30), np.zeros(30)
        for t in range(1, 30):
            y[t] = phi * y[t - 1] + noise[t]
        found += one_difference(y)
    assert least <= found <= most


@pytest.mark.compiled_only("searches many models")
def test_a_short_series_is_differenced_once_at_most_unless_asked() -> None:
    y = np.cumsum(np.cumsum(np.random.default_rng(3).normal(1.0, 0.3, 40)))
    assert forecast(Task.of(y, rows=2), Params()).extra["model_info"].split(",")[1] == "1"
    assert forecast(Task.of(y, rows=2), Params(d=2)).extra["model_info"].split(",")[1] == "2"
    assert forecast(Task.of(y, rows=2), Params(max_d=0)).extra["model_info"].split(",")[1] == "0"

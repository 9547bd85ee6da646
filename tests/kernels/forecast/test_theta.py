from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.protocol.options import params, parse
from kernels.contract import BadParameter, BadSeries, Series, Task, TooShort
from kernels.forecast import theta
from kernels.forecast.theta import Params, forecast
from kernels.numerics.normal import two_sided_quantile
from tests.kernels.forecast.contracted import L96, PASSENGERS, refused_by_all


def naive(x: Series, rows: int) -> Series:
    """Simple exponential smoothing with half the slope of the line as its drift: the standard form without season."""
    n = len(x)
    t = np.arange(1, n + 1)
    slope, zero = np.polyfit(t, x, 1)
    best = (np.inf, 0.0, 0.0)
    for rate in np.linspace(0.1, 0.99, 90):
        left = (1 - rate) ** (t - 1)
        base = np.zeros(n)  # of a level that begins at 0
        for i in range(1, n):
            base[i] = base[i - 1] + rate * (x[i - 1] - base[i - 1])
        rest = x - base - 0.5 * (left * zero + (1 - left * (1 - rate)) / rate * slope)
        first = np.sum(left * rest) / np.sum(left * left)
        last = base[-1] + rate * (x[-1] - base[-1]) + (1 - rate) ** n * first
        best = min(best, (float(np.sum((rest - left * first) ** 2)), rate, last))
    _, rate, last = best
    return last + 0.5 * np.array(
        [(1 - rate) ** n * zero + (1 - (1 - rate) ** (n + 1)) / rate * slope + h * slope for h in range(rows)]
    )


@pytest.mark.parametrize("n", [8, 60])
def test_equals_the_naive_method(n: int) -> None:
    x = np.random.default_rng(n).normal(size=n).cumsum() + 50.0
    answer = forecast(Task.of(x, rows=4), Params(form="standard"))
    np.testing.assert_allclose(answer.value, naive(x, 4), rtol=2e-3)


# Theta, OptimizedTheta, DynamicTheta and DynamicOptimizedTheta of statsforecast 2.1.1, rows 1, 5 and 10
PEER = {
    "standard": [440.9692, 480.631, 457.5294],
    "optimised": [442.9425, 487.4948, 469.5369],
    "dynamic": [440.7741, 480.437, 457.3804],
    "dynamic-optimised": [442.9272, 487.866, 470.4105],
}


@pytest.mark.parametrize("form", PEER)
def test_every_form_equals_that_of_statsforecast(form: str) -> None:
    value = forecast(Task.of(PASSENGERS, rows=10), Params(period=12, form=form)).value
    np.testing.assert_allclose(value[[0, 4, 9]], PEER[form], rtol=1e-3)


# contracted values of rows 1, 5 and 10, and mean squared errors, which ours need not reach
CONTRACTED: list[tuple[Series, dict[str, Any], list[float], float]] = [
    (PASSENGERS, {"period": 12}, [440.9692, 480.631, 457.5294], 130.224117),
    (PASSENGERS, {"period": 12, "decomposition_type": "additive"}, [437.0465, 462.602, 453.1071], 1713.35),
    (PASSENGERS, {}, [432.9292, 438.2435, 444.8865], 1131.255),
    (L96, {}, [19.0866, 18.9772, 18.8405], 51.933),
]


@pytest.mark.parametrize(("x", "options", "wanted", "most"), CONTRACTED)
def test_contracted_values_are_met(x: Series, options: dict[str, Any], wanted: list[float], most: float) -> None:
    answer = forecast(Task.of(x, rows=10), Params(**options))
    np.testing.assert_allclose(answer.value[[0, 4, 9]], wanted, rtol=0.03)
    assert answer.extra["model_info"] == "Theta"
    assert answer.mse is not None
    assert answer.mse < most


def test_the_contracted_interval_is_met() -> None:
    answer = forecast(Task.of(PASSENGERS, rows=10), Params(period=12))
    np.testing.assert_allclose([answer.low[0], answer.high[0]], [422.0436, 457.8592], rtol=0.03)


def test_intervals_widen_with_the_steps_and_the_coverage() -> None:
    half = {
        conf: np.ptp([(a := forecast(Task.of(L96, rows=20, conf=conf))).low, a.high], axis=0) for conf in (0.5, 0.9)
    }
    assert np.all(np.diff(half[0.9]) > 0.0)
    np.testing.assert_allclose(half[0.9] / half[0.5], two_sided_quantile(0.9) / two_sided_quantile(0.5))


@pytest.mark.compiled_only("eight fits")
def test_the_form_that_is_chosen_is_one_of_those_that_can_be_named() -> None:
    chosen = forecast(Task.of(PASSENGERS, rows=5), Params(period=12))
    named = {form: forecast(Task.of(PASSENGERS, rows=5), Params(period=12, form=form)) for form in theta.FORMS}
    (same,) = [one for one in named.values() if one.extra["form"] == chosen.extra["form"]]
    np.testing.assert_array_equal(same.value, chosen.value)


def test_the_fewest_rows_and_a_constant_are_answered() -> None:
    assert np.all(np.diff(forecast(Task.of([3.0, 4.0], rows=2)).value) > 0.0)
    answer = forecast(Task.of(np.full(30, 7.0), rows=3), Params(period=4))
    np.testing.assert_allclose([answer.value, answer.low, answer.high], 7.0)


def test_nonsense_is_refused() -> None:
    refused_by_all(forecast, Params)
    wrong = "decomposition_type parameter can only be 'additive' or 'multiplicative', got both"
    with pytest.raises(BadParameter, match=wrong):
        params(Params, parse("decomposition_type=both"))
    for options in ({}, {"period": 4}):
        with pytest.raises(BadSeries, match="multiplicative decomposition requires strictly positive input data"):
            forecast(Task.of([1.0, 0.0, 2.0] * 4, rows=1), Params(**options))
    forecast(Task.of([1.0, 0.0, 2.0] * 4, rows=1), Params("additive"))
    with pytest.raises(TooShort, match="number of input data is less than the required periods"):
        forecast(Task.of(PASSENGERS[:23], rows=1), Params(period=12))

from __future__ import annotations

import dataclasses
from dataclasses import fields

import numpy as np
import pytest

from kernels.contract import BadParameter
from kernels.forecast import prophet
from kernels.forecast._prophet_course import Course
from kernels.forecast.prophet import Params
from tests.kernels.forecast.trained import ask

WEEK = np.tile([1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 8.0], 10) + np.arange(70) * 0.3
DAY = 24 * 3_600_000
LINE = Course("linear", False, 2.0, 1.0, 0.0, 19675.0, 10.0, 0.25, 0, 0, 0, np.array([0.5]), np.array([3.0, 1.0, 4.0]))


def with_(model: Course, **changes) -> Course:
    return Course(**{field.name: getattr(model, field.name) for field in fields(model)} | changes)


def test_a_line_that_bends_goes_on_in_the_units_of_the_series() -> None:
    value, half = LINE.at(np.array([19675.0, 19680.0, 19685.0]), 0.95)
    np.testing.assert_allclose(value, [2.0 * 1.0 + 1.0, 2.0 * 2.5 + 1.0, 2.0 * (4.0 + 2.0) + 1.0])
    np.testing.assert_allclose(half, 2.0 * 1.959963984540054 * 0.5)


def test_what_is_trained_answers_by_the_time_as_the_forecaster_does() -> None:
    task = ask(WEEK, step=DAY, rows=7)
    model = prophet.train(task, Params())
    expected = prophet.forecast(task)
    np.testing.assert_array_equal(model.run(task).value, expected.value)
    np.testing.assert_array_equal(model.run(task).low, expected.low)
    later = model.run(ask(np.zeros(10), first=60, step=DAY, rows=7, unit="us"))  # whatever its rows are
    np.testing.assert_allclose(later.value, expected.value, rtol=1e-9)
    assert later.extra["seasons"] == [7.0]


@pytest.mark.compiled_only("fits of a product")
@pytest.mark.parametrize("mode", ["additive", "multiplicative"])
def test_a_course_with_covariates_answers_as_the_forecaster_does_and_in_other_requests(mode) -> None:
    promo = (np.arange(77) % 9 == 0).astype(np.float64)
    price = 5.0 + np.random.default_rng(3).normal(size=77)
    task = dataclasses.replace(ask(WEEK + 4.0 * promo[:70], step=DAY, rows=7), known={"promo": promo, "price": price})
    params = Params(seasonality_mode=mode)
    model, expected = prophet.train(task, params), prophet.forecast(task, params)
    found = model.run(task)
    np.testing.assert_array_equal(found.value, expected.value)
    assert found.extra["covariates"] == expected.extra["covariates"]
    later = ask(np.zeros(10), first=60, step=DAY, rows=7)
    later = dataclasses.replace(later, known={"dynamic_real_1": promo[60:], "dynamic_real_2": price[60:]})
    np.testing.assert_allclose(model.run(later).value, expected.value, rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"growth": "up"}, "growth must be one of linear, logistic, flat, got up"),
        ({"unit": 0.0}, "unit must be"),
        ({"span": 0.0}, "span must be"),
        ({"weekly": 51}, "weekly must be 0 to 50, got 51"),
        ({"weekly": 1}, r"theta must have the shape \[5\], got \[3\]"),
        ({"growth": "flat"}, "the number of changes must be 0 to 0, got 1"),
        ({"changes": np.array([1.5])}, "changes must hold numbers 0 to 1, got 1.5"),
        ({"theta": np.array([1.0, np.nan, 0.0])}, "theta must hold numbers"),
        ({"variance": -1.0}, "variance must be 0 to"),
        ({"covariates": ("a",)}, r"effect must have the shape \[3, 1\], got \[3, 0\]"),
    ],
)
def test_what_is_no_course_is_refused(changes, message) -> None:
    with pytest.raises(BadParameter, match=message):
        with_(LINE, **changes)

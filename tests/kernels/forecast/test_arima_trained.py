from __future__ import annotations

import dataclasses
from dataclasses import fields

import numpy as np
import pytest

from kernels.contract import BadParameter, BadSeries, TooShort
from kernels.forecast import arima
from kernels.forecast._arima_trained import Process, train
from kernels.forecast.arima import Params
from tests.kernels.forecast.contracted import PASSENGERS
from tests.kernels.forecast.trained import ask, refuses_other_steps

AR = Process(1, 0, 0, 0, 0, 0, 0, 10.0, 2.0, 0, 1.0, np.arctanh([0.6]))


def with_(model: Process, **changes) -> Process:
    return Process(**{field.name: getattr(model, field.name) for field in fields(model)} | changes)


def test_an_autoregression_returns_to_its_trained_mean() -> None:
    x = np.array([1.0, 4.0, -3.0, 20.0])
    found = with_(AR, step=3.6e12).run(ask(x))
    np.testing.assert_allclose(found.value, 10.0 + 10.0 * 0.6 ** np.arange(1, 5))
    half = 1.959963984540054 * 2.0 * np.sqrt(np.cumsum(0.36 ** np.arange(4)))
    np.testing.assert_allclose(found.high - found.value, half)


@pytest.mark.compiled_only("fits of a seasonal model")
@pytest.mark.parametrize(
    "params",
    [Params(p=2, d=1, q=1, period=0), Params(p=0, d=1, q=1, P=0, D=1, Q=1, period=12), Params(p=2, d=0, q=0, period=0)],
)
def test_given_orders_go_on_over_the_rows_of_the_training_as_the_forecaster_does(params) -> None:
    task = ask(PASSENGERS, rows=12)
    found, expected = train(task, params).run(task), arima.forecast(task, params)
    np.testing.assert_allclose(found.value, expected.value, rtol=1e-8)
    np.testing.assert_allclose(found.low, expected.low, rtol=1e-8)
    assert found.mse == pytest.approx(expected.mse, rel=1e-6)
    assert found.extra["model_info"] == expected.extra["model_info"]


@pytest.mark.compiled_only("fits of a seasonal model")
def test_the_trained_coefficients_follow_other_rows_in_other_units() -> None:
    model = train(ask(PASSENGERS[:96]), Params(p=0, d=1, q=1, P=0, D=1, Q=1, period=12))
    found = model.run(ask(PASSENGERS[60:132], first=60, rows=12, unit="us"))
    assert np.mean(np.abs(found.value / PASSENGERS[132:] - 1.0)) < 0.08


@pytest.mark.compiled_only("fits of a regression")
@pytest.mark.parametrize(("d", "scale"), [(0, 1.0), (1, 1.0), (0, 1e9)])
def test_covariates_are_learned_as_the_forecaster_does_and_go_on_in_other_rows(d, scale) -> None:
    draw = np.random.default_rng(8)
    price, promo = 1e6 + draw.normal(size=120), (np.arange(120) % 7 == 0).astype(np.float64)
    x = scale * (50.0 - 3.0 * (price - 1e6) + 8.0 * promo + draw.normal(size=120))
    whole = {"price": price, "promo": promo}
    task = dataclasses.replace(ask(x[:110], rows=10), known=whole)
    params = Params(p=1, d=d, q=1, period=0)
    model, expected = train(task, params), arima.forecast(task, params)
    found = model.run(task)
    np.testing.assert_allclose(found.value, expected.value, rtol=1e-8)
    np.testing.assert_allclose(found.low, expected.low, rtol=1e-8)
    assert found.extra["covariates"] == pytest.approx(expected.extra["diagnostics"]["covariates"], rel=1e-9)
    later = dataclasses.replace(ask(x[60:115], first=60, rows=5), known={name: c[60:] for name, c in whole.items()})
    assert np.mean(np.abs(model.run(later).value - x[115:])) < 2.0 * scale
    with pytest.raises(BadSeries, match="was trained with 2 covariates: price, promo; the request has none"):
        model.run(ask(x))


def test_other_steps_and_too_few_rows_are_refused() -> None:
    model = with_(AR, step=3.6e12, d=1)
    refuses_other_steps(model, PASSENGERS)
    with pytest.raises(TooShort, match="at least 4 rows are needed for d=1, D=0, period=0, got 3"):
        model.run(ask(PASSENGERS[:3]))


def test_a_line_teaches_nothing() -> None:
    with pytest.raises(BadSeries, match=r"the differences are all the same \(d=1, D=0\): nothing to learn"):
        train(ask(np.arange(30.0)), Params(d=1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"p": 21}, "p must be 0 to 20, got 21"),
        ({"q": -1}, "q must be 0 to 20, got -1"),
        ({"big_p": 1}, "period must be 2 to 350, got 0"),
        ({"period": 351}, "period must be 0 to 350, got 351"),
        ({"x": np.zeros(2)}, r"x must have the shape \[1\], got \[2\]"),
        ({"x": np.array([9.0])}, "x must hold numbers -8 to 8, got 9"),
        ({"p": 5, "x": np.full(5, 8.0)}, "x is too near to a model that is not stationary"),
        ({"sigma": np.nan}, "sigma must be"),
        ({"mean": 1e200}, "mean must be"),
        ({"effect": np.ones((3, 1))}, r"effect must have the shape \[3, 0\], got \[3, 1\]"),
    ],
)
def test_what_could_not_be_filtered_is_refused(changes, message) -> None:
    with pytest.raises(BadParameter, match=message):
        with_(AR, **changes)

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from kernels.contract import BadParameter, BadSeries
from kernels.forecast import theta
from kernels.forecast._theta_trained import Smoother, train
from kernels.forecast.theta import Params
from tests.kernels.forecast.contracted import PASSENGERS
from tests.kernels.forecast.trained import ask, refuses_other_steps

PLAIN = Smoother("STM", False, 0.4, 0.5, 2.0, 0, 1.0, np.zeros(1))


def naive(x: list[float], rate: float, drift: float, level: float, rows: int) -> tuple[list[float], float]:
    """Forecasts of smoothing with drift from a first level, and the sum of squared errors."""
    squares, found = 0.0, []
    for value in x:
        error = value - (level + drift / rate)
        squares += error**2
        level += drift + rate * error
    for _ in range(rows):
        found.append(level + drift / rate)
        level += drift
    return found, squares


def with_(model: Smoother, **changes) -> Smoother:
    return Smoother(**{field.name: getattr(model, field.name) for field in fields(model)} | changes)


def test_smoothing_goes_on_from_the_level_that_fits_the_rows_best() -> None:
    x = np.random.default_rng(0).normal(size=12).cumsum()
    task = ask(x)
    model = with_(PLAIN, origin=int(task.times[0]) * 10**6, step=3.6e12)
    found = model.run(task)
    tried = [(naive(x.tolist(), 0.4, 0.5, level, 4), level) for level in np.linspace(-4, 4, 2001)]
    (wanted, squares), _ = min(tried, key=lambda one: one[0][1])
    np.testing.assert_allclose(found.value, wanted, atol=5e-3)
    assert found.mse == pytest.approx(squares / 12, rel=1e-4)
    half = 1.959963984540054 * 2.0 * np.sqrt(1.0 + np.arange(4) * 0.16)
    np.testing.assert_allclose(found.high - found.value, half)


@pytest.mark.parametrize("kind", ["multiplicative", "additive"])
def test_what_was_trained_goes_on_as_the_forecaster_would_and_knows_the_season_by_the_time(kind) -> None:
    params = Params(period=12, form="standard", decomposition_type=kind)
    model = train(ask(PASSENGERS), params)
    expected = theta.forecast(ask(PASSENGERS, rows=12), params)
    found = model.run(ask(PASSENGERS, rows=12))
    np.testing.assert_allclose(found.value, expected.value, rtol=0.01)
    # the last rows alone tell the level, and their times the season; so does another unit
    for unit in ("ms", "us"):
        part = model.run(ask(PASSENGERS[-17:], first=len(PASSENGERS) - 17, rows=12, unit=unit))
        np.testing.assert_allclose(part.value, found.value, rtol=0.01)


def test_a_request_of_another_size_moves_the_level_alone() -> None:
    model = train(ask(PASSENGERS), Params(period=12, decomposition_type="additive"))
    one, other = (model.run(ask(PASSENGERS[:40] + more)) for more in (0.0, 1000.0))
    np.testing.assert_allclose(other.value - one.value, 1000.0, rtol=1e-9)


def test_forms_without_a_line_of_their_own_are_not_trained() -> None:
    with pytest.raises(BadParameter, match="form=dynamic keeps no line"):
        train(ask(PASSENGERS), Params(form="dynamic"))


def test_other_steps_and_large_values_are_refused() -> None:
    model = train(ask(PASSENGERS[:24]), Params())
    refuses_other_steps(model, PASSENGERS)
    with pytest.raises(BadSeries, match="values must lie within"):
        model.run(ask(PASSENGERS * 1e200))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"form": "DSTM"}, "form must be one of STM and OTM, got DSTM"),
        ({"rate": 0.0}, "rate must be 0.01 to 1, got 0"),
        ({"drift": np.inf}, "drift must be"),
        ({"sigma": -1.0}, "sigma must be 0 to"),
        ({"step": 0.0}, "step must be 1 to"),
        ({"profile": np.zeros(0)}, "the season's length must be 1 to 40000, got 0"),
        ({"profile": np.zeros((1, 2))}, "profile must have the shape"),
        ({"profile": np.zeros(1), "relative": True}, "profile must hold numbers 0.001 to 1000000, got 0"),
    ],
)
def test_what_could_not_go_on_is_refused(changes, message) -> None:
    with pytest.raises(BadParameter, match=message):
        with_(PLAIN, **changes)


def test_rows_at_the_other_end_of_time_are_forecast() -> None:
    """The number of such a row is beyond 64 bits."""
    times = np.arange(2**63 - 13, 2**63 - 1, dtype=np.int64)
    task = replace(ask(np.arange(12.0)), times=times, unit="ns")
    found = with_(PLAIN, origin=-(2**63), profile=np.array([0.0, 1.0, 2.0])).run(task)
    assert np.isfinite(found.value).all()

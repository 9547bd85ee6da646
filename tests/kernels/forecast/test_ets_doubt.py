from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Horizon, Series, Task
from kernels.forecast._ets_doubt import widened, widening
from kernels.forecast._ets_model import Fitted, Form, fit_form, predict
from kernels.forecast.holtwinters import Params, forecast

LEVEL = Form("add", "none", "none", damped=False, period=0)
LINE = Form("add", "add", "none", damped=False, period=0)
SEASON = Form("mul", "none", "mul", damped=False, period=4)


def series(n: int) -> Series:
    t = np.arange(n)
    return np.asarray(50.0 + 0.5 * t + 5.0 * np.sin(0.5 * np.pi * t) + np.random.default_rng(n).normal(size=n))


def fitted(form: Form, n: int) -> Fitted:
    found = fit_form(series(n), form)
    assert found is not None
    return found


def factor(found: Fitted, horizon: Horizon) -> Series:
    return widening(found, *predict(found, horizon), horizon)


def naive(n: int, rows: int) -> Series:
    """Of a straight line by least squares: the interval of a prediction over that of the noise alone."""
    t, ahead = np.arange(n), np.arange(n, n + rows)
    return np.sqrt(1.0 + 1.0 / n + (ahead - t.mean()) ** 2 / np.sum((t - t.mean()) ** 2))


def test_a_line_that_never_bends_has_the_interval_of_a_regression() -> None:
    n, rows = 70, 12
    t = np.arange(n)
    found = fit_form(3.0 + 0.5 * t + np.random.default_rng(1).normal(size=n), LINE)
    assert found is not None
    smoothing = np.array([1e-9, 1e-9, 0.0, 1.0])  # states alone are estimated then, in effect
    rigid = Fitted(**{k: getattr(found, k) for k in found.__slots__} | {"smoothing": smoothing})
    value, low, high = predict(rigid, Horizon(rows))
    got = widening(rigid, value, low, high, Horizon(rows))
    assert np.all(got >= naive(n, rows))  # smoothing is in doubt as well


def test_a_level_alone_has_the_interval_of_the_model() -> None:
    np.testing.assert_array_equal(factor(fitted(LEVEL, 100), Horizon(8)), 1.0)


@pytest.mark.compiled_only("fits 600 rows")
def test_fewer_rows_leave_more_doubt() -> None:
    many, few = (factor(fitted(LINE, n), Horizon(8)) for n in (600, 70))
    assert np.all(few > many)
    assert np.all(many < 1.1)
    assert np.all(np.diff(few) >= 0.0)


def test_bounds_of_a_multiplicative_form_stay_positive() -> None:
    found = fitted(SEASON, 80)
    value, low, high = predict(found, Horizon(12))
    wider_low, wider_high = widened(found, value, low, high, np.full(12, 3.0))
    assert np.all((wider_low > 0.0) & (wider_low < low) & (wider_high > high))


@pytest.mark.compiled_only("fits many forms")
def test_explicit_forms_are_not_widened_and_automatic_ones_tell_by_how_much() -> None:
    task = Task.of(series(40), rows=4)
    assert "widened" not in forecast(task, Params(trend="add")).extra["diagnostics"]
    told = forecast(task, Params(trend="auto", seasonal="auto", period=4)).extra["diagnostics"]["widened"]
    assert len(told) == 4
    assert min(told) > 1.0

from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._ets_intervals import deviations
from kernels.forecast._ets_model import CODE, Fitted, Form, fit_form
from kernels.forecast._ets_posterior import Posterior, conditional
from kernels.forecast._ets_recursion import ADD, forecast_path

LINE = Form("add", "add", "none", damped=False, period=0)
ROWS = 24


def naive(y: Series, alpha: float, beta: float) -> tuple[float, float, list[float]]:
    """Regress the errors of a form with additive trend on its first level and growth, which they are linear in."""

    def errors(level: float, growth: float) -> tuple[list[float], float, float]:
        found = []
        for value in y:
            e = value - level - growth
            found.append(e)
            level, growth = level + growth + alpha * e, growth + beta * e
        return found, level, growth

    none = np.array(errors(0.0, 0.0)[0])
    slopes = np.column_stack([np.array(errors(1.0, 0.0)[0]) - none, np.array(errors(0.0, 1.0)[0]) - none])
    states = np.linalg.lstsq(slopes, -none)[0]
    residual, level, growth = errors(*states)
    forecasts = [level + h * growth for h in range(1, ROWS + 1)]
    return sum(e * e for e in residual), float(np.linalg.slogdet(slopes.T @ slopes)[1]), forecasts


def series(n: int, beta: float, seed: int) -> Series:
    """A level that grows by an amount which wanders."""
    rng = np.random.default_rng(seed)
    level, growth, y = 100.0, 1.0, np.empty(n)
    for t in range(n):
        e = rng.normal(0.0, 2.0)
        y[t] = level + growth + e
        level, growth = level + growth + 0.3 * e, growth + beta * e
    return y


def fitted(y: Series, form: Form = LINE) -> Fitted:
    found = fit_form(y, form, prior=1.0)
    assert found is not None
    return found


def doubt(found: Fitted) -> Series:
    """Return the standard deviations of the forecasts over those of the model as it is."""
    path = forecast_path(ROWS, 0, ADD, ADD, float(found.smoothing[3]), found.end)
    deviation = deviations(path, ADD, found.variance("add"), found.smoothing, 0)
    return np.asarray(np.sqrt(1.0 + Posterior(found, ROWS).doubt(path, deviation) / deviation**2))


@pytest.mark.parametrize(("alpha", "beta"), [(0.3, 0.03), (0.9, 0.0), (0.0, 0.0)])
def test_states_of_other_smoothing_are_those_of_a_regression(alpha: float, beta: float) -> None:
    y = series(40, 0.03, 1) / 100.0
    smoothing, start = np.array([alpha, beta, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    value, determinant, path = conditional(y, ADD, ADD, ADD, smoothing, start, np.array([0, 1]), ROWS)
    squares, information, forecasts = naive(y, alpha, beta)
    assert value == pytest.approx(squares, rel=1e-9)
    assert determinant == pytest.approx(information, rel=1e-9)
    np.testing.assert_allclose(path, forecasts, rtol=1e-9)


def test_a_model_that_cannot_be_run_is_not_counted() -> None:
    y, smoothing = series(40, 0.03, 1), np.array([0.3, 0.03, 0.0, 1.0])
    value, _, path = conditional(y, ADD, 2, ADD, smoothing, np.array([-1.0, 1.0, 0.0]), np.array([0, 1]), ROWS)
    assert value == np.inf
    assert len(path) == 0


@pytest.mark.compiled_only("fits 120 rows")
def test_a_short_series_whose_trend_seems_fixed_does_not_promise_that_it_is() -> None:
    found = [fitted(series(120, 0.03, seed)) for seed in range(40)]
    fixed = [each for each in found if each.smoothing[1] < 1e-3 < each.smoothing[0]]
    assert len(fixed) > 5
    further = np.median([doubt(each) for each in fixed], axis=0)
    assert further[0] < 1.1
    assert further[-1] > 1.5
    assert np.all(np.diff(further) > 0.0)


@pytest.mark.compiled_only("fits 40 rows, some hundred times")
def test_relative_errors_that_feed_on_each_other_leave_bounds_that_can_be_used() -> None:
    form = Form("mul", "add", "none", damped=False, period=0)
    for seed in (7, 28, 37):  # variances of other alphas and betas grow to 1e39 to 1e68 times
        found = fitted(np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.3, 40))), form)
        path = forecast_path(52, 0, ADD, ADD, float(found.smoothing[3]), found.end)
        deviation = deviations(path, CODE["mul"], found.variance("mul"), found.smoothing, 0)
        assert np.all(Posterior(found, 52).doubt(path, deviation) < (20.0 * deviation) ** 2)


@pytest.mark.compiled_only("fits 2000 rows")
def test_a_long_series_leaves_little_doubt() -> None:
    assert np.all(doubt(fitted(series(2000, 0.03, 1))) < 1.1)


@pytest.mark.parametrize("form", [LINE, Form("mul", "add", "mul", damped=True, period=4)], ids=str)
def test_constant_and_exact_series_have_finite_doubt(form: Form) -> None:
    for y in (np.full(12, 5.0), np.arange(1.0, 13.0)):
        found = fit_form(y, form, prior=1.0)
        if found is not None:
            assert np.all(np.isfinite(Posterior(found, 4).doubt(np.ones(4), np.ones(4))))

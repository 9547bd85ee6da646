from math import log, pi

import numpy as np
import pytest

from kernels.contract import Horizon, Series
from kernels.forecast._ets_model import Form, fit_explicit, fit_form, fit_simple, predict, select, with_likelier_error


def naive_loglik(residual: Series, mu: Series, error: str) -> float:
    """Sum the normal log-densities of the errors, or of the relative errors at the density's change of unit."""
    e = residual if error == "add" else residual / mu
    variance = float(np.mean(e**2))
    density = -0.5 * np.log(2 * pi * variance) - e**2 / (2 * variance)
    if error == "mul":
        density -= np.log(mu)
    return float(np.sum(density))


def passing(n: int = 60) -> Series:
    rng = np.random.default_rng(1)
    t = np.arange(n)
    return np.asarray((20 + 0.5 * t) * (1 + 0.2 * np.sin(pi * t / 2)) * np.exp(rng.normal(0, 0.05, n)))


@pytest.mark.parametrize("error", ["add", "mul"])
def test_log_likelihood_and_criteria_are_those_of_the_normal_densities(error: str) -> None:
    y = passing()
    fitted = fit_form(y, Form(error, "add", "mul", damped=False, period=4))
    assert fitted is not None
    residual = fitted.residual * fitted.scale
    expected = naive_loglik(residual, y - residual, error)
    assert fitted.loglik == pytest.approx(expected, rel=1e-9)
    k = 9 - 1 + 1  # alpha, beta, gamma, level, growth, three of four seasons, variance
    assert fitted.aic == pytest.approx(2 * k - 2 * expected, rel=1e-9)
    assert fitted.aicc == pytest.approx(fitted.aic + 2 * k * (k + 1) / (60 - k - 1), rel=1e-9)
    assert fitted.mse == pytest.approx(np.mean(residual**2), rel=1e-12)


@pytest.mark.parametrize(
    ("form", "count", "name"),
    [
        (Form("add", "none", "none", False, 0), 2, "ETS(A,N,N)"),
        (Form("mul", "add", "none", True, 0), 5, "ETS(M,Ad,N)"),
        (Form("add", "add", "add", False, 12), 16, "ETS(A,A,A)"),
        (Form("add", "mul", "add", False, 4), 9, "ETS(A,M,A)"),  # here the level is no season in disguise
        (Form("mul", "mul", "mul", True, 4), 9, "ETS(M,Md,M)"),
    ],
)
def test_forms_count_their_parameters(form: Form, count: int, name: str) -> None:
    assert form.parameters == count
    assert str(form) == name


def test_offset_and_unit_change_nothing_but_themselves() -> None:
    y = passing()
    form = Form("add", "add", "add", damped=False, period=4)
    one, other = fit_form(y, form), fit_form(1e6 + 1e-3 * y, form)
    assert one is not None
    assert other is not None
    value, low, high = predict(one, Horizon(6))
    moved, moved_low, moved_high = predict(other, Horizon(6))
    # the offset costs nine of sixteen digits
    np.testing.assert_allclose((moved - 1e6) * 1e3, value, rtol=1e-4)
    np.testing.assert_allclose(moved_high - moved_low, 1e-3 * (high - low), rtol=1e-4)
    assert other.loglik == pytest.approx(one.loglik - 60 * log(1e-3), rel=1e-4)


def test_reported_states_reproduce_the_first_forecast() -> None:
    y = passing()
    for trend, seasonal in (("add", "add"), ("add", "mul"), ("mul", "add"), ("mul", "mul")):
        fitted = fit_form(y, Form("add", trend, seasonal, damped=False, period=4))
        assert fitted is not None
        told = fitted.diagnostics()["params"]
        level, growth, season = told["initial_level"], told["initial_growth"], told["initial_seasons"][0]
        grown = level + growth if trend == "add" else level * growth
        first = grown + season if seasonal == "add" else grown * season
        assert first == pytest.approx(y[0] - fitted.residual[0] * fitted.scale, rel=1e-9)


def test_errors_are_told_as_whatever_is_likelier() -> None:
    rng = np.random.default_rng(2)
    level, form = np.linspace(1.0, 100.0, 200), Form("add", "mul", "none", damped=False, period=0)
    for y, error in (
        (level * np.exp(rng.normal(0, 0.2, 200)), "mul"),
        (100.0 + level + rng.normal(0, 5.0, 200), "add"),
    ):
        fitted = fit_form(y, form)
        assert fitted is not None
        told = with_likelier_error(fitted)
        assert told.form.error == error
        assert told.loglik >= fitted.loglik
        np.testing.assert_array_equal(told.end, fitted.end)
        assert told.mse == fitted.mse
        assert with_likelier_error(told).form == told.form
        residual = told.residual * told.scale
        assert told.loglik == pytest.approx(naive_loglik(residual, y - residual, error), rel=1e-9)


@pytest.mark.compiled_only("fits eight series of 240 values")
def test_low_seasons_are_not_lost_to_the_squares_of_high_ones() -> None:
    year = np.array([20, 20, 29, 100, 500, 1500, 2500, 3000, 2500, 1200, 400, 200.0])
    for seed in range(20, 24):
        y = np.tile(year, 20) * np.exp(np.random.default_rng(seed).normal(0.0, 0.074, 240))
        fitted = fit_explicit(y, Form("add", "none", "mul", damped=False, period=12))
        assert fitted is not None
        assert with_likelier_error(fitted).form.error == "mul"
        value, _, _ = predict(fitted, Horizon(12))
        np.testing.assert_allclose(value, year, rtol=0.08)  # a season's mean is known to 1.7 %


def test_explicit_forms_are_least_squares_elsewhere() -> None:
    y = passing()
    for trend, seasonal in (("add", "add"), ("add", "mul"), ("mul", "none")):
        form = Form("add", trend, seasonal, damped=False, period=4 if seasonal != "none" else 0)
        fitted, squares = fit_explicit(y, form), fit_form(y, form)
        assert fitted is not None
        assert squares is not None
        assert fitted.mse == squares.mse


@pytest.mark.compiled_only("thousands of simulated futures")
@pytest.mark.parametrize("trend", ["none", "add", "mul"])
@pytest.mark.parametrize("seasonal", ["none", "add", "mul"])
@pytest.mark.parametrize("error", ["add", "mul"])
def test_multiplicative_forms_forecast_positive_numbers_however_uncertain(
    error: str, trend: str, seasonal: str
) -> None:
    form = Form(error, trend, seasonal, damped=False, period=4 if seasonal != "none" else 0)
    if not form.multiplicative:
        return
    t = np.arange(40)
    y = (41.0 - t) * np.exp(np.random.default_rng(4).normal(0.0, 0.8, 40)) * np.tile([1.0, 0.1, 5.0, 0.5], 10)
    fitted = fit_form(y, form)
    if fitted is None:
        return
    for conf in (0.5, 0.95, 0.999, 1.0):
        value, low, high = predict(fitted, Horizon(30, conf=conf))
        assert np.all(low > 0.0)
        assert np.all((low <= value) & (value <= high))


def test_selection_stops_when_time_is_out_but_has_an_answer() -> None:
    forms = [Form("add", trend, "none", damped=False, period=0) for trend in ("none", "add")]
    best, tried = select(passing(), forms, 0, Horizon(3, out_of_time=lambda: True))
    assert best is not None
    assert best.form == forms[0]
    assert tried == 1


@pytest.mark.compiled_only("fits every form, 10 s as plain Python")
def test_selection_finds_the_form_that_made_the_series() -> None:
    rng = np.random.default_rng(3)
    t = np.arange(120)
    season = np.tile([3.0, -1.0, -2.0, 0.0], 30)
    forms = [
        Form("add", trend, seasonal, damped=False, period=4 if seasonal == "add" else 0)
        for trend in ("none", "add")
        for seasonal in ("none", "add")
    ]
    for y, expected in (
        (rng.normal(10.0, 1.0, 120), ("none", "none")),
        (10.0 + 0.5 * t + rng.normal(0.0, 1.0, 120), ("add", "none")),
        (10.0 + season + rng.normal(0.0, 1.0, 120), ("none", "add")),
        (10.0 + 0.5 * t + season + rng.normal(0.0, 1.0, 120), ("add", "add")),
    ):
        best, tried = select(y, forms, 4, Horizon(8))
        assert best is not None
        assert (best.form.trend, best.form.seasonal) == expected
        assert tried == 4


def test_simple_smoothing_starts_at_the_first_value() -> None:
    fitted = fit_simple(np.array([3.0, 5.0, 4.0, 6.0]))
    assert fitted.residual[0] == 0.0
    assert fitted.estimated == 1
    assert fitted.diagnostics()["params"]["initial_level"] == 3.0

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kernels.contract import BadSeries, Forecast, Task
from kernels.forecast._arima_regression import Regressors, coefficients, doubt, rest
from kernels.forecast.arima import Params, forecast
from kernels.numerics.covariates import known

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[2] / "golden" / "arima_regression.json").read_text())
PHI, THETA = np.array([0.6]), np.array([0.3])
SEARCHES = pytest.mark.compiled_only("searches many models, seconds as plain Python")


def spread(n: int) -> NDArray[np.float64]:
    """Autocovariances of the ARMA(1,1) with those coefficients as a matrix, innovations of variance 1."""
    psi = np.append(1.0, (PHI[0] + THETA[0]) * PHI[0] ** np.arange(500))
    gamma = np.array([psi[: len(psi) - k] @ psi[k:] for k in range(n)])
    return np.asarray(gamma[np.abs(np.subtract.outer(np.arange(n), np.arange(n)))])


def naive(w: NDArray[np.float64], columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Generalised least squares by its formula: coefficients, and their covariance."""
    inverse = np.linalg.inv(spread(len(w)))
    covariance = np.linalg.inv(columns @ inverse @ columns.T)
    return covariance @ columns @ inverse @ w, covariance


def data(n: int = 60, k: int = 2, rows: int = 5, seed: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A series that is 3, -2, ... times its covariates, and a little noise; the covariates know the future."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(k, n + rows)).cumsum(axis=1)
    return np.array([3.0, -2.0, 1.0])[:k] @ x[:, :n] + 10.0 + 0.1 * rng.normal(size=n), x


def task(y: NDArray[np.float64], x: NDArray[np.float64]) -> Task:
    return Task.of(y, rows=x.shape[1] - len(y), known={f"dynamic_real_{i + 1}": c for i, c in enumerate(x)})


def effects(answer: Forecast) -> list[float]:
    return list(answer.extra["diagnostics"]["covariates"].values())


@pytest.mark.parametrize("constant", [False, True])
def test_coefficients_are_those_of_generalised_least_squares(constant: bool) -> None:
    y, x = data()
    columns = x[:, :60]
    mean, beta = coefficients(y, columns, constant, PHI, THETA, len(y))
    expected, _ = naive(y, np.vstack([np.ones(60), columns]) if constant else columns)
    np.testing.assert_allclose([mean, *beta] if constant else beta, expected, rtol=1e-7)


def test_doubt_is_the_quadratic_form_of_their_covariance() -> None:
    y, x = data()
    moves = np.random.default_rng(3).normal(size=(2, 7))
    _, covariance = naive(y, x[:, :60])
    expected = np.einsum("ih,ij,jh->h", moves, covariance, moves)
    np.testing.assert_allclose(doubt(x[:, :60], moves, PHI, THETA, 60), expected, rtol=1e-7)


@pytest.mark.parametrize("name", [n if n in ("huron", "sales") else pytest.param(n, marks=SEARCHES) for n in GOLDEN])
def test_r_finds_no_likelier_regression_and_the_same_coefficients(name: str) -> None:
    case = GOLDEN[name]
    p, d, q, big_p, big_d, big_q = [*case["order"], 0, 0, 0][:6]
    given = Params(period=case["period"], p=p, d=d, q=q, P=big_p, D=big_d, Q=big_q)
    answer = forecast(task(np.array(case["series"]), np.array(case["known"])), Params() if case["automatic"] else given)
    told = answer.extra["diagnostics"]
    assert told["aicc"] <= case["aicc"] + 1e-3
    assert case["automatic"] or told["loglik"] > case["loglik"] - 0.05
    np.testing.assert_allclose(effects(answer), case["covariates"], rtol=0.01)
    np.testing.assert_allclose(answer.value, case["mean"], atol=1e-3 * np.std(case["series"]))
    wider = (answer.high - answer.low) / np.subtract(case["high"], case["low"])
    assert np.all((wider > 0.999) & (wider < (1.15 if case["automatic"] else 1.001)))


@SEARCHES
def test_units_and_origins_of_covariates_change_nothing_but_their_coefficients() -> None:
    y, x = data()
    plain, moved = forecast(task(y, x)), forecast(task(y, 1e9 + 1e-3 * x))
    np.testing.assert_allclose(moved.value, plain.value, rtol=1e-4)
    np.testing.assert_allclose(effects(moved), 1e3 * np.array(effects(plain)), rtol=1e-3)


def test_what_covariates_explain_wholly_is_continued_by_them_alone() -> None:
    _, x = data()
    y = 7.0 + 3.0 * x[0, :60]
    answer = forecast(task(y, x[:1]))
    np.testing.assert_allclose(answer.value, 7.0 + 3.0 * x[0, 60:], rtol=1e-9)
    assert effects(answer) == [pytest.approx(3.0, rel=1e-9)]


def test_a_line_takes_the_place_of_the_drift_and_is_not_differenced_away() -> None:
    rng = np.random.default_rng(5)
    line = np.arange(85.0)
    y = 0.5 * line[:80] + rng.normal(size=80).cumsum()
    answer = forecast(task(y, line[None, :]), Params(d=1, p=0, q=0))
    assert answer.extra["diagnostics"]["params"] == {}
    assert effects(answer) == [pytest.approx((y[-1] - y[0]) / 79)]
    with pytest.raises(BadSeries, match="covariate dynamic_real_1 is zero throughout after differencing d=2, D=0"):
        forecast(task(y, line[None, :]), Params(d=2))
    bend = forecast(task(np.cumsum(y), line[None, :]), Params(max_p=1, max_q=1))  # whose test asks for d=2
    assert bend.extra["model_info"].split(",")[1] in "01"


def test_a_constant_series_has_no_effect_of_anything() -> None:
    _, x = data()
    answer = forecast(task(np.full(60, 4.0), x))
    assert answer.value.tolist() == [4.0] * 5


@SEARCHES
def test_a_future_out_of_all_proportion_has_a_finite_answer() -> None:
    y, x = data()
    x[0, 60:] *= 1e140
    answer = forecast(task(y, x * 1e-150))
    assert np.isfinite([answer.value, answer.low, answer.high]).all()
    assert np.all((answer.low <= answer.value) & (answer.value <= answer.high))


def test_a_long_season_is_found_beside_a_covariate() -> None:
    rng = np.random.default_rng(6)
    t = np.arange(1210)
    x = (rng.random(1210) < 0.1).astype(np.float64)
    season = 2.0 * np.sin(2.0 * np.pi * t / 400)
    y = (season + 5.0 * x + 0.1 * rng.normal(size=1210))[:1200]
    answer = forecast(task(y, x[None, :]), Params(period=400, p=0, q=0, d=0))
    assert effects(answer) == [pytest.approx(5.0, abs=0.05)]
    np.testing.assert_allclose(answer.value, (season + 5.0 * x)[1200:], atol=0.3)


def test_ordinary_least_squares_leaves_what_is_orthogonal() -> None:
    y, x = data()
    left = rest(y, x[:, :60], constant=True)
    np.testing.assert_allclose(np.vstack([np.ones(60), x[:, :60]]) @ left, 0.0, atol=1e-9)


def test_scales_are_undone_by_size_and_origin() -> None:
    y, x = data()
    found = Regressors.of(known(task(y, x), "arima")).differenced(1, 0, 0)
    np.testing.assert_allclose(np.mean(found.w**2, axis=1), 1.0)
    for given, size, ahead, expected in zip(found.given, found.size, found.ahead, x[:, 60:], strict=True):
        np.testing.assert_allclose(given.back(ahead * size), expected)

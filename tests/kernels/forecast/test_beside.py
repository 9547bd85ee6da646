from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from kernels.contract import BadSeries, Forecast, Series, Task, TooShort
from kernels.forecast import _beside, auto, zero
from kernels.numerics.normal import two_sided_quantile

N, ROWS = 200, 12


def known(seed: int = 0, n: int = N + ROWS) -> Series:
    return np.random.default_rng(seed).normal(size=n).cumsum()


def task(effect: float, columns: Series | None = None, n: int = N) -> tuple[Task, Series]:
    """A season with noise and an effect of the first covariate; what comes."""
    columns = known(0, n + ROWS)[None] if columns is None else columns
    t = np.arange(n + ROWS)
    x = 50.0 + 5.0 * np.sin(2.0 * np.pi * t / 12) + np.random.default_rng(9).normal(size=len(t)) + effect * columns[0]
    covariates = {f"dynamic_real_{at + 1}": column for at, column in enumerate(columns)}
    return Task.of(x[:n], rows=ROWS, known=covariates), x[n:]


def naive(asked: Task, weight: float) -> Series:
    """What is left without the effect, forecast, and the effect added: its mean over the past is 0."""
    column = asked.known["dynamic_real_1"]
    n, centre = len(asked.series), column[: len(asked.series)].mean()
    left = asked.series - weight * (column[:n] - centre)
    return zero.forecast(Task.of(left, rows=ROWS), zero.Params(12)).value + weight * (column[n:] - centre)


def test_the_effect_is_taken_out_before_and_added_after() -> None:
    asked, truth = task(3.0)
    answer = zero.forecast(asked, zero.Params(12))
    weight = answer.extra["covariates"]["dynamic_real_1"]
    assert weight == pytest.approx(3.0, abs=0.2)
    np.testing.assert_allclose(answer.value, naive(asked, weight), rtol=1e-6)
    assert np.abs(answer.value - truth).mean() < 1.5


def test_what_tells_nothing_changes_nothing() -> None:
    asked, _ = task(0.0, known(3)[None])
    answer = zero.forecast(asked, zero.Params(12))
    alone = zero.forecast(dataclasses.replace(asked, known={}), zero.Params(12))
    assert answer.extra["covariates"] == {"dynamic_real_1": 0.0}
    np.testing.assert_array_equal(answer.value, alone.value)
    np.testing.assert_array_equal(answer.high, alone.high)


def test_an_effect_that_ended_is_not_used() -> None:
    asked, _ = task(0.0)
    x = asked.series.copy()
    x[:140] += 3.0 * asked.known["dynamic_real_1"][:140]
    answer = zero.forecast(dataclasses.replace(asked, columns={"val": x}), zero.Params(12))
    assert answer.extra["covariates"] == {"dynamic_real_1": 0.0}


@pytest.mark.compiled_only("fits holtwinters three times")
def test_auto_forecasts_what_covariates_leave_and_says_what_they_add() -> None:
    asked, truth = task(3.0)
    answer = auto.forecast(asked, auto.Params(12))
    assert answer.extra["covariates"]["dynamic_real_1"] == pytest.approx(3.0, abs=0.2)
    assert {"members", "accuracy", "covariates"} <= set(answer.extra)
    assert np.abs(answer.value - truth).mean() < 1.5


def test_the_doubt_of_the_effect_widens_every_bound() -> None:
    bounds = {0.1: np.array([7.0]), 0.5: np.array([10.0]), 0.9: np.array([14.0])}
    left = Forecast(np.array([10.0]), np.array([6.0]), np.array([13.0]), quantiles=bounds)
    found = _beside.Effect(np.empty(0), np.array([100.0]), np.array([2.0]), np.empty(0))
    answer = _beside._added(left, found, 0.95, nowhere_below_zero=False)
    z = two_sided_quantile(0.95)
    assert answer.value[0] == 110.0
    assert answer.low[0] == pytest.approx(110.0 - np.hypot(4.0, 2.0 * z))
    assert answer.high[0] == pytest.approx(110.0 + np.hypot(3.0, 2.0 * z))
    assert answer.quantiles[0.5][0] == 110.0
    assert answer.quantiles[0.9][0] == pytest.approx(110.0 + np.hypot(4.0, 2.0 * two_sided_quantile(0.8)))


def test_what_was_never_negative_is_not_forecast_to_be() -> None:
    column = np.append((np.arange(N) % 7 == 3) * 1.0, np.full(ROWS, -5.0))
    noise = np.random.default_rng(0).normal(size=N)
    answer = zero.forecast(Task.of(10.0 + 8.0 * column[:N] + noise, rows=ROWS, known={"x": column}))
    assert answer.extra["covariates"]["x"] == pytest.approx(8.0, abs=1.0)
    assert (answer.low >= 0.0).all()


@pytest.mark.parametrize("factor", [1e-300, 1e-6, 1e140])
def test_units_of_covariates_and_a_future_out_of_proportion_leave_a_finite_answer(factor: float) -> None:
    asked, _ = task(3.0)
    column = asked.known["dynamic_real_1"] * factor
    usual = zero.forecast(asked, zero.Params(12))
    answer = zero.forecast(dataclasses.replace(asked, known={"x": column}), zero.Params(12))
    np.testing.assert_allclose(answer.value, usual.value, rtol=1e-6)
    column[N:] = 1e150
    answer = zero.forecast(dataclasses.replace(asked, known={"x": column}, levels=(1.0,)), zero.Params(12))
    assert np.isfinite([answer.low, answer.value, answer.high]).all()
    assert (answer.low <= answer.value).all()
    assert (answer.value <= answer.high).all()


@pytest.mark.parametrize("n", [4, 5, 9, 20])
def test_short_series_are_answered(n: int) -> None:
    asked, _ = task(3.0, n=n)
    assert np.isfinite(zero.forecast(asked).value).all()


@pytest.mark.parametrize("algorithm", [zero.ALGORITHM, auto.ALGORITHM])
def test_what_cannot_be_told_is_refused_by_name(algorithm: zero.Algorithm) -> None:
    one, params = known()[None], algorithm.params()
    with pytest.raises(BadSeries, match="covariate dynamic_real_1 is constant"):
        algorithm.run(task(0.0, np.ones((1, N + ROWS)))[0], params)
    with pytest.raises(BadSeries, match="dynamic_real_2 is collinear: it is a linear combination of dynamic_real_1"):
        algorithm.run(task(0.0, np.concatenate([one, 2.0 * one + 1.0]))[0], params)
    with pytest.raises(TooShort, match="2 covariates need at least 5 rows, got 4"):
        algorithm.run(task(0.0, np.array([known(1, 4 + ROWS), known(2, 4 + ROWS)]), n=4)[0], params)
    with pytest.raises(BadSeries, match=f"covariate x needs 212 values, .* got {N}"):
        algorithm.run(dataclasses.replace(task(0.0)[0], known={"x": known()[:N]}), params)
    with pytest.raises(BadSeries, match=rf"{algorithm.name} needs covariates that are known ahead .* y ends with the"):
        algorithm.run(dataclasses.replace(task(0.0)[0], known={}, past={"y": known()[:N]}), params)

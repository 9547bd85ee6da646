from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from kernels.contract import Series, Task, TooShort
from kernels.forecast import arima
from kernels.forecast._arima_few import ALL, ORDERS, WITH, answered
from kernels.forecast._arima_orders import Orders


def walk(n: int, period: int = 0, seed: int = 0) -> Series:
    random = np.random.default_rng(seed)
    season = 5.0 * np.sin(2 * np.pi * np.arange(n) / period) if period else 0.0
    return np.asarray(np.cumsum(random.normal(size=n)) + season)


def naive(x: Series, period: int, d: int, seasonal_d: int) -> float:
    """The lowest AICc of all candidates, each fitted by `arima` as if it had been asked for."""
    found = []
    for big_p, big_q in WITH if seasonal_d else ((0, 0),):
        for p, q in ORDERS:
            params = arima.Params(period, d=d, p=p, q=q, P=big_p, D=seasonal_d, Q=big_q)
            found.append(arima.forecast(Task.of(x, rows=1), params).extra["diagnostics"]["aicc"])
    return min(found)


@pytest.mark.compiled_only("fits some dozens of models")
@pytest.mark.parametrize("period", [0, ALL])
def test_no_candidate_without_a_constant_is_likelier(period: int) -> None:
    x = walk(60, period)
    answer, found = answered(Task.of(x, rows=3), period)
    assert found.d + found.seasonal_d > 0
    assert found.n_models == 2 * 6 * (3 if period else 1) if found.d + found.seasonal_d < 2 else 18
    assert answer.extra["diagnostics"]["aicc"] < naive(x, period, found.d, found.seasonal_d) + 0.01


@pytest.mark.compiled_only("fits a model with a season")
def test_a_longer_season_is_fitted_by_fewer_models() -> None:
    answer, found = answered(Task.of(walk(120, 12), rows=3), 12)
    assert found.seasonal_d == 1
    assert found.n_models <= 10
    assert answer.extra["model_info"].endswith(",12)")


def test_a_part_of_the_series_keeps_the_orders_and_has_its_own_coefficients() -> None:
    x = walk(50)
    _, found = answered(Task.of(x, rows=3), 0)
    _, again = answered(Task.of(x[:40], rows=3), 0, found)
    assert found.fit
    assert again.fit
    assert again.fit.orders == found.fit.orders
    assert not np.array_equal(again.fit.x, found.fit.x)


def test_a_part_that_is_too_short_for_the_orders_is_fitted_by_others() -> None:
    x = walk(50)
    _, found = answered(Task.of(x, rows=3), 0)
    assert found.fit
    wide = dataclasses.replace(found, fit=dataclasses.replace(found.fit, orders=Orders(2, 2, 1, 1), x=np.zeros(6)))
    _, again = answered(Task.of(x[:7], rows=3), 0, wide)
    assert again.fit
    assert again.fit.orders.count < 3


def test_a_series_of_constant_steps_goes_on_for_certain() -> None:
    answer, found = answered(Task.of(np.arange(20.0), rows=3), 0)
    assert found.fit is None
    np.testing.assert_allclose(answer.value, [20.0, 21.0, 22.0])
    np.testing.assert_array_equal(answer.low, answer.high)


def test_when_the_time_is_up_the_first_candidate_answers() -> None:
    task = dataclasses.replace(Task.of(walk(40), rows=3), out_of_time=lambda: True)
    answer, found = answered(task, 0)
    assert found.n_models == 1
    assert np.isfinite(answer.value).all()


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(TooShort, match="no model can be fitted to 3 differenced values"):
        answered(Task.of([1001.0, 1005.0, 1002.0], rows=1), 0)

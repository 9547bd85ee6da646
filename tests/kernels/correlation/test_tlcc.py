from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import BadParameter, BadSeries, Task
from kernels.correlation import tlcc
from kernels.correlation.tlcc import Params
from tests.kernels.numerics.test_lagged import naive

L17 = [5, 14, 15, 15, 14, 19, 17, 16, 20, 22, 8, 21, 28, 11, 9, 29, 40]


def task(x, y) -> Task:
    return Task({"val": np.asarray(x, float), "val1": np.asarray(y, float)})


def test_the_answers_of_the_original() -> None:
    rng = np.random.RandomState(42)
    x = np.sin(np.linspace(0, 10, 100)) + rng.normal(0, 0.2, 100)
    y = np.roll(x, 3) + rng.normal(0, 0.2, 100)
    found = tlcc.correlate(task(x, y), Params(-20, 20))
    assert found.lags.tolist() == list(range(-20, 21))
    assert int(np.argmax(found.at_lags)) == 23
    told = [0.9652200477868832, -0.550305760420865, 0.8452278980328314, -0.08356207542578976]
    np.testing.assert_allclose(found.at_lags[[23, 0, 20, 40]], told, rtol=1e-12)
    assert (found.lag, found.value) == (3, found.at_lags[23])


def test_three_lags_unless_others_are_asked_for() -> None:
    found = tlcc.correlate(task(L17, L17[::-1]))
    np.testing.assert_allclose(found.at_lags, [-0.067324290998767, -0.530538507226292, -0.497137494134209], rtol=1e-12)


def test_equals_the_naive_coefficients() -> None:
    x, y = np.random.default_rng(6).normal(size=(2, 50))
    found = tlcc.correlate(task(x, y), Params(-7, 9))
    np.testing.assert_allclose(found.at_lags, [naive(x.tolist(), y.tolist(), lag) for lag in range(-7, 10)], rtol=1e-9)


@pytest.mark.parametrize(
    ("x", "y", "first", "last", "told"),
    [
        ([], [], -1, 1, "^empty time-series data to perform TLCC$"),
        (L17, L17[1:], -1, 1, "^input lists are mismatch, tlcc values not return"),
        (L17, L17, -17, 0, "^lag_start/lag_end value out of range, should be less than list length"),
        (L17, L17, 0, 17, "^lag_start/lag_end value out of range, should be less than list length"),
        (L17, L17, 17, 20, "^lag_start/lag_end value out of range, should be less than list length"),
        (L17, L17, -20, -18, "^lag_start/lag_end value out of range, should be less than list length"),
    ],
)
def test_what_cannot_be_correlated_is_refused(x, y, first: int, last: int, told: str) -> None:
    with pytest.raises((BadParameter, BadSeries), match=told):
        tlcc.correlate(task(x, y), Params(first, last))


def test_lags_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(BadParameter, match="^lag_start should be less than or equal to lag_end value"):
        Params(2, 1)

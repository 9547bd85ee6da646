from __future__ import annotations

import numpy as np
import pytest

from appliance.analysis.deployed import settled
from appliance.analysis.deployed.schema import BadModel
from kernels.contract import Task
from kernels.forecast import arima

SERIES = np.cumsum(np.random.default_rng(0).normal(size=40))
TASK = Task.of(SERIES, rows=3, times=np.arange(40), start=40, step=1)
ORDERS = {"algo": "arima", "best_params": {"p": 1, "d": 1, "q": 0}, "freq": "D"}


def test_orders_that_were_found_elsewhere_are_fitted_to_what_is_asked():
    model = settled.read(ORDERS)
    assert (model.kind, model.summary) == ("forecast", {"algo": "arima", "p": 1, "d": 1, "q": 0})
    expected = arima.forecast(TASK, arima.Params(p=1, d=1, q=0))
    np.testing.assert_array_equal(model.run(TASK, None).value, expected.value)
    assert "SARIMAX(1,1,0)" in model.run(TASK, None).extra["model_info"]


def test_the_season_stands_beside_the_orders_or_among_them():
    seasonal = {**ORDERS, "best_params": {"P": 1, "D": 0, "Q": 0, **ORDERS["best_params"]}, "seasonal_order_s": 4}
    inside = {**ORDERS, "best_params": {**seasonal["best_params"], "seasonal_order_s": 4}}
    told = [settled.read(each).run(TASK, None).extra["model_info"] for each in (seasonal, inside)]
    assert told == ["SARIMAX(1,1,0)x(1,0,0,4)"] * 2


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"algo": "arima"}, "best_params must be an object: the options of arima"),
        ({"algo": "arima", "best_params": {"x": 1}}, "unknown best_params.x; there are: period, start_p"),
        ({"algo": "arima", "best_params": {"p": [1]}}, "best_params.p must be a number or a word"),
        ({"algo": "arima", "best_params": {"p": 99}}, "best_params: p must be 0 to 20 or auto, got 99"),
        ({"algo": "prophet", "best_params": {"growth": "up"}}, "best_params: growth must be"),
    ],
)
def test_what_is_no_setting_is_refused(config, message):
    assert settled.is_one(config)
    with pytest.raises(BadModel, match=message):
        settled.read(config)


@pytest.mark.parametrize("config", [None, {"algo": "lasso"}, {"algo": []}, [], b""])
def test_other_configurations_are_none_of_these(config):
    assert not settled.is_one(config)

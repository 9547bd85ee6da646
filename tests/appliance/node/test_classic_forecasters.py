"""The forecasters of TDgpt 3.4 over the wire: contracted names, values, options and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from falcon import testing

from tests.appliance.bodies import JSON, dump
from tests.kernels.forecast.contracted import PASSENGERS

MONTH_MS = 30 * 86_400_000


def post(client: testing.TestClient, option: str, values: Any = PASSENGERS) -> dict[str, Any]:
    n = len(values)
    body = {
        "schema": [["ts", "TIMESTAMP", 8], ["val", "DOUBLE", 8]],
        "data": [[row * MONTH_MS for row in range(n)], [float(value) for value in values]],
        "option": option,
        "algo": option.partition(",")[0].removeprefix("algo="),
        "prec": "ms",
        "protocol": 1.0,
        "wncheck": 0,
        "rows": n,
        "start": n * MONTH_MS,
        "every": MONTH_MS,
        "forecast_rows": 10,
        "return_conf": 1,
        "conf": 0.95,
    }
    answer = client.simulate_post("/forecast", body=dump(body), headers=JSON)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.parametrize(
    ("option", "model", "first", "last"),
    [
        ("algo=theta,period=12", "Theta", 440.9692, 457.5294),
        ("algo=theta,period=12,decomposition_type=additive", "Theta", 437.0465, 453.1071),
        ("algo=ets,model=MAM,damped=false,period=12", "ETS(M,A,M)", 448.3132, 476.8072),
        ("algo=ces,period=12", "CES", 453.0182, 501.2504),
        ("algo=prophet,period=12", "Prophet", 453.12, 529.44),
    ],
)
def test_values_are_within_three_percent(
    client: testing.TestClient, option: str, model: str, first: float, last: float
) -> None:
    answer = post(client, option)
    assert answer["model_info"] == model
    assert (answer["mse"] is None) == (model == "Prophet")
    times, value, low, high = answer["res"]
    assert times == [(144 + row) * MONTH_MS for row in range(10)]
    np.testing.assert_allclose([value[0], value[9]], [first, last], rtol=0.03)
    assert low[0] < value[0] < high[0]


@pytest.mark.parametrize(
    ("option", "values", "message"),
    [
        ("algo=theta,decomposition_type=x", PASSENGERS, "decomposition_type parameter can only be"),
        ("algo=theta", PASSENGERS - 104, "multiplicative decomposition requires strictly positive input data"),
        ("algo=theta,period=80", PASSENGERS, "number of input data is less than the required periods"),
        ("algo=ets,model=QQQ", PASSENGERS, "model parameter is not a valid ETS model"),
        ("algo=ets,damped=7", PASSENGERS, "damped parameter can only be 0 or 1"),
        ("algo=ets,model=MNN", PASSENGERS - 104, "multiplicative ETS components require strictly positive input data"),
        ("algo=ces,model=K", PASSENGERS, "model parameter can only be 'N', 'S', 'P', 'F' or 'Z'"),
        ("algo=prophet", np.arange(3001), "number of input data is too large"),
    ],
)
def test_refusals_begin_with_the_contracted_words(
    client: testing.TestClient, option: str, values: Any, message: str
) -> None:
    answer = post(client, option, values)
    assert answer["rows"] == -1
    assert message in answer["msg"]


def test_defaults_are_listed(client: testing.TestClient) -> None:
    (forecast,) = [kind for kind in client.simulate_get("/list").json["details"] if kind["type"] == "forecast"]
    listed = {entry["name"]: entry["params"] for entry in forecast["algo"]}
    assert listed["theta"]["decomposition_type"] == "multiplicative"
    assert listed["ets"]["model"] == "ZZZ"
    assert listed["ces"]["model"] == "Z"
    assert listed["prophet"]["changepoint_prior_scale"] == 0.05
    assert listed["prophet"]["yearly_seasonality"] == "auto"

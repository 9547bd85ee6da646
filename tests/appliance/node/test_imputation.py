"""POST `/imputation`, and where it is announced."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from falcon import testing

from appliance.analysis.catalog import Catalog
from appliance.host.settings import Settings
from tests.appliance.bodies import JSON, dump
from tests.appliance.conftest import Node

GIVEN = [i for i in range(40) if i not in (7, 20, 21, 22)]


def body(**changes: Any) -> dict[str, Any]:
    """As taosd sends it, the rows 7 and 20 to 22 of a line missing."""
    return {
        "schema": [["ts", "TIMESTAMP", 8], ["val", "DOUBLE", 8]],
        "data": [[1000 * i for i in GIVEN], [2.0 * i for i in GIVEN]],
        "option": "algo=linear",
        "algo": "linear",
        "freq": "S",
        "prec": "ms",
        "wncheck": 0,
        "rows": len(GIVEN),
        "protocol": 1.0,
    } | changes


@pytest.fixture
def imputing(catalog: Catalog, node: Node) -> testing.TestClient:
    return node(catalog, Settings(detail_types=("imputation",)))


def post(client: testing.TestClient, **changes: Any) -> dict[str, Any]:
    reply = client.simulate_post("/imputation", body=dump(body(**changes)), headers=JSON)
    assert reply.status_code == 200
    answer: dict[str, Any] = reply.json
    return answer


@pytest.mark.parametrize("algo", ["linear", "kalman"])
def test_gaps_of_the_time_axis_are_filled(imputing: testing.TestClient, algo: str) -> None:
    answer = post(imputing, algo=algo, option=f"algo={algo}")
    assert (answer["rows"], answer["ts"]) == (40, [1000 * i for i in range(40)])
    assert [row for row, filled in enumerate(answer["mask"]) if filled] == [7, 20, 21, 22]
    np.testing.assert_allclose(answer["target"], 2.0 * np.arange(40), atol=1e-6)
    assert (answer["algo"], answer["option"], answer["status"]) == (algo, f"algo={algo}", "success")
    assert not any(error for error, filled in zip(answer["std_error"], answer["mask"], strict=True) if not filled)


def test_what_is_not_in_order_is_refused(imputing: testing.TestClient) -> None:
    for changes, told in (
        (
            {"freq": "2s"},
            "invalid freq or precision for the input ts list, freq:2s, prec:ms, ts interval between: 0 1000",
        ),
        ({"freq": "often"}, "freq should be one of"),
        ({"prec": "y"}, "precision should be one of"),
        ({"algo": "nonesuch"}, "unknown imputation algorithm: 'nonesuch'"),
        ({"option": "period=30", "algo": "kalman"}, "a season needs two whole periods, 60 rows, got 40"),
    ):
        answer = post(imputing, **changes)
        assert answer["rows"] == -1
        assert answer["msg"].startswith(told)


def test_without_an_algorithm_the_model_server_is_asked(catalog: Catalog, node: Node) -> None:
    request = body()
    del request["algo"]
    client = node(catalog, Settings())
    answer = client.simulate_post("/imputation", body=dump(request), headers=JSON).json
    assert answer == {"rows": -1, "msg": "unknown imputation algorithm: 'moment'; there are: kalman, linear"}


def test_it_is_listed_only_where_the_configuration_says_so(catalog: Catalog, node: Node) -> None:
    def kinds(settings: Settings) -> dict[str, list[str]]:
        details = node(catalog, settings).simulate_get("/list").json["details"]
        return {detail["type"]: [algorithm["name"] for algorithm in detail["algo"]] for detail in details}

    assert list(kinds(Settings())) == ["forecast", "anomaly-detection"]
    listed = kinds(Settings(detail_types=("imputation", "correlation")))
    assert list(listed) == ["forecast", "anomaly-detection", "imputation", "correlation"]
    assert listed["imputation"] == ["kalman", "linear"]


def test_the_last_digits_of_nanoseconds_stay(imputing: testing.TestClient) -> None:
    start = 1_700_000_000_000_000_001
    times = [start + 3 * i for i in GIVEN]
    answer = json.loads(
        imputing.simulate_post(
            "/imputation",
            body=dump(body(data=[times, [2.0 * i for i in GIVEN]], freq="3ns", prec="ns")),
            headers=JSON,
        ).text
    )
    assert answer["ts"] == [start + 3 * i for i in range(40)]

"""POST `/correlation`, its shortcut, and where it is announced."""

from __future__ import annotations

from typing import Any

import pytest
from falcon import testing

from appliance.analysis.catalog import Catalog
from appliance.host import setting_values
from appliance.host.settings import Settings
from tests.appliance.bodies import JSON, dump
from tests.appliance.conftest import Node

PAIR = [[1, 1.1, 1, 1.2, 1.1], [1, 1.5, 1.3, 1.8, 1.6]]
PEARSONR = "/api/v1/analysis/pearsonr"


def body(**changes: Any) -> dict[str, Any]:
    """As taosd sends it: no times, no precision."""
    return {
        "schema": [["val", "DOUBLE", 8], ["val1", "DOUBLE", 8]],
        "data": PAIR,
        "option": "algo=dtw",
        "algo": "dtw",
        "wncheck": 1,
        "rows": 5,
        "protocol": 1.0,
    } | changes


@pytest.fixture
def correlating(catalog: Catalog, node: Node) -> testing.TestClient:
    return node(catalog, Settings(detail_types=("correlation",)))


def post(client: testing.TestClient, path: str = "/correlation", **changes: Any) -> dict[str, Any]:
    asked = {name: value for name, value in body(**changes).items() if value is not None}
    reply = client.simulate_post(path, body=dump(asked), headers=JSON)
    assert reply.status_code == 200
    answer: dict[str, Any] = reply.json
    return answer


def test_distance_and_path_come_together(correlating: testing.TestClient) -> None:
    answer = post(correlating)
    assert answer["distance"] == pytest.approx(1.6)
    assert answer["path"] == [[0, 0], [1, 0], [2, 0], [3, 1], [3, 2], [3, 3], [4, 4]]
    assert (answer["rows"], answer["algo"], answer["option"]) == (7, "dtw", "algo=dtw")


def test_lags_and_coefficients_come_together(correlating: testing.TestClient) -> None:
    answer = post(correlating, algo="tlcc", option="algo=tlcc,lag_start=-1,lag_end=2")
    assert answer["lags"] == [-1, 0, 1, 2]
    assert (answer["rows"], len(answer["ccf_vals"])) == (4, 4)


def test_pearsons_coefficient_has_a_path_of_its_own(correlating: testing.TestClient) -> None:
    for path, algo in ((PEARSONR, None), (PEARSONR, "dtw"), ("/correlation", "pearsonr")):
        answer = post(correlating, path, algo=algo, option="")
        assert answer["rows"] == 1
        assert answer["correlation_coefficient"] == pytest.approx(0.9210376169618041)
        assert answer["p_value"] == pytest.approx(0.02631796499311349)
    flat = post(correlating, PEARSONR, data=[[1, 1, 1], [1, 2, 3]])
    assert (flat["correlation_coefficient"], flat["p_value"]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"algo": None}, "algo is missing in requests"),
        ({"algo": "nonesuch"}, "unsupported algo: nonesuch"),
        ({"option": "radius=11"}, "radius value out of range, valid range [1, 10]"),
        ({"option": "radius=x"}, "radius must be an integer, got 'x'"),
        ({"data": [[], []]}, "empty time-series data to perform dtw"),
        ({"data": [[], []], "algo": "tlcc"}, "empty time-series data to perform TLCC"),
        (
            {"algo": "tlcc", "option": "lag_start=3,lag_end=2"},
            "lag_start should be less than or equal to lag_end value",
        ),
        (
            {"algo": "tlcc", "option": "lag_end=5"},
            "lag_start/lag_end value out of range, should be less than list length",
        ),
        ({"algo": "tlcc", "data": [[1, 2, 3], [1, 2]]}, "input lists are mismatch, tlcc values not return"),
        ({"data": None}, '"data" does not exist in request json'),
        ({"data": 3}, "invalid request format: data must be a list of columns"),
        ({"schema": None}, "schema is missing"),
        ({"data": [[1], [2], [3]]}, "invalid schema info, 2 columns are described, data has 3"),
        ({"data": [[1, None], [2, 3]]}, "column val, row 1: a number is expected, got null"),
        ({"data": [[1, "2"], [2, 3]]}, "column val, row 1: a number is expected, got text"),
        ({"data": [[[1]], [2, 3]]}, "column val, row 0: a number is expected, got a list or object"),
        ({"data": [[1e308, -1e308], [-1e308, 1e308]]}, "the distance would leave the range"),
    ],
)
def test_what_is_not_in_order_is_refused(correlating: testing.TestClient, changes: dict[str, Any], told: str) -> None:
    answer = post(correlating, **changes)
    assert answer["rows"] == -1
    assert answer["msg"].startswith(told)


def test_one_column_is_refused(correlating: testing.TestClient) -> None:
    one = {"schema": [["val", "DOUBLE", 8]], "data": [[1, 2, 3]]}
    assert post(correlating, PEARSONR, **one)["msg"] == "a second data column is required for pearsonr"
    assert post(correlating, **one)["msg"] == "a second data column is required for dtw"


def test_it_is_listed_only_where_the_configuration_says_so(catalog: Catalog, node: Node) -> None:
    def kinds(settings: Settings) -> dict[str, list[str]]:
        details = node(catalog, settings).simulate_get("/list").json["details"]
        return {detail["type"]: [algorithm["name"] for algorithm in detail["algo"]] for detail in details}

    assert "correlation" not in kinds(Settings())
    every = kinds(Settings(detail_types=setting_values.detail_types("all")))
    assert list(every) == ["forecast", "anomaly-detection", "imputation", "correlation", "classification"]
    assert every["correlation"] == ["dtw", "granger", "pearsonr", "spearman", "tlcc", "xcorr_lag"]

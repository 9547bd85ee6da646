"""POST of the tools, through the application."""

from __future__ import annotations

import pytest
from falcon import testing

from appliance.analysis.tools import TOOLS, association, monitoring_band, profile_search
from tests.appliance.bodies import JSON, dump

ASKED = {"data": list(range(23)), "ts": list(range(23)), "window": [[0, 10], [11, 22]]}


@pytest.mark.parametrize("path", monitoring_band.OPERATION.paths)
def test_a_monitoring_band_is_answered(client: testing.TestClient, path: str) -> None:
    answer = client.simulate_post(path, body=dump(ASKED), headers=JSON)
    assert answer.status_code == 200
    assert (answer.json["rows"], len(answer.json["upper"])) == (1000, 1000)


def test_a_search_is_answered_with_times_of_any_size(client: testing.TestClient) -> None:
    asked = {
        "algo": {"type": "dtw"},
        "result": {"num": 1},
        "source_data": [1, 2],
        "target_data": {"ts": [10**19, 10**19 + 1, 10**19 + 2], "data": [7, 1, 2]},
    }
    answer = client.simulate_post(profile_search.OPERATION.paths[0], body=dump(asked), headers=JSON)
    assert answer.json["matches"] == [{"criteria": 0.0, "ts_window": [10**19 + 1, 10**19 + 2], "num": 2}]


@pytest.mark.parametrize("path", association.OPERATION.paths)
def test_rules_are_answered(client: testing.TestClient, path: str) -> None:
    answer = client.simulate_post(path, body=dump({"data": [["a", "b"], ["a", "b"]]}), headers=JSON)
    assert (answer.json["rows"], answer.json["rules"][0]["support"]) == (2, 1.0)


@pytest.mark.parametrize("path", [tool.OPERATION.paths[0] for tool in TOOLS])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"nonsense", dump({"data": [1], "ts": [1], "window": []})])
def test_whatever_is_sent_has_an_answer(client: testing.TestClient, body: bytes, path: str) -> None:
    answer = client.simulate_post(path, body=body, headers=JSON)
    assert answer.status_code == 200
    assert answer.json["rows"] in (-1, 0)
    assert "internal error" not in answer.json.get("msg", "")

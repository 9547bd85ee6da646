"""POST of the tools, through the application."""

from __future__ import annotations

import pytest
from falcon import testing

from appliance.node.app import BATCH
from tests.appliance.bodies import JSON, dump

ASKED = {"data": list(range(23)), "ts": list(range(23)), "window": [[0, 10], [11, 22]]}


@pytest.mark.parametrize("path", BATCH)
def test_a_monitoring_band_is_answered(client: testing.TestClient, path: str) -> None:
    answer = client.simulate_post(path, body=dump(ASKED), headers=JSON)
    assert answer.status_code == 200
    assert (answer.json["rows"], len(answer.json["upper"])) == (1000, 1000)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"nonsense", dump({"data": [1], "ts": [1], "window": []})])
def test_whatever_is_sent_has_an_answer(client: testing.TestClient, body: bytes) -> None:
    answer = client.simulate_post(BATCH[0], body=body, headers=JSON)
    assert answer.status_code == 200
    assert answer.json["rows"] in (-1, 0)
    assert "internal error" not in answer.json.get("msg", "")

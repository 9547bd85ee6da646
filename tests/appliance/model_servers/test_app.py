from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np
import pytest
from falcon import testing

from appliance.model_servers import app
from appliance.model_servers.app import IN_FLIGHT, Turns, create_app
from kernels.contract import Forecast, Horizon, Series


def _post(client: testing.TestClient, body: dict[str, Any]) -> testing.Result:
    return client.simulate_post("/ds_predict", body=json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.fixture
def slow() -> Iterator[tuple[testing.TestClient, threading.Event]]:
    """A server whose forecasts wait for the event."""
    go_on = threading.Event()

    def predict(series: list[Series], horizon: Horizon) -> list[Forecast]:
        go_on.wait(30)
        flat = np.zeros(horizon.rows)
        return [Forecast(flat, flat, flat) for _ in series]

    with ThreadPoolExecutor(1) as executor:
        yield testing.TestClient(create_app(Turns(predict, executor), {"model": "slow"})), go_on
        go_on.set()


def test_requests_in_flight_are_bounded(slow: tuple[testing.TestClient, threading.Event]) -> None:
    client, go_on = slow
    with ThreadPoolExecutor(IN_FLIGHT + 1) as clients:
        asked = [clients.submit(_post, client, {"input": [1, 2], "next_len": 1}) for _ in range(IN_FLIGHT + 1)]
        refused = next(as_completed(asked)).result()
        assert refused.status_code == 503
        assert refused.json["error"] == "too many requests at once"
        status = client.simulate_get("/status").json
        assert (status["in_flight"], status["queue"]) == (IN_FLIGHT, IN_FLIGHT - 1)
        go_on.set()
        assert sorted(one.result().status_code for one in asked) == [200] * IN_FLIGHT + [503]


def test_waiting_has_an_end(slow: tuple[testing.TestClient, threading.Event], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "PATIENCE_S", 0.05)
    reply = _post(slow[0], {"input": [1, 2], "next_len": 1})
    assert reply.status_code == 503
    assert "no answer within" in reply.json["error"]


def test_a_bug_is_logged_and_told_in_general_words(caplog: pytest.LogCaptureFixture) -> None:
    def predict(series: list[Series], horizon: Horizon) -> list[Forecast]:
        raise KeyError("secret")

    with ThreadPoolExecutor(1) as executor:
        turns = Turns(predict, executor)
        reply = _post(testing.TestClient(create_app(turns, {})), {"input": [1, 2], "next_len": 1})
    assert turns.load() == (0, 0)
    assert reply.status_code == 500
    assert reply.json["error"] == "internal error: KeyError"
    assert "secret" in caplog.text

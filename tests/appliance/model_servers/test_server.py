from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from falcon import testing

from appliance.host.systemd import Systemd
from appliance.model_servers import server as model_server
from appliance.model_servers.app import MAX_BODY
from appliance.model_servers.control import ControlError, Plan
from appliance.model_servers.exchanges.forecast import NO_INPUT

TESTS = Path(__file__).parents[2]


def _plan(name: str, folder: Path, where: Path) -> Plan:
    return Plan(name, folder, "127.0.0.1", 1, "float32", 1, where / "model.pid", where / "model.log")


@pytest.fixture(scope="module", params=["tdtsfm", "timemoe"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.TestClient]:
    folder = TESTS / ("checkpoints" if request.param == "tdtsfm" else "golden") / request.param
    with ThreadPoolExecutor(1) as executor:
        plan = _plan(request.param, folder, tmp_path_factory.mktemp("run"))
        yield testing.TestClient(executor.submit(model_server.load, plan, executor).result())


def _post(client: testing.TestClient, body: Any, path: str = "/ds_predict") -> testing.Result:
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.simulate_post(path, body=text, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("path", ["/ds_predict", "/tdtsfm", "/timemoe"])
def test_every_path_answers_with_forecast_and_interval(server: testing.TestClient, path: str) -> None:
    reply = _post(server, {"input": list(np.sin(np.arange(128))), "next_len": 12, "dynamic_real": [], "ts": []}, path)
    assert reply.status_code == 200
    assert reply.json["status"] == "success"
    assert reply.json["conf_interval"] == 0.95
    low, value, high = (np.array(reply.json[key]) for key in ("lower", "output", "upper"))
    assert len(value) == 12
    assert (low <= value).all()
    assert (value <= high).all()


def test_several_series_are_answered_at_once(server: testing.TestClient) -> None:
    many = [list(np.sin(np.arange(n) / 3)) for n in (100, 150)] + [[7] * 3]
    reply = _post(server, {"inputs": many, "next_len": 4}).json
    assert [len(one) for one in reply["outputs"] + reply["lowers"] + reply["uppers"]] == [4] * 9
    alone = _post(server, {"input": many[1], "next_len": 4}).json
    np.testing.assert_allclose(reply["outputs"][1], alone["output"], atol=1e-4)
    assert reply["outputs"][2] == [7] * 4


@pytest.mark.parametrize("series", [[5], [5] * 40, [0.5] * 200])
def test_a_constant_series_keeps_value_and_type(server: testing.TestClient, series: list[float]) -> None:
    reply = _post(server, {"input": series, "next_len": 3})
    assert json.loads(reply.text)["output"] == [series[0]] * 3
    assert type(json.loads(reply.text)["output"][0]) is type(series[0])


def test_coverage_may_be_given_in_percent(server: testing.TestClient) -> None:
    series = list(np.random.default_rng(1).normal(size=100))
    percent, fraction = (_post(server, {"input": series, "next_len": 3, "conf_interval": c}).json for c in (80, 0.8))
    assert percent == fraction


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, NO_INPUT),
        ([1, 2], NO_INPUT),
        ({"next_len": 3}, NO_INPUT),
        ("{", "not valid JSON"),
        ('{"input": [1, NaN], "next_len": 3}', "not valid JSON"),
        ("", "not valid JSON"),
        ({"input": [1, 2]}, "next_len must be a number, it is missing"),
        ({"input": [1, 2], "next_len": None}, "next_len must be a number"),
        ({"input": [1, 2], "next_len": True}, "next_len must be a number"),
        ({"input": [1, 2], "next_len": 0}, "next_len must be a whole number from 1 to 4096, got 0"),
        ({"input": [1, 2], "next_len": 1.5}, "next_len must be a whole number"),
        ({"input": [1, 2], "next_len": 10**9}, "next_len must be a whole number"),
        ({"input": [], "next_len": 1}, "at least one number"),
        ({"input": "abc", "next_len": 1}, "at least one number"),
        ({"input": [1, None], "next_len": 1}, "numbers only, got null at 1"),
        ({"input": [1, "2"], "next_len": 1}, 'numbers only, got "2" at 1'),
        ({"input": [True, 2], "next_len": 1}, "numbers only, got true at 0"),
        ({"input": [[1, 2]], "next_len": 1}, "numbers only"),
        ({"input": [1], "inputs": [[1]], "next_len": 1}, "exclude each other"),
        ({"inputs": [], "next_len": 1}, "list of 1 to 64 series"),
        ({"inputs": [[1]] * 65, "next_len": 1}, "list of 1 to 64 series"),
        ({"input": [1, 2], "next_len": 1, "conf_interval": 0}, "conf must be in (0, 1], got 0.0"),
        ({"input": [1, 2], "next_len": 1, "conf_interval": "x"}, "conf_interval must be a number"),
    ],
)
def test_bad_input_is_refused_with_its_reason(server: testing.TestClient, body: Any, message: str) -> None:
    reply = _post(server, body)
    assert reply.status_code == 400
    assert reply.json["status"] == "error"
    assert message in reply.json["error"]


def test_a_series_shorter_than_the_model_needs_is_answered(server: testing.TestClient) -> None:
    reply = _post(server, {"input": [1, 2, 3, 4, 5], "next_len": 3})
    assert reply.status_code == 200
    assert len(reply.json["output"]) == 3


@pytest.mark.parametrize(
    ("method", "path", "code"), [("GET", "/tdtsfm", 405), ("POST", "/x", 404), ("PUT", "/status", 405)]
)
def test_other_requests_get_their_code_in_json(server: testing.TestClient, method: str, path: str, code: int) -> None:
    reply = server.simulate_request(method, path)
    assert reply.status_code == code
    assert reply.json["status"] == "error"


def test_too_large_a_body_is_refused(server: testing.TestClient) -> None:
    assert _post(server, b" " * (MAX_BODY + 1)).status_code == 413


def test_the_status_tells_what_is_served(server: testing.TestClient) -> None:
    status = server.simulate_get("/status").json
    assert (status["status"], status["dtype"]) == ("ready", "float32")
    assert status["values"] > 10_000


def test_weights_that_cannot_be_loaded_end_the_process(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"rubbish")
    with ThreadPoolExecutor(1) as executor, pytest.raises(SystemExit):
        model_server.load(_plan("tdtsfm", tmp_path, tmp_path), executor)
    assert "cannot load the model" in caplog.text


def test_a_server_that_loads_is_gone_as_soon_as_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads, tell = os.pipe()

    def load(_: Plan, __: ThreadPoolExecutor) -> None:
        os.write(tell, b".")
        threading.Event().wait()

    monkeypatch.setattr(model_server, "load", load)
    server = model_server.ModelServer(_plan("tdtsfm", tmp_path, tmp_path), Systemd())
    if not (pid := os.fork()):
        server.load()
    os.read(loads, 1)
    os.kill(pid, signal.SIGTERM)
    assert os.waitpid(pid, 0) == (pid, 0)
    os.close(loads)
    os.close(tell)


def test_serving_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ControlError, match=r"no weights in .*: put model\.safetensors"):
        model_server.serve(_plan("tdtsfm", tmp_path, tmp_path))

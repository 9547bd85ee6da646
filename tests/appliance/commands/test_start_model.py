"""The commands as a user runs them, with a real server of a tiny model."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from appliance.commands import start_model
from appliance.model_servers import unit

TESTS = Path(__file__).parent.parent.parent
CHECKPOINT = TESTS / "checkpoints" / "tdtsfm"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def ini(tmp_path: Path) -> Iterator[Path]:
    """A configuration whose model servers are stopped in the end."""
    path = tmp_path / "taosanode.ini"
    path.write_text(
        f"[uwsgi]\npidfile = taosanode.pid\n[taosanode]\napp-log = log/app.log\nmodel-dir = model\n"
        f"[tsfm-service]\ntdtsfm_1 = http://127.0.0.1:{_free_port()}/tdtsfm\n"
        f"timemoe-fc = http://127.0.0.1:{_free_port()}/ds_predict\n"
    )
    yield path
    _run("stop-model", "all", "-c", str(path))


def _run(*args: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from appliance.cli import main; sys.exit(main(sys.argv[1:]))"
    return subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, timeout=100)


def _ask(url: str, body: object | None = None) -> dict[str, list[float]]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as reply:
        answer: dict[str, list[float]] = json.load(reply)
        return answer


def test_a_server_starts_answers_refuses_a_second_and_stops(ini: Path) -> None:
    port = str(_free_port())
    given = ("--weights", str(CHECKPOINT), "--port", port, "--threads", "1", "-c", str(ini))
    started = _run("start-tdtsfm", *given)
    assert started.returncode == 0, started.stderr
    assert f"tdtsfm is ready at http://127.0.0.1:{port}" in started.stderr
    status = _ask(f"http://127.0.0.1:{port}/status")
    assert (ini.parent / "tdtsfm.pid").read_text().strip() == str(status["pid"])

    golden = np.load(TESTS / "golden" / "tdtsfm" / "vectors.npz")
    for row, series in enumerate(golden["gen_L512_input"]):
        answer = _ask(f"http://127.0.0.1:{port}/tdtsfm", {"input": series.tolist(), "next_len": 200})
        # the promise over HTTP, of the input's standard deviation
        np.testing.assert_allclose(answer["output"], golden["gen_L512_N200"][row], atol=2e-4 * series.std())

    again = _run("start-tdtsfm", *given)
    assert again.returncode == 1
    assert f"tdtsfm is running already, process {status['pid']}" in again.stderr

    stopped = _run("stop-model", "tdtsfm_1", "-c", str(ini))
    assert stopped.returncode == 0
    assert f"tdtsfm has stopped, process {status['pid']}" in stopped.stderr
    assert not (ini.parent / "tdtsfm.pid").exists()
    assert (ini.parent / "log" / "tdtsfm.log").exists()


def test_all_starts_those_of_the_configuration_and_reports_each(ini: Path) -> None:
    folder = ini.parent / "model" / "tdtsfm"
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes((CHECKPOINT / name).read_bytes())
    started = _run("start-model", "all", "--threads", "1", "-c", str(ini))
    assert started.returncode == 1
    assert "tdtsfm is ready at" in started.stderr
    assert f"no weights in {ini.parent}/model/timemoe: put model.safetensors and config.json there" in started.stderr


def test_weights_that_do_not_fit_are_told_at_the_prompt(ini: Path) -> None:
    folder = ini.parent / "broken"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes((CHECKPOINT / "model.safetensors").read_bytes())
    (folder / "config.json").write_text('{"model_type": "taos", "Taos_hidden_size": 64}')
    started = _run("start-model", "tdtsfm", "--weights", str(folder), "-c", str(ini))
    assert started.returncode == 1
    assert "tdtsfm did not start" in started.stderr
    assert "has shape" in started.stderr


@pytest.mark.parametrize("args", [["--port", "7000"], ["--foreground"], ["--weights", "x"]])
def test_what_fits_one_model_is_refused_for_all(args: list[str]) -> None:
    refused = _run("start-model", "all", *args)
    assert refused.returncode == 2
    assert "need the name of one model" in refused.stderr


def test_a_broken_configuration_is_reported(tmp_path: Path) -> None:
    (tmp_path / "x.ini").write_text("[uwsgi]\nprocesses = many\n")
    refused = _run("start-model", "all", "-c", str(tmp_path / "x.ini"))
    assert refused.returncode == 1
    assert "processes = many" in refused.stderr


def test_under_systemd_a_server_reports_when_it_answers_and_holds_no_pid_file(ini: Path) -> None:
    address = f"\0taosanode-test-{ini.parent}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(60)
        code = "import sys; from appliance.cli import main; sys.exit(main(sys.argv[1:]))"
        given = ["--weights", str(CHECKPOINT), "--threads", "1", "--foreground", "-c", str(ini)]
        environment = {**os.environ, "NOTIFY_SOCKET": "@" + address[1:]}
        command = [sys.executable, "-c", code, "start-tdtsfm", *given]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
            try:
                assert manager.recv(200).startswith(b"READY=1\nSTATUS=serving tdtsfm at 127.0.0.1:")
                assert not (ini.parent / "tdtsfm.pid").exists()
                worker = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0]
                os.kill(int(worker), signal.SIGKILL)
                assert manager.recv(200) == b"RELOADING=1\nSTATUS=loads tdtsfm again"
                assert manager.recv(200).startswith(b"READY=1\n")
            finally:
                server.terminate()


def test_the_unit_is_that_of_the_products_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    product = tmp_path / "taosanode.ini"
    monkeypatch.setattr(start_model, "PRODUCT_CONFIG", product)
    monkeypatch.setattr(unit, "find", unit.Unit)
    assert start_model.find_unit(None, "x") is None
    product.write_text("")
    assert start_model.find_unit(None, "x") == start_model.find_unit(product, "x") == unit.Unit("x")
    assert start_model.find_unit(tmp_path / "other.ini", "x") is None

"""`start`, `stop` and `status` as a user runs them, with a real node in the background."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import cli
from appliance.commands import start_model, status
from appliance.host import paths
from appliance.model_servers import unit

TEXT = """[uwsgi]
http = 127.0.0.1:{port}
pidfile = taosanode.pid
logto = log/server.log
processes = 1
[taosanode]
app-log = log/app.log
model-dir = model
[tsfm-service]
tdtsfm_1 =
timemoe-fc = http://127.0.0.1:1/ds_predict
mine = http://127.0.0.1:1/x
"""


@pytest.fixture
def ini(tmp_path: Path) -> Iterator[Path]:
    """A configuration whose node is stopped in the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = tmp_path / "taosanode.ini"
    path.write_text(TEXT.format(port=port))
    yield path
    pid = paths.pid_in(tmp_path / "taosanode.pid")
    if pid:
        os.kill(pid, signal.SIGKILL)


def command(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance", *args], capture_output=True, text=True, timeout=200, check=False
    )


@pytest.mark.compiled_only("starts a node")
def test_a_node_starts_tells_its_status_and_stops(ini: Path) -> None:
    started = command("start", "-c", str(ini))
    pid = (ini.parent / "taosanode.pid").read_text().strip()
    url = "http://127.0.0.1:" + ini.read_text().partition("127.0.0.1:")[2].partition("\n")[0]
    assert started.returncode == 0, started.stderr
    assert started.stderr == f"the node is ready at {url}, process {pid}, output {ini.parent}/log/taosanoded.out\n"
    assert command("start", "-c", str(ini)).stderr == f"the node is running already, process {pid}\n"
    told = command("status", "-c", str(ini))
    assert told.returncode == 0
    assert told.stdout.splitlines() == [
        f"node     running, process {pid}, {url} answers",
        "timemoe  stopped, http://127.0.0.1:1/ds_predict",
        "mine     stopped, http://127.0.0.1:1/x",
    ]
    stopped = command("stop", "-c", str(ini))
    assert (stopped.returncode, stopped.stderr) == (0, f"the node has stopped, process {pid}\n")
    assert not paths.command_line(int(pid))


def test_what_does_not_run_is_told(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["taosanode", "stop", "-c", str(ini)]) == 0
    assert capsys.readouterr().err == "the node was not running\n"
    assert cli.main(["taosanode", "status", "-c", str(ini)]) == status.STOPPED
    assert capsys.readouterr().out.startswith("node     stopped, http://127.0.0.1:")
    assert cli.main(["taosanode", "model-status", "-c", str(ini)]) == status.STOPPED
    assert capsys.readouterr().out.splitlines()[0] == "timemoe  stopped, http://127.0.0.1:1/ds_predict"
    assert cli.main(["taosanode", "model-stop", "-c", str(ini)]) == 0
    assert capsys.readouterr().err == "timemoe was not running\nmine was not running\n"


def test_a_node_that_cannot_start_says_why(ini: Path) -> None:
    ini.write_text(ini.read_text().replace("log/server.log", "log"))
    refused = command("start", "-c", str(ini))
    assert refused.returncode == 1
    assert "the node did not start" in refused.stderr


def test_without_a_pid_file_nothing_is_stopped(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ini.write_text("[uwsgi]\n")
    assert cli.main(["taosanode", "stop", "-c", str(ini)]) == 1
    assert "it is not known which process to stop" in capsys.readouterr().err


class Kept(unit.Unit):
    """The unit of a machine that runs systemd; nothing is done."""

    __slots__ = ()

    def is_up(self) -> bool:
        return True

    def pid(self) -> int:
        return 812

    def stop(self) -> int:
        return 812


@pytest.fixture
def systemd(ini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_model, "PRODUCT_CONFIG", ini)
    monkeypatch.setattr(unit, "of_node", lambda: Kept("taosanoded.service"))
    monkeypatch.setattr(unit, "find", lambda name: None)


@pytest.mark.usefixtures("systemd")
def test_the_installed_node_is_systemds(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["taosanode", "start"]) == 0
    assert "running already, process 812" in capsys.readouterr().err
    assert cli.main(["taosanode", "status"]) == 0
    assert ", unit taosanoded.service" in capsys.readouterr().out
    assert cli.main(["taosanode", "stop"]) == 0
    assert "has stopped, process 812" in capsys.readouterr().err

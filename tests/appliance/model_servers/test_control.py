from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.host.settings import Settings, embedded
from appliance.model_servers import control
from appliance.model_servers.control import AlreadyRunning, ControlError, held, plan, running
from models import table

CHECKPOINT = Path(__file__).parents[2] / "checkpoints" / "tdtsfm"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("tdtsfm_1", "tdtsfm"),
        ("timemoe-fc", "timemoe"),
        ("timemoe_fc", "timemoe"),
        ("time-moe", "timemoe"),
        ("timer-moe", "timemoe"),
        ("x", "x"),
    ],
)
def test_an_algorithms_name_means_its_server(given: str, name: str) -> None:
    assert control.server_name(given) == name


def test_address_and_folders_come_from_the_settings(tmp_path: Path) -> None:
    settings = embedded(tmp_path)
    made = plan(settings, "timemoe_fc")
    assert (made.host, made.port) == ("127.0.0.1", 6062)
    assert made.folder == tmp_path / "model" / "timemoe"
    assert made.pidfile == tmp_path / "timemoe.pid"
    assert made.log == tmp_path / "log" / "timemoe.log"


def test_what_is_given_goes_before_the_settings(tmp_path: Path) -> None:
    made = plan(Settings(), "tdtsfm", folder=tmp_path, host="::1", port=7000, dtype="bfloat16", threads=3)
    assert (made.folder, made.host, made.port, made.dtype, made.threads) == (tmp_path, "::1", 7000, "bfloat16", 3)


def test_an_unknown_model_needs_a_port() -> None:
    with pytest.raises(ControlError, match=r"timer has no line in \[tsfm-service\]: name one of tdtsfm, timemoe"):
        plan(Settings(), "timer")
    assert plan(Settings(), "timer", port=7000).port == 7000


def test_a_server_that_is_not_ours_is_not_started() -> None:
    settings = Settings(tsfm={**Settings().tsfm, "moment": "http://127.0.0.1:6066/imputation"})
    assert list(control.known(settings)) == [row.name for row in table.OURS]
    with pytest.raises(ControlError, match="the server of moment is none of this program's"):
        plan(settings, "moment")


def test_a_held_pid_file_tells_its_process_and_is_gone_afterwards(tmp_path: Path) -> None:
    pidfile = tmp_path / "run" / "x.pid"
    assert running(pidfile) is None
    with held(pidfile):
        assert running(pidfile) == os.getpid()
        with pytest.raises(AlreadyRunning, match="held by a running server"), held(pidfile):
            pass
        assert running(pidfile) == os.getpid()
    assert running(pidfile) is None
    assert not pidfile.exists()


def test_a_pid_file_that_cannot_be_written_names_its_setting(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    told = rf"pid file {tmp_path}/run/x\.pid: File exists; it lies in the folder that `pidfile` of \[uwsgi\] names"
    with pytest.raises(ControlError, match=told), held(tmp_path / "run" / "x.pid"):
        pass


def test_a_pid_file_left_behind_by_a_crash_is_nobody(tmp_path: Path) -> None:
    pidfile = tmp_path / "x.pid"
    pidfile.write_text(f"{os.getpid()}\n")
    assert running(pidfile) is None
    assert control.stop("x", pidfile) is None  # or this test would end here
    with held(pidfile):
        assert running(pidfile) == os.getpid()


def test_a_forked_worker_leaves_the_pid_file_alone(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from appliance.model_servers.control import held, running\n"
        f"path = Path({str(tmp_path / 'x.pid')!r})\n"
        "try:\n"
        "    with held(path):\n"
        "        child = os.fork()\n"
        "        if not child: raise SystemExit\n"
        "        os.waitpid(child, 0); assert running(path) == os.getpid()\n"
        "finally: pass"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_start_without_weights_says_where_to_put_them(tmp_path: Path) -> None:
    made = plan(embedded(tmp_path), "tdtsfm")
    with pytest.raises(
        ControlError, match=rf"no weights in {tmp_path}/model/tdtsfm: put model\.safetensors"
    ) as refused:
        control.start(made, [])
    assert "TDtsfm: taos.pth of TDengine's node" in str(refused.value)
    assert "the algorithm zero needs no weights" in str(refused.value)


def test_a_start_without_torch_says_where_the_weights_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    told = f"torch is not installed: .*; the weights belong in {tmp_path}/model/timemoe"
    with pytest.raises(ControlError, match=told):
        control.start(plan(embedded(tmp_path), "timer-moe"), [])


def test_a_taken_port_is_told_before_anything_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        made = plan(embedded(tmp_path), "tdtsfm", folder=CHECKPOINT, port=taken.getsockname()[1])
        with pytest.raises(ControlError, match="tdtsfm: 127.0.0.1:.* is in use by process"):
            control.start(made, [])


def test_a_process_that_ends_gives_its_reason(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = plan(embedded(tmp_path), "tdtsfm", folder=CHECKPOINT, port=port)
    code = "import sys; sys.stderr.write('x ERROR too little of it\\nx INFO bye\\n'); sys.exit(1)"
    with pytest.raises(ControlError, match="did not start: x ERROR too little of it; see "):
        control.start(made, [sys.executable, "-c", code])

"""What `serve` does before it serves; the node itself is tested in test_node.py."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance import cli


def test_bad_configuration_is_refused_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "bad.ini"
    config.write_text("[uwsgi]\nhttp = nonsense\n")
    assert cli.main(["taosanoded", "-c", str(config)]) == cli.FAILED
    assert f"{config}:2: http = nonsense" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[uwsgi]\npidfile = old.pid\n", "pidfile = {folder}/old.pid names process 1 ("),
        ("[uwsgi]\nstats = {folder}/bad.ini\n", "stats = {folder}/bad.ini is there and no socket"),
        ("[tsfm-service]\narima = http://gpu/x\n", "{folder}/bad.ini:4: arima = http://gpu/x: the node has an algor"),
        ("[taosanode]\nalgorithm-dir = old.pid\n", "algorithm-dir = {folder}/old.pid is not a folder that can be read"),
    ],
)
def test_what_check_calls_an_error_stops_the_start(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.pid").write_text("1\n")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        http = f"[uwsgi]\nhttp = 127.0.0.1:{probe.getsockname()[1]}\n"
    (tmp_path / "bad.ini").write_text(http + text.format(folder=tmp_path))
    assert cli.main(["taosanoded", "-c", str(tmp_path / "bad.ini")]) == cli.FAILED
    assert told.format(folder=tmp_path) in capsys.readouterr().err


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.parametrize("key", ["http", "stats"])
def test_an_address_in_use_is_told_in_one_line(
    key: str, taken: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "taosanode.ini"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    lines = {"http": f"127.0.0.1:{free}", key: f"127.0.0.1:{taken}"}
    config.write_text("[uwsgi]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()))
    assert cli.main(["taosanoded", "-c", str(config)]) == cli.FAILED
    owner = f"process {os.getpid()} ({Path('/proc/self/comm').read_text().strip()})"
    told = f"the node cannot start: {key} = 127.0.0.1:{taken} is in use by {owner}\n"
    assert capsys.readouterr().err == told


@contextlib.contextmanager
def under_systemd(folder: Path, server: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a node of these server keys until it has told that it is ready; yield what it told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(folder / "notify"))
        systemd.settimeout(60)
        config = folder / "taosanode.ini"
        config.write_text(f"[uwsgi]\n{server}\nlogto = {folder}/server.log\n")
        env = {**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}
        command = [sys.executable, "-m", "appliance", "serve", "-c", str(config)]
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
            try:
                while "READY" not in (told := systemd.recv(4096).decode()):
                    continue
                yield told, process
            finally:
                process.terminate()
        assert process.returncode == 0


def test_ipv6_addresses_are_shown_as_they_are_typed_into_a_browser(tmp_path: Path) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as probe:
        port = probe.getsockname()[1]
    with under_systemd(tmp_path, f"http = [::1]:{port}") as (told, process):
        assert re.search(rf"READY=1\nSTATUS=serving \d+ algorithms at \[::1\]:{port}$", told)
        assert process.stderr
        assert f"taosanode is ready at http://[::1]:{port}, logs go to" in process.stderr.readline()
        with contextlib.closing(http.client.HTTPConnection("::1", port, timeout=30)) as client:
            client.request("GET", "/status")
            assert client.getresponse().status == 200


def test_a_node_that_would_not_let_itself_in_is_ready_all_the_same(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = probe.getsockname()
    with (
        under_systemd(tmp_path, f"http = 127.0.0.1:{address[1]}\nallow-from = 10.0.0.0/8"),
        socket.create_connection(address, 30) as client,
    ):
        assert client.recv(1) == b""


def test_a_socket_unit_with_another_address_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taosanode.ini").write_text("[uwsgi]\nhttp = 127.0.0.1:6090\n")
    with socket.create_server(("127.0.0.1", 0)) as given:
        number, port = given.fileno(), given.getsockname()[1]
        command = f'LISTEN_PID=$$ exec "$0" -m appliance serve -c "$1" 3<&{number}'
        done = subprocess.run(
            ["bash", "-c", command, sys.executable, str(tmp_path / "taosanode.ini")],
            env={**os.environ, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "taosanoded.socket"},
            pass_fds=[number],
            capture_output=True,
            text=True,
        )
    told = f"http = 127.0.0.1:6090, but its socket unit listens on 127.0.0.1:{port}: ListenStream= must name the same\n"
    assert (done.returncode, done.stderr) == (1, f"the node cannot start: {told}")

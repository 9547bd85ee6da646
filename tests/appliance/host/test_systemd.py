"""READY must mean that a request is answered."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from appliance.host.systemd import Systemd


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    listener.settimeout(5)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    return listener


def test_state_reaches_the_manager(manager: socket.socket) -> None:
    with manager:
        Systemd().tell("READY=1")
        assert manager.recv(100) == b"READY=1"


def test_abstract_address_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0taosanode-test-{os.getpid()}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@taosanode-test-{os.getpid()}")
        Systemd().tell("STATUS=here")
        assert listener.recv(100) == b"STATUS=here"


def test_nobody_else_can_report_for_the_node(manager: socket.socket) -> None:
    with manager:
        Systemd()
        assert "NOTIFY_SOCKET" not in os.environ


def test_without_a_manager_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Systemd().tell("READY=1")


class Store(threading.Thread):
    """The manager's side of keeping a socket: notes what it is told, and closes what it need not keep."""

    def __init__(self, channel: socket.socket) -> None:
        super().__init__(daemon=True)
        self.told: list[str] = []
        self.kept: list[socket.socket] = []
        self._channel = channel
        self.start()

    def run(self) -> None:
        while "STOP" not in self.told:
            text, descriptors, _, _ = socket.recv_fds(self._channel, 1000, 4)
            self.told.append(text.decode())
            for descriptor in descriptors:
                if text.startswith(b"FDSTORE=1"):
                    self.kept.append(socket.socket(fileno=descriptor))
                else:
                    os.close(descriptor)


def test_manager_keeps_the_listening_socket_and_no_other(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LISTEN_FDNAMES", raising=False)
    with manager, socket.create_server(("127.0.0.1", 0)) as listening:
        store, systemd = Store(manager), Systemd()
        systemd.forget()
        systemd.keep(listening)
        systemd.tell("STOP")
        store.join(30)
        assert store.told == ["FDSTOREREMOVE=1\nFDNAME=http", "BARRIER=1", "FDSTORE=1\nFDNAME=http", "STOP"]
        (kept,) = store.kept
        with kept:
            assert kept.getsockname() == listening.getsockname()


def test_socket_of_a_socket_unit_is_not_kept(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LISTEN_FDNAMES", "taosanoded.socket")
    with manager, socket.create_server(("127.0.0.1", 0)) as listening:
        systemd = Systemd()
        systemd.keep(listening)
        systemd.tell("STOP")
        assert manager.recv(100) == b"STOP"


def test_a_manager_that_does_not_answer_is_not_waited_for(manager: socket.socket) -> None:
    with manager:
        Systemd().forget()
        assert manager.recv(100) == b"FDSTOREREMOVE=1\nFDNAME=http"


INHERITS = """
import os, socket
from appliance.host.systemd import Systemd
given = Systemd().inherited(("127.0.0.1", int(os.environ["PORT"])))
try:
    there = bool(socket.socket(fileno=3).detach())
except OSError:
    there = False
where = Systemd().elsewhere(("127.0.0.1", int(os.environ["PORT"]))) if given else None
print(given, there, "LISTEN_FDS" in os.environ, where)
"""


@pytest.mark.parametrize(
    ("name", "pid", "moved", "told"),
    [
        ("http", "$$", 0, "True True True None"),
        ("http", "$$", 1, "False False False None"),  # the configuration names another address now
        ("taosanoded.socket", "$$", 0, "True True True None"),
        ("taosanoded.socket", "$$", 1, "True True True 127.0.0.1:{port}"),
        ("http", "1", 0, "False True True None"),  # meant for another process
    ],
)
def test_kept_socket_is_used_if_it_still_has_the_right_address(name: str, pid: str, moved: int, told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as kept:
        port, number = kept.getsockname()[1], kept.fileno()
        command = f'LISTEN_PID={pid} exec "$0" -c "$1" 3<&{number}'
        env = {**os.environ, "LISTEN_FDS": "1", "LISTEN_FDNAMES": name, "PORT": str(port + moved)}
        done = subprocess.run(
            ["bash", "-c", command, sys.executable, INHERITS],
            env=env,
            pass_fds=[number],
            capture_output=True,
            text=True,
        )
    assert (done.stdout.strip(), done.stderr) == (told.format(port=port), "")

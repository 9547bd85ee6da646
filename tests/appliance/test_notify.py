"""READY must mean that a request is answered."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from appliance.notify import Systemd, when_answering


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


def test_readiness_waits_for_an_answer() -> None:
    answered = threading.Event()
    with socket.socket() as node:
        node.bind(("127.0.0.1", 0))
        node.listen()
        waiting = when_answering(("0.0.0.0", node.getsockname()[1]), answered.set)
        first, _ = node.accept()
        first.close()  # it listens, but it does not answer
        assert not answered.is_set()
        second, _ = node.accept()
        with second:
            second.recv(1000)
            second.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        waiting.join(5)
    assert answered.is_set()

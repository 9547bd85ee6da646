"""Ceasing to listen; tests/appliance/test_scaling.py stops whole nodes under load."""

from __future__ import annotations

import contextlib
import logging
import queue
import signal
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.arbiter import Arbiter

from appliance.transport import listening
from appliance.transport.listening import Master, take_no_more


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_begun_connections_wait_and_no_further_one_begins(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        server = socket.create_server((address, 0), family=family)
    except OSError:
        pytest.skip(f"this machine has no {address}")
    with server, socket.create_connection(server.getsockname()[:2]) as begun, socket.socket(family) as late:
        take_no_more(server)
        late.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            late.connect(server.getsockname())
        with pytest.raises(OSError, match="not connected"):
            late.getpeername()
        server.setblocking(False)
        accepted, _ = server.accept()
        with pytest.raises(BlockingIOError):
            server.accept()
        server.close()
        with accepted:
            begun.sendall(b"question")
            assert accepted.recv(100) == b"question"


def test_a_kernel_without_filters_is_told_and_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(*given: object) -> None:
        raise OSError(92, "Protocol not available")

    with caplog.at_level(logging.WARNING):
        take_no_more(SimpleNamespace(setsockopt=refuse))  # type: ignore[arg-type]
    assert "connections may be reset, the listening socket takes no filter: [Errno 92]" in caplog.text


@pytest.mark.parametrize(
    ("graceful", "other", "closes_first"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"systemd": True}, False),
        (True, {"reexec_pid": 2}, False),
        (True, {"master_pid": 1}, False),
        (True, {"app": SimpleNamespace(socket_is_kept=True)}, False),
    ],
)
def test_a_socket_that_somebody_else_listens_on_goes_on(
    graceful: bool, other: dict[str, Any], closes_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[object] = []
    monkeypatch.setattr(listening, "take_no_more", done.append)
    monkeypatch.setattr(Arbiter, "stop", lambda master, graceful: done.append(graceful))
    master = Master.__new__(Master)
    state = {"systemd": False, "reexec_pid": 0, "master_pid": 0, "app": SimpleNamespace(socket_is_kept=False)} | other
    vars(master).update(state, LISTENERS=[SimpleNamespace(sock="a socket")])
    master.stop(graceful)
    assert done == (["a socket"] if closes_first else []) + [graceful]


HUP, CHLD, TERM, INT = signal.SIGHUP, signal.SIGCHLD, signal.SIGTERM, signal.SIGINT


@pytest.mark.parametrize(
    ("told", "done"),
    [
        ([HUP] * 5, [HUP]),
        ([CHLD, HUP, CHLD, HUP], [CHLD, HUP, CHLD]),
        ([HUP] * 5 + [CHLD, TERM, HUP], [TERM]),
        ([HUP, TERM, INT], [INT]),
        ([CHLD], [CHLD]),
    ],
)
def test_a_stop_comes_first_and_many_reloads_are_one(told: list[int], done: list[int]) -> None:
    master = Master.__new__(Master)
    master.SIG_QUEUE = queue.SimpleQueue()
    for number in told:
        master.SIG_QUEUE.put(number)
    assert master.wait_for_signals() == done

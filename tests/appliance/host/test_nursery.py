from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator

import psutil
import pytest

from appliance.host.nursery import Nursery
from tests.appliance.waiting import until


def is_socket(descriptor: str) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:")
    except OSError:  # that of the listing
        return False


def echo(connection: socket.socket) -> None:
    """Send back what comes, and what sockets there are."""
    while asked := connection.recv(100):
        count = sum(map(is_socket, os.listdir("/proc/self/fd")))
        connection.sendall(b"%b %d" % (asked, count))


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    made = Nursery(echo)
    yield made
    made.close()


def test_children_answer_and_have_no_connection_but_their_own(nursery: Nursery) -> None:
    with socket.create_server(("127.0.0.1", 0)):
        for _ in range(2):
            connection, pid = nursery.child()
            with connection:
                assert psutil.Process(pid).ppid() == nursery.pid
                connection.sendall(b"hello")
                assert connection.recv(100).startswith(b"hello 1")


def test_a_child_ends_when_its_work_is_done(nursery: Nursery) -> None:
    connection, pid = nursery.child()
    connection.close()
    until(lambda: not psutil.pid_exists(pid), "its end, of which nobody is left to be told")


def test_signals_that_are_meant_for_a_worker_end_no_child(nursery: Nursery) -> None:
    connection, pid = nursery.child()
    with connection:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(pid, number)
        connection.sendall(b"there")
        assert connection.recv(100).startswith(b"there")


def test_children_end_with_the_nursery(nursery: Nursery) -> None:
    connection, pid = nursery.child()
    with connection:
        os.kill(nursery.pid, signal.SIGKILL)
        until(lambda: not psutil.pid_exists(pid), "the end of its child")


def test_all_end_with_the_process_that_made_them() -> None:
    reading, writing = os.pipe()
    maker = os.fork()
    if maker == 0:
        made = Nursery(echo)
        os.write(writing, b"%d %d" % (made.pid, made.child()[1]))
        os.kill(os.getpid(), signal.SIGKILL)
    os.close(writing)
    with open(reading, "rb") as told:
        pids = [int(pid) for pid in told.read().split()]
    os.waitpid(maker, 0)
    assert len(pids) == 2
    until(lambda: not any(psutil.pid_exists(pid) and _runs(pid) for pid in pids), "the end of all")


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_without_the_nursery_there_is_no_child(nursery: Nursery) -> None:
    os.kill(nursery.pid, signal.SIGKILL)
    until(lambda: not _runs(nursery.pid), "its end")
    with pytest.raises(OSError, match="no process can be forked|Broken pipe|reset"):
        nursery.child()

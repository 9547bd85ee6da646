import errno
import os
import socket
from pathlib import Path

import pytest

from appliance import ports


@pytest.fixture
def taken():
    """A port somebody listens on: this process."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_free_port_is_not_refused(taken):
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    assert ports.refusal("127.0.0.1", free) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_taken_port_is_refused(taken, host):
    error = ports.refusal(host, taken)
    assert error is not None
    assert ports.in_use(error)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_address_of_another_machine_is_refused(host):
    error = ports.refusal(host, 6090)
    assert error is not None
    assert not ports.in_use(error)


def test_owner_of_a_port_is_found(taken):
    assert ports.owners(taken) == {os.getpid(): Path("/proc/self/comm").read_text().strip()}


def test_port_nobody_listens_on_has_no_owner(taken):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert ports.owners(bound.getsockname()[1]) == {}


def test_processes_of_others_are_passed_by(taken, tmp_path, monkeypatch):
    (tmp_path / "1").mkdir()  # without the entries this user may not see
    monkeypatch.setattr(ports, "PROC", tmp_path)
    assert ports.owners(taken) == {}


def test_other_errors_are_not_taken_for_a_busy_port():
    assert not ports.in_use(OSError(errno.EACCES, "Permission denied"))

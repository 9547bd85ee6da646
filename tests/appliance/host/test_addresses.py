import os
import socket
from pathlib import Path

import pytest

from appliance.host import addresses


@pytest.fixture
def taken():
    """A port somebody listens on: this process."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_told_from_what_others_can_reach(host):
    assert addresses.is_loopback(host)
    assert not any(addresses.is_loopback(other) for other in ("0.0.0.0", "::", "10.0.0.1", "node"))


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("192.0.2.1", "http://192.0.2.1:1"),
        ("2001:db8::1", "http://[2001:db8::1]:1"),
        ("node", "http://node:1"),
    ],
)
def test_a_server_that_listens_everywhere_is_asked_at_the_loopback_address(host, url):
    assert addresses.local_url(host, 1) == url


@pytest.mark.parametrize(
    ("host", "written"), [("127.0.0.1", "127.0.0.1:6090"), ("::1", "[::1]:6090"), ("node", "node:6090")]
)
def test_an_address_is_written_as_in_a_url(host, written):
    assert addresses.host_port(host, 6090) == written


def test_a_free_port_can_be_listened_on(taken):
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    assert addresses.unusable("127.0.0.1", free) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_taken_port_is_named_with_its_owner(taken, host):
    command = Path("/proc/self/comm").read_text().strip()
    assert addresses.unusable(host, taken) == f"{host}:{taken} is in use by process {os.getpid()} ({command})"


def test_a_port_taken_by_another_user_is_still_named(taken, tmp_path, monkeypatch):
    monkeypatch.setattr(addresses, "PROC", tmp_path)
    assert addresses.unusable("127.0.0.1", taken) == f"127.0.0.1:{taken} is in use by a process of another user"


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_address_of_another_machine_cannot_be_listened_on(host):
    assert f"{host}:6090 cannot be listened on: " in addresses.unusable(host, 6090)


def test_owner_of_a_port_is_found(taken):
    assert addresses.owners(taken) == {os.getpid(): Path("/proc/self/comm").read_text().strip()}


def test_port_nobody_listens_on_has_no_owner(taken):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert addresses.owners(bound.getsockname()[1]) == {}


def test_processes_of_others_are_passed_by(taken, tmp_path, monkeypatch):
    (tmp_path / "1").mkdir()  # without the entries this user may not see
    monkeypatch.setattr(addresses, "PROC", tmp_path)
    assert addresses.owners(taken) == {}

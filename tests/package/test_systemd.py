"""What systemd shows of a node, and its socket unit, on a booted machine."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.package.machine import Machine, debian, machine

CONFIGURATION = "/etc/taos/taosanode.ini"


@pytest.fixture(scope="module")
def booted(packages: Path) -> Iterator[Machine]:
    """A machine whose node runs and logs to the journal."""
    (package,) = packages.glob("taosanode_*.deb")
    with machine("systemd", debian()) as made:
        shutil.copy(package, made.path("/root/node.deb"))
        made.boot()
        made.run("dpkg", "-i", "/root/node.deb")
        made.path(CONFIGURATION).write_text("[uwsgi]\nhttp = 127.0.0.1:6090\n")
        made.run("systemctl", "start", "taosanoded")
        yield made


def test_requests_are_in_the_journal_with_their_fields(booted: Machine) -> None:
    body = '{"schema":[["ts","TIMESTAMP",8],["val","INT",4]],"data":[[1,2,3,4,5,6,7,8,9,10],[5,6,5,6,5,99,5,6,5,6]],'
    body += '"algo":"iqr","wncheck":0}'
    booted.run("curl", "-s", "-d", body, "-H", "Content-Type: application/json", "http://127.0.0.1:6090/anomaly-detect")
    booted.run("journalctl", "--sync")
    told = booted.run("journalctl", "-q", "-u", "taosanoded", "-o", "json", "ALGORITHM=iqr")
    entry = json.loads(told.splitlines()[-1])
    shown = {name: entry[name] for name in ("ENDPOINT", "ROWS", "OUTCOME", "PRIORITY", "_SYSTEMD_UNIT")}
    assert shown == {
        "ENDPOINT": "/anomaly-detect",
        "ROWS": "10",
        "OUTCOME": "ok",
        "PRIORITY": "6",
        "_SYSTEMD_UNIT": "taosanoded.service",
    }
    assert float(entry["MS"]) >= 0


def test_status_tells_what_the_node_does(booted: Machine) -> None:
    assert booted.property("StatusText").startswith("serving ")


def test_the_socket_unit_is_off_and_starts_the_node_when_it_is_on(booted: Machine) -> None:
    assert booted.run("systemctl", "is-enabled", "taosanoded.socket", check=False) == "disabled"
    booted.run("systemctl", "disable", "--now", "taosanoded.service")
    booted.run("systemctl", "enable", "--now", "taosanoded.socket")
    assert booted.property("ActiveState") == "inactive"
    assert '"status":"ready"' in booted.run("curl", "-s", "-m", "60", "http://127.0.0.1:6090/status")
    booted.run("systemctl", "restart", "taosanoded.service")
    assert '"status":"ready"' in booted.run("curl", "-s", "-m", "60", "http://127.0.0.1:6090/status")


def test_removal_takes_the_socket_along(booted: Machine) -> None:
    booted.run("dpkg", "-r", "taosanode")
    assert booted.property("ActiveState", "taosanoded.socket") == "inactive"
    assert "Failed to connect" in booted.run("curl", "-sS", "http://127.0.0.1:6090/status", check=False)

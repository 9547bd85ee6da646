from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from appliance import cli
from appliance.model_servers import unit


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A systemd that does as it is told, and what it was told."""
    told: list[str] = []

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        told.append(" ".join(command[1:]))
        return subprocess.CompletedProcess(command, 0, "loaded\n", "")

    monkeypatch.setattr(unit, "BOOTED", tmp_path)
    monkeypatch.setattr(unit, "_run", run)
    return told


@pytest.mark.parametrize(
    ("command", "done", "said"),
    [
        ("install-service", "enable", "starts with the machine"),
        ("uninstall-service", "disable", "does not start with the machine"),
        ("start-service", "start", "is running"),
        ("stop-service", "stop", "has stopped"),
    ],
)
def test_each_verb_is_one_of_systemctls(
    command: str, done: str, said: str, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["taosanode", command]) == 0
    assert f"{done} taosanoded.service" in asked
    assert capsys.readouterr().err == f"taosanoded.service {said}\n"


def test_what_systemd_refuses_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    refused = subprocess.CompletedProcess((), 1, "", "Access\ndenied")
    monkeypatch.setattr(unit, "of_node", lambda: unit.Unit("taosanoded.service"))
    monkeypatch.setattr(unit, "_run", lambda *command: refused)
    assert cli.main(["taosanode", "install-service"]) == 1
    assert capsys.readouterr().err == "taosanode: taosanoded.service was not enabled: Access denied\n"


def test_without_systemd_there_is_no_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(unit, "BOOTED", tmp_path / "none")
    assert cli.main(["taosanode", "stop-service"]) == 1
    assert "systemd does not run this machine" in capsys.readouterr().err

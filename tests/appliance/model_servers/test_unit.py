"""What is asked of systemd; tests/package/test_models.py has a real one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from appliance.model_servers import unit
from appliance.model_servers.control import ControlError
from appliance.model_servers.unit import Unit, find

UNIT = "taosanode-model@timemoe.service"


class Systemd:
    """Answers for systemctl and journalctl; `refused` commands fail."""

    def __init__(self) -> None:
        self.properties = {"LoadState": "loaded", "ActiveState": "active", "MainPID": "123"}
        self.refused: set[str] = set()
        self.journal = ""
        self.asked: list[str] = []

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        program, verb = command[0], command[1]
        self.asked.append(verb)
        text = self.journal if program == "journalctl" else ""
        if verb == "show":
            text = self.properties[command[3]] + "\n"
        return subprocess.CompletedProcess(command, int(verb in self.refused), text, "no\nreason")


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    made = Systemd()
    monkeypatch.setattr(unit, "BOOTED", tmp_path)
    monkeypatch.setattr(unit, "_run", made.run)
    return made


def test_without_systemd_there_is_no_unit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(unit, "BOOTED", tmp_path / "none")
    assert find("timemoe") is None


@pytest.mark.parametrize(("state", "found"), [("loaded", Unit(UNIT)), ("not-found", None), ("masked", None)])
def test_only_an_installed_unit_counts(systemd: Systemd, state: str, found: Unit | None) -> None:
    systemd.properties["LoadState"] = state
    assert find("timemoe") == found


@pytest.mark.parametrize(
    ("state", "up"),
    [("active", True), ("reloading", True), ("activating", True), ("inactive", False), ("failed", False)],
)
def test_a_unit_that_is_about_to_run_is_up(systemd: Systemd, state: str, up: bool) -> None:
    systemd.properties["ActiveState"] = state
    assert Unit(UNIT).is_up() is up


def test_start_forgets_earlier_failures_and_returns_the_process(systemd: Systemd) -> None:
    assert Unit(UNIT).start() == 123
    assert systemd.asked == ["reset-failed", "start", "show"]


def test_failed_start_gives_the_servers_reason(systemd: Systemd) -> None:
    systemd.refused = {"start"}
    systemd.journal = "a INFO b\nx ERROR appliance: too large\nFailed with result 'exit-code'.\n"
    with pytest.raises(ControlError, match=f"{UNIT} did not start: x ERROR appliance: too large; see journalctl"):
        Unit(UNIT).start()
    systemd.journal = "taosanode: no weights\nbye\n"
    with pytest.raises(ControlError, match="did not start: taosanode: no weights; see"):
        Unit(UNIT).start()


def test_stop_returns_the_process_that_was(systemd: Systemd) -> None:
    assert Unit(UNIT).stop() == 123
    systemd.refused = {"stop"}
    with pytest.raises(ControlError, match=f"{UNIT} was not stopped: no reason"):
        Unit(UNIT).stop()

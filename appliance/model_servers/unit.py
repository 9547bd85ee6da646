"""The node and the model servers as systemd's units: taosanoded.service, taosanode-model@NAME.service.

The package taosanode-tsfm brings the latter.
Whether a unit runs is for systemd to say: it holds no pid file.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from appliance.host.processes import clean_environment
from appliance.model_servers.control import ControlError

BOOTED = Path("/run/systemd/system")
JOURNAL_LINES = "30"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit, as taosanode-model@NAME.service."""

    name: str

    def is_up(self) -> bool:
        """Tell whether it runs, or is about to."""
        return self._property("ActiveState") not in ("inactive", "failed", "")

    def pid(self) -> int:
        """Return its process, 0 for none."""
        text = self._property("MainPID")
        return int(text) if text.isdigit() else 0

    def start(self) -> int:
        """Start it and wait until the server answers; return its process.

        Raises
        ------
        ControlError : it did not start; with the reason that the server gave.
        """
        _systemctl("reset-failed", self.name)  # or systemd refuses after some failures
        done = _systemctl("start", self.name)
        if done.returncode:
            raise ControlError(f"{self.name} did not start: {self._reason()}; see journalctl -u {self.name}")
        return self.pid()

    def stop(self) -> int:
        """Stop it; return the process that it was.

        Raises
        ------
        ControlError
        """
        pid = self.pid()
        self._do("stop", "stopped")
        return pid

    def enable(self) -> None:
        """Have it started with the machine; raises ControlError."""
        self._do("enable", "enabled")

    def disable(self) -> None:
        """Have it not started with the machine; raises ControlError."""
        self._do("disable", "disabled")

    def _do(self, verb: str, done: str) -> None:
        given = _systemctl(verb, self.name)
        if given.returncode:
            raise ControlError(f"{self.name} was not {done}: {' '.join(given.stderr.split())}")

    def _property(self, key: str) -> str:
        return _systemctl("show", "--property", key, "--value", "--", self.name).stdout.strip()

    def _reason(self) -> str:
        """Return the last error in the journal."""
        journal = _run("journalctl", "--unit", self.name, "--output", "cat", "--lines", JOURNAL_LINES, "--no-pager")
        errors = [line for line in journal.stdout.splitlines() if " ERROR " in line or line.startswith("taosanode:")]
        return (errors or ["it gave no reason"])[-1]


def find(server: str) -> Unit | None:
    """Return the unit of a model server; None where systemd does not run the machine, or has no such unit."""
    return _loaded(Unit(f"taosanode-model@{server}.service"))


def of_node() -> Unit | None:
    """Return the unit of the node; None where systemd does not run the machine, or has no such unit."""
    return _loaded(Unit("taosanoded.service"))


def _loaded(unit: Unit) -> Unit | None:
    if not BOOTED.is_dir():
        return None
    return unit if unit._property("LoadState") == "loaded" else None


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    return _run("systemctl", *words)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(os.environ)
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

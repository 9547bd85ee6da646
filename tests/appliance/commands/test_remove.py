"""What `rmtaosanode` finds out before it does anything; tests/package runs it for real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.cli import main
from appliance.commands import remove


def test_program_of_no_package_is_not_removed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rmtaosanode", "-y"]) == 1
    assert "belongs to no installed package" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("manager", "owner", "installed", "command"),
    [
        ("dpkg", "taosanode: /x", {"taosanode"}, "dpkg --purge taosanode"),
        ("dpkg", "taosanode: /x", {"taosanode", "taosanode-tsfm"}, "dpkg --purge taosanode-tsfm taosanode"),
        ("rpm", "taosanode\n", {"taosanode"}, "rpm -e taosanode"),
    ],
)
def test_package_goes_by_the_manager_that_brought_it(
    monkeypatch: pytest.MonkeyPatch, manager: str, owner: str, installed: set[str], command: str
) -> None:
    monkeypatch.setattr(remove.shutil, "which", lambda name: name if name == manager else None)
    monkeypatch.setattr(remove, "_output", lambda _: owner)
    monkeypatch.setattr(remove, "_installed", lambda _, name: name in installed)
    assert remove.package_command(Path("/x")) == command.split()


def test_other_products_are_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remove.shutil, "which", lambda name: name)
    monkeypatch.setattr(remove, "_output", lambda _: "tdengine: /x")
    with pytest.raises(remove.NotInstalled):
        remove.package_command(Path("/x"))


def test_processes_of_the_program_are_found_and_ended(tmp_path: Path) -> None:
    program = tmp_path / "sleep"
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o755)
    with subprocess.Popen([program, "60"]) as running, subprocess.Popen(["/bin/sleep", "60"]) as other:
        assert remove.processes(program) == [running.pid]
        remove.stop(program)
        assert running.wait(30) < 0
        assert other.poll() is None
        other.kill()


def test_own_process_is_spared() -> None:
    assert os.getpid() not in remove.processes(Path(sys.executable))


def test_what_is_kept_is_told_and_not_removed() -> None:
    steps, told = remove.last_steps([Path("/etc/taos/taosanode.ini")], [Path("/var/lib/taos/taosanode/model")])
    assert "rm -rf '/etc/taos/taosanode.ini'" in steps
    assert "/model" not in steps
    assert told == "kept: /var/lib/taos/taosanode/model\nTDengine TDgpt is uninstalled successfully!"

"""What the distributions' own checkers say of the packages."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.package.machine import ROOT


def test_lintian_finds_nothing_that_is_not_overridden(packages: Path) -> None:
    command = ["lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0"]
    (package,) = packages.glob("taosanode_*.deb")
    done = subprocess.run([*command, package], capture_output=True, text=True, timeout=800, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_rpmlint_finds_nothing_that_is_not_filtered(packages: Path) -> None:
    (package,) = packages.glob("taosanode-[0-9]*.rpm")
    command = ["rpmlint", "--strict", "--config", ROOT / "rpm" / "rpmlint.toml", package]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 errors, 0 warnings" in done.stdout

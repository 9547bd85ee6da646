"""What the distributions' own checkers say of the packages."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.package.machine import ROOT


@pytest.mark.parametrize("name", ["taosanode", "taosanode-tsfm"])
def test_lintian_finds_nothing_that_is_not_overridden(packages: Path, name: str) -> None:
    command = ["lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0"]
    (package,) = packages.glob(f"{name}_*.deb")
    done = subprocess.run([*command, package], capture_output=True, text=True, timeout=800, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", ["taosanode", "taosanode-tsfm"])
def test_rpmlint_finds_nothing_that_is_not_filtered(packages: Path, name: str) -> None:
    (package,) = packages.glob(f"{name}-[0-9]*.rpm")
    command = ["rpmlint", "--strict", "--config", ROOT / "rpm" / "rpmlint.toml", package]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 errors, 0 warnings" in done.stdout

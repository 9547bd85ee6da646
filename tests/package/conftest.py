"""The packages under test, and one machine for each package manager, on which the tests of a file run in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.package.machine import ROOT, debian, debian_with_dnf, machine
from tests.package.managers import Apt, Dnf, Manager

BUILD = [ROOT / ".venv-build" / "bin" / "python", ROOT / "packaging" / "build.py"]


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder that `make repo` filled, or the one that PACKAGES names."""
    assert os.geteuid() == 0, "these tests make root file systems and boot them: run them as root"
    dist = ROOT / os.environ.get("PACKAGES", "dist")
    for built in ("apt/*.deb", "yum/*.rpm"):
        assert list(dist.glob(built)), f"nothing to test in {dist}: run `make repo`"
    return dist


@pytest.fixture(scope="session")
def version(packages: Path) -> str:
    """The version under test, such as 0.2.0-1."""
    (package,) = packages.glob("taosanode_*.deb")
    return package.name.split("_")[1]


@pytest.fixture(scope="session")
def next_packages(packages: Path, version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with this version and the next one, whose default configuration is another."""
    folder = tmp_path_factory.mktemp("next")
    numbers = version.split("-")[0].split(".")
    following = ".".join([*numbers[:-1], str(int(numbers[-1]) + 1)])
    configuration = folder / "taosanode.ini"
    default = (ROOT / "packaging" / "taosanode.ini").read_text()
    configuration.write_text(default + "\n; a key of the future\n")
    for package in [*packages.glob("*.deb"), *packages.glob("*.rpm")]:
        shutil.copy(package, folder)
    pack = ["pack", "--fast", "--version", following, "--out", folder, "--configuration", configuration]
    subprocess.run([*BUILD, *pack], check=True, capture_output=True)
    subprocess.run([*BUILD, "repo", "--out", folder], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module", params=["apt", "dnf"])
def manager(request: pytest.FixtureRequest, packages: Path) -> Iterator[Manager]:
    """The package manager of a booted machine that has nothing installed and knows our repository."""
    kind, base = (Apt, debian()) if request.param == "apt" else (Dnf, debian_with_dnf())
    with machine(f"{request.param}-{re.sub(r'[^a-z]', '', request.module.__name__.split('.')[-1])}", base) as made:
        made.boot()
        found = kind(made)
        found.offer(packages)
        yield found

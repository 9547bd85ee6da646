"""What the packages hold: the declared glibc suffices for all of it, and the bill of materials is one."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from pathlib import Path

import changelog
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.package.machine import ROOT
from tests.package.managers import glibc_declared

ELF = b"\x7fELF"
GLIBC = re.compile(r"(lib(c|m|dl|pthread|rt|util)|ld-linux.*)\.so")


@pytest.fixture(scope="session")
def unpacked(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (package,) = packages.glob("taosanode_*.deb")
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
    return folder


def binaries(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and begins(path, ELF)]


def begins(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def test_declared_glibc_is_what_the_binaries_need(packages: Path, unpacked: Path) -> None:
    declared = glibc_declared(packages)
    asked: dict[str, int] = {}
    for path in binaries(unpacked):
        command = ["readelf", "--version-info", "--wide", path]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        asked[path.name] = max([int(minor) for minor in re.findall(r"Name: GLIBC_2\.(\d+)", told)], default=0)
    assert "taosanode" in asked
    newest = max(asked.values())
    assert newest == declared, [name for name, minor in asked.items() if minor == newest]


def test_nothing_tells_where_it_was_built(unpacked: Path) -> None:
    files = [path for path in unpacked.rglob("*") if path.is_file() and "jitcache" not in path.parts]
    assert [path.name for path in files if os.fsencode(ROOT) in path.read_bytes()] == []


def test_pages_and_manual_of_the_algorithms_are_there(unpacked: Path) -> None:
    share = unpacked / "usr" / "share"
    manual = gzip.decompress((share / "man" / "man7" / "taosanode-algorithms.7.gz").read_bytes()).decode()
    assert ".SS ksigma" in manual
    docs = share / "doc" / "taosanode" / "docs"
    assert (docs / "algorithms.md").read_text() == (ROOT / "docs" / "algorithms.md").read_text()
    assert (docs / "data" / "pumps.csv").is_file()


def test_every_library_is_bundled_or_of_glibc(unpacked: Path) -> None:
    files = binaries(unpacked)
    there = {path.name for path in files} | {path.name for path in unpacked.rglob("*.so*")}
    for path in files:
        told = subprocess.run(["readelf", "--dynamic", "--wide", path], capture_output=True, text=True, check=True)
        needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", told.stdout))
        missing = {name for name in needed - there if not GLIBC.match(name)}
        assert not missing, path.name


def test_bill_of_materials_is_valid_and_names_the_parts(packages: Path) -> None:
    (bill,) = packages.glob("taosanode-[0-9]*.cdx.json")
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(bill.read_text()) is None
    listed = json.loads(bill.read_text())["components"]
    assert {"python", "numpy", "llvmlite", "openssl", "uplot", "zlib"} <= {component["name"] for component in listed}
    inner = {part["name"] for component in listed for part in component.get("components", [])}
    assert {"llvm", "openblas"} <= inner
    assert all(component["version"] and component["licenses"] for component in listed)


@pytest.mark.parametrize("name", ["taosanode", "taosanode-tsfm"])
def test_both_packages_quote_the_changelog(packages: Path, name: str, tmp_path: Path) -> None:
    (deb,), (rpm,) = packages.glob(f"{name}_*.deb"), packages.glob(f"{name}-[0-9]*.rpm")
    subprocess.run(["dpkg-deb", "--extract", deb, tmp_path], check=True)
    folder = tmp_path / "usr/share/doc" / name
    told = gzip.decompress((folder / "changelog.Debian.gz").read_bytes()).decode()
    asked = subprocess.run(["rpm", "-q", "--changelog", "--package", rpm], capture_output=True, text=True, check=True)
    history = (ROOT / "CHANGELOG.md").read_text()
    assert gzip.decompress((folder / "changelog.gz").read_bytes()).decode() == history
    for release in changelog.releases(history):
        assert f"{name} ({release.version}-1) stable" in told
        assert f" - {release.version}-1\n" in asked.stdout
        for change in release.changes:
            assert f"\n  * {change}\n" in told
            assert f"\n- {change}\n" in asked.stdout

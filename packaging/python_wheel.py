"""Builds the wheel: one package `taosanode`, for a user's own Python, with everything else inside it.

The tree's packages are called `kernels`, `models` and `appliance`, as packages of a user's own may well be. In the
wheel they are `taosanode.kernels` and so on: the sources are copied, and what names them is changed on the way.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
STAGE = ROOT / "build" / "wheel"
INSIDE = ("kernels", "models", "appliance")
ALTERNATIVES = "|".join(INSIDE)
MOVES = (
    (re.compile(rf"^(\s*)from ({ALTERNATIVES})(?=[. ])", re.M), r"\1from taosanode.\2"),
    (re.compile(rf"^(\s*)import ({ALTERNATIVES})$", re.M), r"\1from taosanode import \2"),
    (re.compile(rf"""(["'])({ALTERNATIVES})\."""), r"\1taosanode.\2."),
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


def main() -> None:
    """Stage the sources and build the wheel into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    stage(STAGE)
    answers = STAGE / "taosanode" / "appliance" / "analysis" / "answers.json"
    subprocess.run([sys.executable, "-m", "appliance", "selftest", "--record", answers], check=True, cwd=ROOT)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", given.out, STAGE], check=True)


def stage(folder: Path) -> None:
    """Make a source tree of one package."""
    shutil.rmtree(folder, ignore_errors=True)
    package = folder / "taosanode"
    shutil.copytree(ROOT / "taosanode", package, ignore=LEFT_OUT)
    for name in INSIDE:
        shutil.copytree(ROOT / name, package / name, ignore=LEFT_OUT)
    for source in package.rglob("*.py"):
        source.write_text(moved(source.read_text()))
    (package / "py.typed").touch()
    for name in ("README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    (folder / "pyproject.toml").write_text(project((ROOT / "pyproject.toml").read_text()))


def moved(source: str) -> str:
    """Return a source with what it imports, and names in strings, found inside `taosanode`."""
    for what, becomes in MOVES:
        source = what.sub(becomes, source)
    return source


def project(text: str) -> str:
    """Return pyproject.toml for the one package."""
    text = text[: text.index("[tool.ruff]")]
    text = re.sub(r'include = \["appliance\*".*\]', 'include = ["taosanode*"]', text)
    text = text.replace('"appliance.cli:', '"taosanode.appliance.cli:')
    text = re.sub(rf'^"({ALTERNATIVES})\.', r'"taosanode.\1.', text, flags=re.M)
    return text.replace("[tool.setuptools.package-data]", '[tool.setuptools.package-data]\ntaosanode = ["py.typed"]')


if __name__ == "__main__":
    main()

"""Makes what the package taosanode-tsfm installs: torch as locked, without what no forecast and no training needs.

The frozen program puts the folder on its path where it needs torch. It finds the interpreter's library, numpy and the
C++ library within itself, so none of them is here.
"""

from __future__ import annotations

import compileall
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "packaging" / "lock" / "torch.txt"
INSTALLED = "/usr/local/taos/taosanode/tsfm"
NEVER_USED = (
    "bin",
    "share",
    "isympy.py",
    "*/include",
    "*/share",
    "torch/test",
    "torch/testing/_internal/py312_intrinsics.py",  # in the syntax of another Python
    "torch/bin/[!t]*",  # what stays is torch_shm_manager, whose presence torch checks
    "torch/bin/test_*",
    "torch/lib/lib*test.so",
    "torch/lib/libaoti_custom_ops.so",
    "torch/lib/libbackend_with_compiler.so",
    "torch/lib/libshm*/",
    "sympy/**/tests",
    "sympy/**/benchmarks",
    "mpmath/tests",
    "**/*.pyi",
    "**/*.h",
    "**/*.cpp",
)


class NotTheRightTorch(Exception):
    """What the lock's names were resolved to is no build for processors."""


def make(target: Path) -> Path:
    """Make the tree: links to one made earlier of the same lock, by the same interpreter and the same rules, if any.

    Returns
    -------
    The folder that also holds what the libraries say of themselves, licences among it.

    Raises
    ------
    NotTheRightTorch
    """
    rules = hashlib.sha256(sys.version.encode() + LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    made = ROOT / ".cache" / "torch" / rules
    if not made.exists():
        unfinished = made.with_suffix(".unfinished")
        shutil.rmtree(made.parent, ignore_errors=True)
        _install(unfinished)
        _prune(unfinished)
        _compile(unfinished)
        for path in unfinished.rglob("*"):
            path.chmod(0o755 if path.is_dir() or path.name == "torch_shm_manager" else 0o644)
        unfinished.rename(made)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(made, target, copy_function=os.link, ignore=shutil.ignore_patterns("*.dist-info"))
    return made


def _install(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    what = ["--no-deps", "--no-compile", "--only-binary", ":all:", "--target", folder, "-r", LOCK]
    subprocess.run([*pip, *what], check=True)
    if list(folder.glob("torch/lib/*cuda*")):
        raise NotTheRightTorch("the registry has a torch for GPUs only: name one with builds for processors to pip")


def _prune(folder: Path) -> None:
    for pattern in NEVER_USED:
        for path in folder.glob(pattern):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    libraries = [path for path in folder.rglob("*.so*") if not path.is_symlink()]
    subprocess.run(["strip", "--strip-unneeded", *libraries, folder / "torch/bin/torch_shm_manager"], check=True)


def _compile(folder: Path) -> None:
    """Compile everything; nobody can write there later, so nothing is ever compared with its source again."""
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    done = compileall.compile_dir(
        folder, quiet=1, stripdir=str(folder), prependdir=INSTALLED, invalidation_mode=unchecked, workers=0
    )
    if not done:
        raise RuntimeError("some of torch's files cannot be compiled, see above")

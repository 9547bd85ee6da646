"""Compile every kernel and keep the result beside the program. The package build runs this; nobody else needs to."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: it has none."""


def run(given: argparse.Namespace) -> int:
    """Compile what is not in the cache yet, a process on each processor."""
    import multiprocessing
    import os

    from kernels import _jit

    _jit.cache_writable = True
    before = _written(_jit.CACHE_DIR)
    processes = len(os.sched_getaffinity(0))
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        counts = pool.map(_import_all, [part / processes for part in range(processes)], chunksize=1)
    compiled = _written(_jit.CACHE_DIR) - before
    sys.stderr.write(f"{len(compiled)} of {counts[0]} kernels compiled into {_jit.CACHE_DIR}\n")
    return 0


def _import_all(start: float) -> int:
    """Import everything that holds kernels, beginning at a share of the list; return the number of kernels.

    Importing compiles what the cache lacks. The processes begin at different places, so each finds compiled what the
    others have reached first; numba replaces its files as wholes.
    """
    import importlib
    import pkgutil

    import kernels
    from kernels import _jit, registry

    modules = [info.name for info in pkgutil.walk_packages(kernels.__path__, "kernels.")]
    first = int(start * len(modules))
    for name in modules[first:] + modules[:first]:
        importlib.import_module(name)
    registry.discover()
    return _jit.count()


def _written(folder: Path) -> set[tuple[str, int]]:
    """Return numba's index of each compiled kernel, with the time of its writing."""
    return {(path.name, path.stat().st_mtime_ns) for path in folder.glob("*.nbi")}

"""Compile every kernel and keep the result beside the program. The package build runs this; nobody else needs to."""

from __future__ import annotations

import argparse
import sys


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: it has none."""


def run(given: argparse.Namespace) -> int:
    """Import everything that holds kernels, which compiles what is not in the cache yet."""
    import importlib
    import pkgutil

    import kernels
    from kernels import _jit, registry

    _jit.cache_writable = True
    for info in pkgutil.walk_packages(kernels.__path__, "kernels."):
        importlib.import_module(info.name)
    registry.discover()
    sys.stderr.write(f"{len(_jit.compiled_now())} of {_jit.count()} kernels compiled into {_jit.CACHE_DIR}\n")
    return 0

"""Finds the algorithms: every public module of a package of one kind that ends in ``ALGORITHM = ...``.

There is no list to edit. Works frozen too: `pkgutil` sees archived modules when the build collects them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import kernels
from kernels.contract import Algorithm

SHARED = ("numerics",)  # packages of what several algorithms are made of


def packages() -> tuple[str, ...]:
    """Return the names of the packages of algorithms."""
    found = sorted(info.name for info in pkgutil.iter_modules(kernels.__path__) if info.ispkg)
    return tuple(f"kernels.{name}" for name in found if name not in SHARED)


def modules(package: str) -> Iterator[ModuleType]:
    """Import and yield the public modules of a package in name order; a broken one raises."""
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda info: info.name):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"{package}.{info.name}")


def discover(*names: str) -> list[Algorithm]:
    """Return every algorithm of these packages, of all there are without a name.

    Raises
    ------
    TypeError : a module without a proper ``ALGORITHM``, or two algorithms of one kind and name.
    """
    found: dict[tuple[str, str], Algorithm] = {}
    for package in names or packages():
        for module in modules(package):
            algorithm = getattr(module, "ALGORITHM", None)
            if not isinstance(algorithm, Algorithm):
                raise TypeError(f"{module.__name__} has no ALGORITHM = Algorithm(...)")
            key = (algorithm.kind, algorithm.name)
            if key in found:
                raise TypeError(f"{module.__name__}: an algorithm named {algorithm.name} exists already")
            found[key] = algorithm
    return list(found.values())

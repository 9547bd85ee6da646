"""Finds the algorithms: every public module of a package that ends in ``ALGORITHM = ...``.

There is no list to edit. Works frozen too: `pkgutil` sees archived modules when the build collects them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

from kernels.contract import Algorithm, Detector, Forecaster

PACKAGES = ("kernels.anomaly", "kernels.forecast")


def modules(package: str) -> Iterator[ModuleType]:
    """Import and yield the public modules of a package in name order; a broken one raises."""
    root = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(root.__path__), key=lambda info: info.name):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"{package}.{info.name}")


def discover(packages: tuple[str, ...] = PACKAGES) -> dict[str, Algorithm]:
    """Return every algorithm by name.

    Raises
    ------
    TypeError : a module without a proper ``ALGORITHM``, or two algorithms of one name.
    """
    found: dict[str, Algorithm] = {}
    for package in packages:
        for module in modules(package):
            algorithm = getattr(module, "ALGORITHM", None)
            if not isinstance(algorithm, (Detector, Forecaster)):
                raise TypeError(f"{module.__name__} has no ALGORITHM = Detector(...) or Forecaster(...)")
            if algorithm.name in found:
                raise TypeError(f"{module.__name__}: an algorithm named {algorithm.name} exists already")
            found[algorithm.name] = algorithm
    return found

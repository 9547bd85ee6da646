"""Finds the algorithms: every public module of a package of one kind that ends in ``ALGORITHM = ...``.

Those that learn beforehand have a module ``_NAME_trained`` that ends in ``LEARNER = ...``, imported when asked for.
There is no list to edit. Works frozen too: `pkgutil` sees archived modules when the build collects them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType

import kernels
from kernels.contract import Algorithm
from kernels.trained import Learner

TRAINED = "_trained"  # the end of the names of modules of learners
SHARED = ("numerics",)  # packages of what several algorithms are made of


def packages() -> tuple[str, ...]:
    """Return the names of the packages of algorithms."""
    found = sorted(info.name for info in pkgutil.iter_modules(kernels.__path__) if info.ispkg)
    return tuple(f"kernels.{name}" for name in found if name not in SHARED)


def names(package: str) -> list[str]:
    """Return the names of the algorithms of a package in order, which are those of its public modules; imports none."""
    root = importlib.import_module(package)
    return sorted(info.name for info in pkgutil.iter_modules(root.__path__) if not info.name.startswith("_"))


def modules(package: str) -> Iterator[ModuleType]:
    """Import and yield the public modules of a package in name order; a broken one raises."""
    for name in names(package):
        yield importlib.import_module(f"{package}.{name}")


def discover(*chosen: str) -> list[Algorithm]:
    """Return every algorithm of the chosen packages, of all there are without a name.

    Raises
    ------
    TypeError : a module without a proper ``ALGORITHM``, or two algorithms of one kind and name.
    """
    found: dict[tuple[str, str], Algorithm] = {}
    for package in chosen or packages():
        for module in modules(package):
            algorithm = getattr(module, "ALGORITHM", None)
            if not isinstance(algorithm, Algorithm):
                raise TypeError(f"{module.__name__} has no ALGORITHM = Algorithm(...)")
            key = (algorithm.kind, algorithm.name)
            if key in found:
                raise TypeError(f"{module.__name__}: an algorithm named {algorithm.name} exists already")
            found[key] = algorithm
    return list(found.values())


@cache
def learners() -> Mapping[str, str]:
    """Return the names of the algorithms that learn beforehand, and of the modules that say how; imports none."""
    return {
        info.name.removeprefix("_").removesuffix(TRAINED): f"{package}.{info.name}"
        for package in packages()
        for info in pkgutil.iter_modules(importlib.import_module(package).__path__)
        if info.name.startswith("_") and info.name.endswith(TRAINED)
    }


def learner(name: str) -> Learner:
    """Return how an algorithm learns, one of `learners`."""
    found = importlib.import_module(learners()[name]).LEARNER
    assert isinstance(found, Learner)
    return found

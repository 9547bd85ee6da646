"""Finds the algorithms: every public module of a package of one kind is called like the ``ALGORITHM = ...`` it ends in.

Those that learn beforehand have a module ``_NAME_trained`` that ends in ``LEARNER = ...``, imported when asked for.
There is no list to edit, and the names are known before anything is imported. Works frozen too: `pkgutil` sees
archived modules when the build collects them.
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
    """Return the names of the public modules of a package, in order; none of them is imported."""
    root = importlib.import_module(package)
    return sorted(info.name for info in pkgutil.iter_modules(root.__path__) if not info.name.startswith("_"))


def modules(package: str) -> Iterator[ModuleType]:
    """Import and yield the public modules of a package in name order; a broken one raises."""
    for name in names(package):
        yield module(package, name)


def module(package: str, name: str) -> ModuleType:
    """Import and return one module of a package."""
    return importlib.import_module(f"{package}.{name}")


def algorithm(package: str, name: str) -> Algorithm:
    """Import one algorithm.

    Raises
    ------
    TypeError : a module without a proper ``ALGORITHM``, or with one of another name.
    """
    found = getattr(module(package, name), "ALGORITHM", None)
    if not isinstance(found, Algorithm):
        raise TypeError(f"{package}.{name} has no ALGORITHM = Algorithm(...)")
    if found.name != name:
        raise TypeError(f"{package}.{name} has an algorithm named {found.name}: the file must be called like it")
    return found


def discover(*names_of_packages: str) -> list[Algorithm]:
    """Return every algorithm of these packages, of all there are without a name.

    Raises
    ------
    TypeError : what `algorithm` raises, or two algorithms of one kind and name.
    """
    found: dict[tuple[str, str], Algorithm] = {}
    for package in names_of_packages or packages():
        for name in names(package):
            one = algorithm(package, name)
            if (one.kind, name) in found:
                raise TypeError(f"{package}.{name}: an algorithm named {name} exists already")
            found[one.kind, name] = one
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

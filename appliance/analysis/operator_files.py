"""Loads the operator's own algorithms: every public ``*.py`` of one folder, and of its subfolders `ad` and `fc`.

A file is either in our own form, ending in ``ALGORITHM = Detector(...)`` or ``Forecaster(...)``, or holds plug-in
classes: named ``_...Service`` and derived from one of the two bases of `taosanalytics_compat`. A file that cannot be
used is left out and reported; it never takes the node down.
"""

from __future__ import annotations

import inspect
import logging
import re
import sys
import traceback
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType

from appliance.analysis import plugin_classes, taosanalytics_compat
from appliance.host.setting_values import ALGORITHM_NAME
from appliance.host.settings import Settings
from kernels import _jit
from kernels.contract import Algorithm, Detector, Forecaster

log = logging.getLogger(__name__)

PACKAGE = "operator_algorithms"  # kernels._jit keeps compiled kernels of modules below this name
SUBFOLDERS = ("", "ad", "fc")
BASES = (taosanalytics_compat.AbstractAnomalyDetectionService, taosanalytics_compat.AbstractForecastService)
PLUGIN_CLASS = re.compile(r"_.*Service")


class NotUsable(Exception):
    """A file that runs, but offers no algorithm the node could announce."""


def load(
    folder: Path, taken: Collection[str] = (), settings: Settings | None = None
) -> tuple[dict[str, Algorithm], dict[str, str]]:
    """Return the algorithms of a folder by name, and for each file that could not be used its traceback.

    Parameters
    ----------
    taken : names that exist already; a file that offers one of them is not used.
    settings : what plug-ins see of the node's configuration.
    """
    found: dict[str, Algorithm] = {}
    broken: dict[str, str] = {}
    _start_afresh(folder, settings or Settings())
    for path in _files(folder):
        try:
            algorithms = _algorithms(_module(path, folder))
            for algorithm in algorithms:
                _check_name(algorithm.name, {*taken, *found})
        except (Exception, SystemExit):
            broken[str(path)] = traceback.format_exc()
            log.error("operator's algorithm left out: %s\n%s", path, broken[str(path)])
            continue
        found.update({algorithm.name: algorithm for algorithm in algorithms})
    return found, broken


def _start_afresh(folder: Path, settings: Settings) -> None:
    """Forget what an earlier load imported: its files may have changed since."""
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    package = ModuleType(PACKAGE, "The operator's own algorithms.")
    package.__path__ = [str(folder)]  # so that one file can import from another
    sys.modules[PACKAGE] = package
    taosanalytics_compat.install(settings)
    _jit.forget_sources()


def _files(folder: Path) -> Iterator[Path]:
    for subfolder in SUBFOLDERS:
        for path in sorted((folder / subfolder).glob("*.py")):
            if not path.name.startswith("_"):
                yield path


def _module(path: Path, folder: Path) -> ModuleType:
    """Run one file as a module. No bytecode is kept: the folder may be read-only, and a file may be just replaced."""
    name = ".".join((PACKAGE, *path.relative_to(folder).with_suffix("").parts))
    module = ModuleType(name)
    module.__file__ = str(path)
    module.__package__ = name.rpartition(".")[0]
    sys.modules[name] = module
    try:
        exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _algorithms(module: ModuleType) -> list[Algorithm]:
    """Return what one file offers."""
    own = getattr(module, "ALGORITHM", None)
    if isinstance(own, (Detector, Forecaster)):
        return [plugin_classes.guarded(own)]
    plugins = [
        plugin
        for name, plugin in vars(module).items()
        if PLUGIN_CLASS.fullmatch(name)
        and inspect.isclass(plugin)
        and issubclass(plugin, BASES)
        and plugin.__module__ == module.__name__
        and not inspect.isabstract(plugin)
    ]
    if not plugins:
        raise NotUsable(
            "the file has neither ALGORITHM = Detector(...) or Forecaster(...) nor a class _...Service with an execute "
            "method, derived from AbstractAnomalyDetectionService or AbstractForecastService"
        )
    return [plugin_classes.wrap(plugin) for plugin in plugins]


def _check_name(name: object, taken: Collection[str]) -> None:
    if not isinstance(name, str) or not ALGORITHM_NAME.fullmatch(name):
        raise NotUsable(f"name must be 1 to 63 lower-case letters, digits, _ . or -, got {name!r}")
    if name in taken:
        raise NotUsable(f"an algorithm named {name} exists already")

"""Loads the operator's own algorithms: every public ``*.py`` of one folder, and of the subfolders of each kind.

A file is either in our own form, ending in ``ALGORITHM = Algorithm(...)``, or holds plug-in classes: named
``_...Service`` and derived from a base of `taosanalytics_compat`. A file that cannot be used is left out and reported;
it never takes the node down.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import logging
import re
import signal
import sys
import threading
import traceback
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

from appliance.analysis import plugin_classes, taosanalytics_compat
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import BY_TYPE, KINDS
from appliance.host.setting_values import ALGORITHM_NAME
from appliance.host.settings import Settings
from kernels import _jit
from kernels.contract import Algorithm
from kernels.options import defaults

log = logging.getLogger(__name__)

PACKAGE = "operator_algorithms"  # kernels._jit keeps compiled kernels of modules below this name
SITE = "site"  # beside the folder: further packages for these files, as pip install --target puts them
LOAD_S = 60.0  # for one file
PLUGIN_CLASS = re.compile(r"_.*Service")
BASES = {kind.plugin: kind for kind in KINDS if kind.plugin}


class NotUsable(Exception):
    """A file that runs, but offers no algorithm the node could announce."""


class Own(NamedTuple):
    """An algorithm of the operator's as it was written, and the file it is in; see `plugin_classes.guarded`."""

    algorithm: Algorithm
    kind: Kind[Any]
    path: Path


def load(
    folder: Path, taken: Iterable[tuple[str, str]] = (), settings: Settings | None = None
) -> tuple[list[Own], dict[str, str]]:
    """Return the algorithms of a folder, and for each file that could not be used its traceback.

    What a file prints goes to standard error, since standard output may be the result of a command.

    Parameters
    ----------
    taken : kinds and names of what exists already; a file that offers one of these is not used.
    settings : what plug-ins see of the node's configuration.
    """
    found: list[Own] = []
    broken: dict[str, str] = {}
    names = set(taken)
    _start_afresh(folder, settings or Settings())
    for path in _files(folder):
        try:
            with contextlib.redirect_stdout(sys.stderr), _in_time():
                algorithms = [Own(*one, path) for one in _algorithms(_module(path, folder))]
            for one in algorithms:
                _check(one.algorithm, names)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            broken[str(path)] = _reason(error, folder)
            log.error("operator's algorithm left out: %s\n%s", path, broken[str(path)])
            continue
        found += algorithms
        names |= {(one.algorithm.kind, one.algorithm.name) for one in algorithms}
    return found, broken


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    """End what does not end by itself, where signals can: the master's only thread must come back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: object) -> NoReturn:
        raise NotUsable(f"it has not been loaded within {LOAD_S:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LOAD_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


def _reason(error: BaseException, folder: Path) -> str:
    """Return a traceback of the author's own lines; the error alone if it is none of theirs."""
    told = traceback.TracebackException.from_exception(error)
    own = [frame for frame in told.stack if Path(frame.filename).is_relative_to(folder)]
    told.stack = traceback.StackSummary.from_list(own)
    return "".join(told.format() if own else told.format_exception_only())


def _start_afresh(folder: Path, settings: Settings) -> None:
    """Forget what an earlier load imported: its files may have changed since."""
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    package = ModuleType(PACKAGE, "The operator's own algorithms.")
    package.__path__ = [str(folder)]  # so that one file can import from another
    sys.modules[PACKAGE] = package
    extra = str(folder.parent / SITE)
    if extra not in sys.path:
        sys.path.append(extra)  # the last: what the node brings is not replaced
    importlib.invalidate_caches()  # it may have been filled since
    taosanalytics_compat.install(settings)
    _jit.forget_sources()


def _files(folder: Path) -> Iterator[Path]:
    for subfolder in ("", *sorted(kind.folder for kind in KINDS if kind.folder)):
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


def _algorithms(module: ModuleType) -> list[tuple[Algorithm, Kind[Any]]]:
    """Return what one file offers."""
    own = getattr(module, "ALGORITHM", None)
    if isinstance(own, Algorithm):
        if own.kind not in BY_TYPE:
            raise NotUsable(f"kind must be one of {', '.join(BY_TYPE)}, got {own.kind!r}")
        return [(own, BY_TYPE[own.kind])]
    plugins = list(_plugins(module))
    if not plugins:
        raise NotUsable(
            "the file has neither ALGORITHM = Algorithm(...) nor a class _...Service with an execute method, derived "
            f"from {' or '.join(base.__name__ for base in BASES)}"
        )
    return [(plugin_classes.wrap(plugin, kind), kind) for plugin, kind in plugins]


def _plugins(module: ModuleType) -> Iterator[tuple[type[Any], Kind[Any]]]:
    """Yield the plug-in classes that are written in a file, with their kinds."""
    for name, plugin in vars(module).items():
        if not PLUGIN_CLASS.fullmatch(name) or not inspect.isclass(plugin) or plugin.__module__ != module.__name__:
            continue
        kind = next((kind for base, kind in BASES.items() if issubclass(plugin, base)), None)
        if kind is not None and not inspect.isabstract(plugin):
            yield plugin, kind


def _check(algorithm: Algorithm, taken: Collection[tuple[str, str]]) -> None:
    """Refuse what `/list` could not tell."""
    name: object = algorithm.name
    if not isinstance(name, str) or not ALGORITHM_NAME.fullmatch(name):
        raise NotUsable(f"name must be 1 to 63 lower-case letters, digits, _ . or -, got {name!r}")
    if (algorithm.kind, name) in taken:
        raise NotUsable(f"an algorithm named {name} exists already")
    if not isinstance(algorithm.desc, str):
        raise NotUsable(f"desc must be text, got {algorithm.desc!r}")
    shown = defaults(algorithm)
    try:
        json.dumps({algorithm.desc: shown}, allow_nan=False)
        fine = all(isinstance(key, str) for key in shown)
    except (TypeError, ValueError) as error:
        raise NotUsable(f"the defaults of the options cannot be listed: {error}") from error
    if not fine:
        raise NotUsable(f"the defaults of the options must have names as their keys, got {list(shown)!r}")

"""The only place where numba's options are chosen, and where compiled kernels are kept.

Kernels have explicit signatures, so they are compiled (or loaded from the cache) when their module is imported
and refuse any other layout: no request ever pays for a compile. What was compiled is kept beside the sources,
in a folder of the user for the wheel, or, in a frozen build, read-only beside the executable.

Two of numba's defaults do not suit us, so we bring our own cache locator:
a kernel is stale when any *imported* kernel source changes, not only its own file; and a read-only or missing
cache must mean "compile in memory", never an error.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import llvmlite.binding as llvm
import numba
from numba.core import caching, codegen

P = ParamSpec("P")
R = TypeVar("R")

FROZEN = getattr(sys, "frozen", False)
OURS = ("kernels.", "models.", "operator_algorithms.")
# Of text without comments: to parse the sources took a seventh of the time in which a command starts.
IMPORT = re.compile(rf"\bfrom\s+({__package__}(?:\.\w+)*)\s+import\b\s*(\([^)]*\)|.*)")


def _cache_dir() -> Path:
    """Return where compiled kernels are kept: by the program, by the user of the wheel, or in the source tree."""
    if FROZEN:
        return Path(sys._MEIPASS).parent / "jitcache"  # type: ignore[attr-defined]  # set by PyInstaller
    if __name__.startswith("taosanode."):
        users = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(users) / "taosanode" / "kernels"
    return Path(__file__).parent.parent / ".cache" / "kernels"


CACHE_DIR = _cache_dir()


def _may_write() -> bool:
    try:
        CACHE_DIR.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(CACHE_DIR, os.W_OK)


# A frozen node only reads its cache; the package build flips this while it fills it.
cache_writable = not FROZEN and _may_write()

_kernels: list[Any] = []


def kernel(signature: str | list[str] | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function for the given signature(s) now, without the GIL and with exact IEEE arithmetic.

    No fastmath and no parallel loops: answers must match their reference, NaN must stay NaN, and a forked worker
    dies if OpenMP ran in its parent.

    Without a signature: a part of other kernels, compiled with the first kernel that calls it and never called from
    Python (that would compile during a request). Define callees above their callers: a signature compiles at once.
    """

    def compile_now(function: Callable[P, R]) -> Callable[P, R]:
        compiled: Callable[P, R] = numba.njit(signature, nogil=True, cache=True)(function)
        _kernels.append(compiled)
        return compiled

    return compile_now


def compiled_now() -> list[str]:
    """Return the names of the kernels that were compiled in this process instead of loaded from the cache."""
    return [k.__name__ for k in _kernels if hasattr(k, "stats") and sum(k.stats.cache_misses.values())]


def count() -> int:
    """Return the number of kernels imported so far."""
    return len(_kernels)


def _cpu_level() -> str | None:
    """Name the processor to compile for; numpy needs it too, so one cache serves every machine that can run the node.

    One level is shipped because x86-64-v3 pays little: without fastmath its wider registers go unused. CPU time, v2 to
    v3, best of many: arima (1000 points) 227 to 188-203 ms, shesd (4000) 3.62 to 3.65-3.68, holtwinters (20,000)
    1.78 to 1.80-1.81, grubbs, iqr, ksigma (2000) 4 to 6 % less, but lof (2000) 0.215 to 0.265.
    """
    return "x86-64-v2" if platform.machine() == "x86_64" else None


@cache
def _stamp(path: str) -> str:
    """Hash a kernel source file together with every kernel source it depends on."""
    digest = hashlib.sha256()
    for source in sources(path):
        digest.update(_read(source))
    return digest.hexdigest()


def sources(path: str) -> list[str]:
    """Return a kernel source file and every `kernels` module it imports, directly or not."""
    found, queue = [], [path]
    while queue:
        source = queue.pop()
        if source not in found:
            found.append(source)
            queue += _imported(source)
    return found


@cache
def _read(path: str) -> bytes:
    return Path(path).read_bytes()


@cache
def _imported(path: str) -> list[str]:
    text = re.sub(r"#.*|\\\r?\n", " ", _read(path).decode(errors="replace"))
    found = []
    for module, imported in IMPORT.findall(text):
        origins = map(_find_spec, (module, *(f"{module}.{name}" for name in re.findall(r"\w+", imported))))
        found += [origin for origin in origins if origin and origin.endswith(".py")]
    return found


def forget_sources() -> None:
    """Look at kernel sources anew: files of the operator's may have changed since they were last loaded."""
    for remembered in (_stamp, _read, _imported):
        remembered.cache_clear()


def _find_spec(name: str) -> str | None:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # the name of a function, not of a module
        return None
    return spec.origin if spec else None


class Locator(caching._CacheLocator):  # type: ignore[misc]  # numba is not typed
    """Tells numba where a kernel's compiled form lies and when it is stale."""

    def __init__(self, function: Callable[..., Any], path: str) -> None:
        self._function, self._path = function, path

    def get_cache_path(self) -> str:
        """Return the folder of all compiled kernels."""
        return str(CACHE_DIR)

    def ensure_cache_path(self) -> None:
        """Make that folder; numba calls this only before it writes."""
        CACHE_DIR.mkdir(parents=True, exist_ok=True)

    def get_source_stamp(self) -> str:
        """Return what must be unchanged for a compiled kernel to be used; a frozen program never changes.

        There our own kernels name a source relative to the program's archive, not to the folder it runs in.
        """
        return "frozen" if FROZEN and not os.path.isabs(self._path) else _stamp(self._path)

    def get_disambiguator(self) -> str:
        """Tell two functions of one name and file apart."""
        return f"{self._function.__module__}-{self._function.__code__.co_firstlineno}"

    @classmethod
    def from_function(cls, function: Callable[..., Any], path: str) -> Locator | None:
        """Accept our own functions, archived in a frozen build or not; other libraries keep numba's locators."""
        return cls(function, path) if function.__module__.startswith(OURS) else None


class Library(codegen.JITCodeLibrary):  # type: ignore[misc]  # numba is not typed
    """Compiled code that reads its own bitcode only when another kernel is compiled against it.

    Numba parses the bitcode of all that it loads and lists its symbols: half of the time to load our kernels and 38 MB.
    Only an operator's own kernels, compiled later, ever link against ours.
    """

    _code: bytes = b""
    _bitcode: bytes | None = None
    _module: Any = None

    def get_pointer_to_function(self, name: str) -> Any:
        """Return the address of a function, 0 if this code has none of that name."""
        if name.encode() + b"\0" in self._code:  # its table of symbols
            return self._codegen._engine.get_function_address(name)
        return super().get_pointer_to_function(name)

    @property
    def _shared_module(self) -> Any:
        if self._module is None and self._bitcode is not None:
            self._module = llvm.parse_bitcode(self._bitcode)
            self._codegen._engine._load_defined_symbols(self._module)
        return self._module

    @_shared_module.setter
    def _shared_module(self, module: Any) -> None:
        self._module = module

    @classmethod
    def _unserialize(cls, owner: Any, state: tuple[str, str, Any]) -> Any:
        name, kind, data = state
        if kind != "object":
            return super()._unserialize(owner, state)
        library = owner.create_library(name)
        library.enable_object_caching()
        library._code, library._bitcode = data
        library._set_compiled_object(library._code)
        library._finalize_final_module()
        return library


def _writable_only(wrapped: Callable[..., bool]) -> Callable[..., bool]:
    def check_cachable(self: Any, data: Any) -> bool:
        return cache_writable and wrapped(self, data)

    return check_cachable


codegen.JITCPUCodegen._library_class = Library
numba.config.CACHE_LOCATOR_CLASSES = ",".join(
    ["kernels._jit.Locator", *(locator.__name__ for locator in caching.CacheImpl._locator_classes)]
)
if (level := _cpu_level()) is not None:
    numba.config.CPU_NAME = level
    numba.config.CPU_FEATURES = ""  # else numba adds the features of the machine that compiles
# numba's own save is not guarded against a read-only folder
caching.CompileResultCacheImpl.check_cachable = _writable_only(caching.CompileResultCacheImpl.check_cachable)

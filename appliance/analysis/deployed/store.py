"""The folder of deployed models, one file each; every worker sees at once what any of them, or the operator, changes.

Nothing in a file is executed, and a model is there as a whole or not at all: it is written beside and moved to its
name, which fails if another process was faster.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import shutil
import stat
import tempfile
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import orjson

from appliance.analysis.deployed import schema, settled, tensors
from appliance.analysis.deployed.analyser import Analyser
from appliance.analysis.deployed.schema import BadModel, Model
from kernels import registry
from kernels.contract import AlgorithmError, Needs

log = logging.getLogger(__name__)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")  # taosd keeps 63 bytes
MAX_BYTES = 16 * 1024 * 1024  # of one model
MAX_MODELS = 1000
KEPT = 16  # models that a worker holds ready
UNLOADABLE = "failed to load model: "
JSON, ARRAYS = schema.SUFFIX, tensors.SUFFIX
SUFFIXES = (JSON, ARRAYS)  # of two of one name the first is the model
# models of TDgpt that are pickles or weights of torch alone -> what does the same here
PICKLED = {
    "deepar": "the algorithms auto and zero forecast without training",
    "svm": "taosanode train iforest learns what is usual",
    "svr": "one with a linear kernel is a linear_regression: convert_model.py writes it",
}
PARTS = (*schema.PARTS, *settled.PARTS)  # what is kept of a configuration


class Described(NamedTuple):
    """What is listed of a model; `needs` of one that answers as an algorithm does."""

    name: str
    algo: str
    kind: str
    summary: Mapping[str, Any]
    path: Path
    needs: Needs | None


Signature = tuple[int, int, int]  # changes with the file


class Exists(AlgorithmError):
    """There is a model of that name."""


class Store:
    """The deployed models of a node; for any number of threads.

    taken : names of the node's own algorithms: a model of such a name is never asked, and so not listed.
    """

    def __init__(self, folder: Path, taken: Collection[str] = ()) -> None:
        self._folder, self._taken = folder, taken
        self._lock = Lock()
        self._models: OrderedDict[Path, tuple[Signature, Model | Analyser]] = OrderedDict()
        self._seen: dict[Path, tuple[Signature, Described | None]] = {}

    def __contains__(self, name: str) -> bool:
        return self._path(name) is not None

    def find(self, name: str) -> Model | Analyser:
        """Return a model; raises BadModel where there is none that can be used."""
        path = self._path(name)
        if path is None:
            raise BadModel(f"{UNLOADABLE}{name[:80]}")
        try:
            return self._load(path)
        except (OSError, BadModel) as error:
            raise BadModel(f"{UNLOADABLE}{name}: {_reason(error)}") from error

    def listed(self) -> list[Described]:
        """Return the models that can be used, by name; the others are in the log, once for each change."""
        seen = {}
        for name, path in sorted(self._paths().items()):
            with contextlib.suppress(OSError):  # gone since
                signature = _signature(path)
                known = self._seen.get(path)
                if known is None or known[0] != signature:
                    known = (signature, self._described(name, path))
                seen[path] = known
        self._seen = seen  # what is gone is forgotten: names of models have no end
        return [described for _, described in seen.values() if described]

    def add(self, name: str, config: Any) -> None:
        """Check and keep a model: a configuration, or the bytes of a safetensors file.

        Raises
        ------
        BadModel : it cannot be used. Exists : there is one of that name. OSError : it cannot be written.
        """
        read(config)
        arrays = isinstance(config, bytes)
        text = config if arrays else orjson.dumps({part: config[part] for part in PARTS if part in config})
        if len(text) > MAX_BYTES:
            raise BadModel(f"a model has at most {MAX_BYTES} bytes, got {len(text)}")
        name = name.lower()
        there = self._paths()
        if name in there:
            raise Exists(name)
        if len(there) >= MAX_MODELS:
            raise BadModel(f"there are {len(there)} models, at most {MAX_MODELS} are allowed")
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder))
        try:
            beside.chmod(0o755)
            _write(beside / f"{name}{ARRAYS if arrays else JSON}", text)
            try:
                beside.rename(self._folder / name)
            except OSError as error:
                if error.errno in (errno.EEXIST, errno.ENOTEMPTY):  # another worker was faster
                    raise Exists(name) from error
                raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        _sync(self._folder)

    def remove(self, name: str) -> bool:
        """Remove a model, False if there is none of that name; raises OSError."""
        path = self._path(name)
        if path is None:
            return False
        try:
            if path.parent == self._folder:
                path.unlink()
            else:
                gone = Path(tempfile.mkdtemp(prefix=".old-", dir=self._folder))
                try:
                    path.parent.rename(gone / path.parent.name)
                finally:
                    shutil.rmtree(gone, ignore_errors=True)
        except FileNotFoundError:  # another worker was faster
            return False
        _sync(self._folder)
        return True

    def _path(self, name: str) -> Path | None:
        """Return the file of a model, None if there is none of that name."""
        return self._paths(name.lower()).get(name.lower()) if NAME.fullmatch(name) else None

    def _paths(self, only: str = "") -> dict[str, Path]:
        """Return the files of all models by lowercase name: as NAME/NAME.json, or as NAME.json.

        only : what looks at no other name, and costs a hundredth in a full folder.
        """
        found: dict[str, Path] = {}
        asked = {f"{only}{suffix}" for suffix in ("", *SUFFIXES)}
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            chosen = [entry for entry in entries if not only or entry.name.lower() in asked]
            for entry in sorted(chosen, key=lambda entry: (entry.is_file(follow_symlinks=False), entry.name)):
                for name, path in _models(entry):
                    found.setdefault(name.lower(), path)
        return found

    def _load(self, path: Path) -> Model | Analyser:
        signature = _signature(path)
        with self._lock:
            kept = self._models.get(path)
            if kept and kept[0] == signature:
                self._models.move_to_end(path)
                return kept[1]
        model = read_file(path)
        with self._lock:
            self._models[path] = (signature, model)
            while len(self._models) > KEPT:
                self._models.popitem(last=False)
        return model

    def _described(self, name: str, path: Path) -> Described | None:
        try:
            if name in self._taken:
                raise BadModel(f"the node has an algorithm {name} itself")
            model = self._load(path)
        except (OSError, BadModel) as error:
            log.warning("deployed model %s is left out: %s", path, _reason(error))
            return None
        needs = model.needs if isinstance(model, Analyser) else None
        return Described(name, model.algo, model.kind, model.summary, path, needs)


def read(config: Any) -> Model | Analyser:
    """Return the model that a configuration describes, or the bytes of a safetensors file; raises BadModel."""
    if isinstance(config, bytes):
        return tensors.read(config)
    if settled.is_one(config):
        return settled.read(config)
    algo = config.get(schema.ALGO) if isinstance(config, Mapping) else None
    if algo in [*registry.learners()]:
        raise BadModel(f"a trained {algo} is a {ARRAYS} file: taosanode train writes it")
    if algo in [*PICKLED]:
        raise BadModel(f"{algo} is a pickle elsewhere, which this node never reads; {PICKLED[str(algo)]}")
    return schema.read(config)


def _models(entry: os.DirEntry[str]) -> Iterator[tuple[str, Path]]:
    """Yield name and file of the models that an entry of the folder may hold, the better first; follows no link."""
    if entry.is_dir(follow_symlinks=False) and NAME.fullmatch(entry.name):
        for suffix in SUFFIXES:
            path = f"{entry.path}/{entry.name}{suffix}"
            with contextlib.suppress(OSError):
                if stat.S_ISREG(os.lstat(path).st_mode):
                    yield entry.name, Path(path)
    elif entry.is_file(follow_symlinks=False):
        for suffix in SUFFIXES:
            name = entry.name.removesuffix(suffix)
            if name != entry.name and NAME.fullmatch(name):
                yield name, Path(entry.path)


def read_file(path: Path) -> Model | Analyser:
    """Return the model of a file, JSON or safetensors by its name; raises BadModel, OSError."""
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise BadModel(f"a model has at most {MAX_BYTES} bytes")
    if path.suffix == ARRAYS:
        return read(text)
    try:
        config = orjson.loads(text)
    except ValueError as error:
        raise BadModel(f"no JSON: {error}") from error
    return read(config)


def _write(path: Path, text: bytes) -> None:
    with path.open("wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make what happened in a folder last; raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _signature(path: Path) -> Signature:
    told = path.stat()
    return told.st_mtime_ns, told.st_size, told.st_ino


def _reason(error: Exception) -> str:
    return str(error.strerror or error) if isinstance(error, OSError) else str(error)

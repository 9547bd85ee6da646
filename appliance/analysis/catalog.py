"""The one read-only table of algorithms, built when the node starts and again at a reload.

Names are known from the names of files; an algorithm is imported, and its kernels are loaded, when it is first asked
for. The node asks for all of them before it forks, a command only for those that it needs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

from appliance.analysis import operator_files
from appliance.analysis.kinds import BY_NAME, KINDS
from appliance.analysis.operator_files import Own
from appliance.analysis.plugin_classes import guarded
from appliance.host import paths
from appliance.host.settings import Settings, SettingsError
from appliance.model_servers.servers import ModelServers
from kernels import registry
from kernels.contract import Algorithm, Json
from models import table

ByName = Mapping[str, Algorithm]
Name = tuple[str, str]  # kind and name
Found = tuple[str, str, Callable[[], Algorithm]]  # kind, name, what loads the algorithm

WITH_WEIGHTS = "models.anomaly"  # each public module builds an algorithm that reads trained weights


@dataclass(frozen=True, slots=True)
class Catalog:
    """All algorithms of this node.

    kinds : by kind and name, the names in order.
    broken : the operator's files that could not be used: path -> reason.
    own : the operator's algorithms as they were written.
    deferred : kinds that are loaded when somebody asks for them; not counted among the others.
    servers : the model servers that some of the algorithms ask.
    """

    kinds: Mapping[str, ByName]
    broken: Mapping[str, str] = field(default_factory=dict)
    own: Sequence[Own] = ()
    deferred: Mapping[str, ByName] = field(default_factory=dict)
    servers: ModelServers = field(default_factory=lambda: ModelServers(Settings(tsfm={})))

    @classmethod
    def of(cls, algorithms: Iterable[Algorithm]) -> Catalog:
        """Return the catalogue of some algorithms; raises TypeError if two of one kind have one name."""
        return cls({}).also(algorithms)

    def also(self, algorithms: Iterable[Algorithm], instead: Collection[Name] = ()) -> Catalog:
        """Return the same with further algorithms, which stand instead of some that there are.

        Raises
        ------
        TypeError : two of one kind have one name.
        """
        here = [
            (kind, name, partial(self.kinds[kind].__getitem__, name))
            for kind, name in self.keys()
            if (kind, name) not in instead
        ]
        return dataclasses.replace(self, kinds=_by_kind(chain(here, map(_given, algorithms))))

    def keys(self) -> Iterator[Name]:
        """Yield kind and name of each algorithm."""
        return ((kind, name) for kind, own in self.kinds.items() for name in own)

    def of_kind(self, kind: str) -> ByName:
        """Return the algorithms of one kind by name, in order."""
        return self.deferred[kind] if kind in self.deferred else self.kinds.get(kind, {})

    @property
    def names(self) -> list[str]:
        """The names of all algorithms, in order; one that several kinds have is there once."""
        return sorted({name for own in self.kinds.values() for name in own})

    @property
    def reserved(self) -> frozenset[str]:
        """The names that no deployed model may have, those of deferred kinds among them."""
        return frozenset({*self.names, *chain.from_iterable(self.deferred.values())})

    def load(self) -> None:
        """Load all algorithms but those of deferred kinds."""
        list(self)

    def __iter__(self) -> Iterator[Algorithm]:
        return chain.from_iterable(own.values() for own in self.kinds.values())

    def __len__(self) -> int:
        return sum(map(len, self.kinds.values()))


class _OnDemand(Mapping[str, Algorithm]):
    """The algorithms of one kind by name, in order; each is loaded when it is first asked for."""

    def __init__(self, kind: str, found: Iterable[Found]) -> None:
        self._kind, self._loads = kind, {name: load for _, name, load in sorted(found, key=lambda one: one[1])}
        self._loaded: dict[str, Algorithm] = {}

    def __getitem__(self, name: str) -> Algorithm:
        load = self._loads[name]
        if name not in self._loaded:
            try:
                algorithm = load()
            except KeyError as error:  # to `get` it would mean that there is no such algorithm
                raise ImportError(f"{self._kind} {name} cannot be loaded: KeyError {error}") from error
            if (algorithm.kind, algorithm.name) != (self._kind, name):
                raise TypeError(f"{self._kind} {name} is expected, got {algorithm.kind} {algorithm.name}")
            self._loaded[name] = algorithm
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._loads

    def __iter__(self) -> Iterator[str]:
        return iter(self._loads)

    def __len__(self) -> int:
        return len(self._loads)


def build(settings: Settings, *, serve: bool = False) -> Catalog:
    """Find every algorithm this node offers.

    A broken file of ours is a bug and raises when it is loaded; a broken file of the operator's is left out and
    reported.

    serve : load now all that the node announces, so that no request waits for it; kinds that are not announced are
        `deferred`, and a node pays nothing for them.

    Raises
    ------
    SettingsError : a folder that cannot be read, or a model server with the name of an algorithm.
    """
    for key, folder in (("model-dir", settings.model_dir), ("algorithm-dir", settings.algorithm_dir)):
        if reason := paths.unreadable_folder(folder):
            raise SettingsError(f"{key} = {reason}")
    late = [kind for kind in KINDS if serve and kind.optional and kind.wire_type not in settings.detail_types]
    packages = {kind.wire_type: f"kernels.{kind.name}" for kind in late}
    shipped = ours(settings, packages.values())
    if serve:
        shipped.load()
    # who writes a plug-in for a model server of others knows better how to ask it
    free = {(one.kind, one.name) for one in shipped.servers.algorithms() if table.of_algorithm(one.name) is None}
    taken = set(shipped.keys()) - free
    added, broken = operator_files.load(settings.algorithm_dir, taken=taken, settings=settings)
    instead = {(own.algorithm.kind, own.algorithm.name) for own in added}
    everything = shipped.also((guarded(own.algorithm, own.kind) for own in added), instead)
    deferred = {
        kind: _OnDemand(kind, chain(map(_given, everything.of_kind(kind).values()), _computed([package])))
        for kind, package in packages.items()
    }
    return dataclasses.replace(everything, broken=broken, own=added, deferred=deferred)


def ours(settings: Settings, without: Collection[str] = ()) -> Catalog:
    """Find the algorithms that are no operator's, but for those of some packages; raises SettingsError."""
    servers = ModelServers(settings)
    packages = [package for package in registry.packages() if package not in without]
    # every further source of algorithms of ours is one more item here
    found = Catalog(_by_kind(chain(_computed(packages), _with_weights(settings.model_dir))), servers=servers)
    asked = servers.algorithms()
    taken = [one for one in asked if one.name in found.of_kind(one.kind)]
    if taken:
        raise SettingsError("\n".join(_taken(one, settings) for one in taken))
    return found.also(asked)


def _taken(algorithm: Algorithm, settings: Settings) -> str:
    where = settings.tsfm_lines.get(algorithm.name, algorithm.name)
    return f"{where}: the node has an algorithm of that name and kind ({algorithm.kind}) itself"


def _by_kind(found: Iterable[Found]) -> dict[str, _OnDemand]:
    """Return algorithms by kind and name; raises TypeError if two of one kind have one name."""
    kinds: dict[str, dict[str, Found]] = {}
    for kind, name, load in found:
        own = kinds.setdefault(kind, {})
        if name in own:
            raise TypeError(f"two algorithms of {kind} named {name}")
        own[name] = kind, name, load
    return {kind: _OnDemand(kind, own.values()) for kind, own in kinds.items()}


def _given(algorithm: Algorithm) -> Found:
    return algorithm.kind, algorithm.name, lambda: algorithm


def _computed(packages: Iterable[str]) -> Iterator[Found]:
    """Yield the algorithms of some packages of kernels."""
    for package in packages:
        for name in registry.names(package):
            yield _kind(package), name, partial(registry.algorithm, package, name)


def _with_weights(model_dir: Path) -> Iterator[Found]:
    """Yield the algorithms that read trained weights."""
    for name in registry.names(WITH_WEIGHTS):
        yield _kind(WITH_WEIGHTS), name, partial(_weighted, name, model_dir)


def _weighted(name: str, model_dir: Path) -> Algorithm:
    built: Algorithm = registry.module(WITH_WEIGHTS, name).build(model_dir)
    return built


def _kind(package: str) -> str:
    """Return the kind of the algorithms of a package, which is called like its file."""
    return BY_NAME[package.rpartition(".")[2]].wire_type


def trained_models(model_dir: Path) -> Iterator[dict[str, Json]]:
    """Yield what `/models` tells of the models that the node itself computes with."""
    for module in registry.modules(WITH_WEIGHTS):
        yield from module.available(model_dir)

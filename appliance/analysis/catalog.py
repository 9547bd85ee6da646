"""The one read-only table of algorithms, built when the node starts and again at a reload."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from appliance.analysis import operator_files
from appliance.analysis.kinds import KINDS
from appliance.analysis.operator_files import Own
from appliance.analysis.plugin_classes import guarded
from appliance.host import paths
from appliance.host.settings import Settings, SettingsError
from appliance.model_servers.servers import ModelServers
from kernels import registry
from kernels.contract import Algorithm, Json

ByName = Mapping[str, Algorithm]


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
        kinds: dict[str, dict[str, Algorithm]] = {}
        for algorithm in sorted(algorithms, key=lambda algorithm: algorithm.name):
            own = kinds.setdefault(algorithm.kind, {})
            if algorithm.name in own:
                raise TypeError(f"two algorithms of {algorithm.kind} named {algorithm.name}")
            own[algorithm.name] = algorithm
        return cls(kinds)

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

    def __iter__(self) -> Iterator[Algorithm]:
        return chain.from_iterable(own.values() for own in self.kinds.values())

    def __len__(self) -> int:
        return sum(map(len, self.kinds.values()))


class _Deferred(Mapping[str, Algorithm]):
    """The algorithms of one kind: those given, and those of a package that is imported when one is first asked for."""

    def __init__(self, package: str, given: ByName) -> None:
        self._load = functools.cache(lambda: {**given, **{one.name: one for one in registry.discover(package)}})
        self._names = sorted({*given, *registry.names(package)})

    def __getitem__(self, name: str) -> Algorithm:
        return self._load()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def build(settings: Settings, *, defer: bool = False) -> Catalog:
    """Find every algorithm this node offers.

    A broken file of ours is a bug and raises; a broken file of the operator's is left out and reported.

    defer : leave kinds that are not announced until they are asked for; a node pays nothing for them.

    Raises
    ------
    SettingsError : a folder that cannot be read, or a model server with the name of an algorithm.
    """
    for key, folder in (("model-dir", settings.model_dir), ("algorithm-dir", settings.algorithm_dir)):
        if reason := paths.unreadable_folder(folder):
            raise SettingsError(f"{key} = {reason}")
    late = [kind for kind in KINDS if defer and kind.optional and kind.wire_type not in settings.detail_types]
    packages = {kind.wire_type: f"kernels.{kind.name}" for kind in late}
    shipped = ours(settings, packages.values())
    added, broken = operator_files.load(settings.algorithm_dir, taken=shipped, settings=settings)
    everything = Catalog.of(chain(shipped, (guarded(own.algorithm, own.kind) for own in added)))
    deferred = {kind: _Deferred(package, everything.of_kind(kind)) for kind, package in packages.items()}
    return dataclasses.replace(everything, broken=broken, own=added, servers=shipped.servers, deferred=deferred)


def ours(settings: Settings, without: Collection[str] = ()) -> Catalog:
    """Find the algorithms that are no operator's, but for those of some packages; raises SettingsError."""
    servers = ModelServers(settings)
    packages = [package for package in registry.packages() if package not in without]
    # every further source of algorithms of ours is one more item here
    computed = Catalog.of(chain(registry.discover(*packages), with_weights(settings.model_dir)))
    asked = servers.algorithms()
    taken = [one for one in asked if one.name in computed.of_kind(one.kind)]
    if taken:
        raise SettingsError("\n".join(_taken(one, settings) for one in taken))
    return dataclasses.replace(Catalog.of(chain(computed, asked)), servers=servers)


def _taken(algorithm: Algorithm, settings: Settings) -> str:
    where = settings.tsfm_lines.get(algorithm.name, algorithm.name)
    return f"{where}: the node has an algorithm of that name and kind ({algorithm.kind}) itself"


def with_weights(model_dir: Path) -> Iterator[Algorithm]:
    """Yield the algorithms that read trained weights: each public module of `models.anomaly` builds one."""
    for module in registry.modules("models.anomaly"):
        yield module.build(model_dir)


def trained_models(model_dir: Path) -> Iterator[dict[str, Json]]:
    """Yield what `/models` tells of the models that the node itself computes with."""
    for module in registry.modules("models.anomaly"):
        yield from module.available(model_dir)

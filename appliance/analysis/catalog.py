"""The one read-only mapping from name to algorithm, built when the node starts and again at a reload."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar

from appliance.analysis import operator_files
from appliance.host.settings import Settings
from appliance.model_servers.forecasters import ModelServers
from kernels import registry
from kernels.contract import Algorithm, Detector, Forecaster, Json

A = TypeVar("A", Detector, Forecaster)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All algorithms of this node.

    algorithms : by wire name.
    broken : the operator's files that could not be used: path -> reason.
    servers : the model servers that some of the algorithms ask.
    """

    algorithms: Mapping[str, Algorithm]
    broken: Mapping[str, str] = field(default_factory=dict)
    servers: ModelServers = field(default_factory=lambda: ModelServers(Settings(tsfm={})))

    def of_kind(self, kind: type[A]) -> Iterator[A]:
        """Yield the detectors or the forecasters, by name."""
        for name in sorted(self.algorithms):
            algorithm = self.algorithms[name]
            if isinstance(algorithm, kind):
                yield algorithm


def build(settings: Settings) -> Catalog:
    """Find every algorithm this node offers.

    A broken file of ours is a bug and raises; a broken file of the operator's is left out and reported.
    """
    own: dict[str, Algorithm] = {}
    servers = ModelServers(settings)
    # every further source of algorithms of ours is one more item here
    ours = chain(registry.discover().values(), with_weights(settings.model_dir), servers.forecasters())
    for algorithm in ours:
        if algorithm.name in own:
            raise TypeError(f"two algorithms named {algorithm.name}")
        own[algorithm.name] = algorithm
    added, broken = operator_files.load(settings.algorithm_dir, taken=own, settings=settings)
    return Catalog(own | added, broken, servers)


def with_weights(model_dir: Path) -> Iterator[Detector]:
    """Yield the detectors that read trained weights: each public module of `models.anomaly` builds one."""
    for module in registry.modules("models.anomaly"):
        yield module.build(model_dir)


def trained_models(model_dir: Path) -> Iterator[dict[str, Json]]:
    """Yield what `/models` tells of the models that the node itself computes with."""
    for module in registry.modules("models.anomaly"):
        yield from module.available(model_dir)

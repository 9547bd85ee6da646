"""Deployed forecasters and detectors among the node's own algorithms: in what is listed, and where they are asked."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from appliance.analysis.catalog import ByName, Catalog
from appliance.analysis.deployed.analyser import Analyser
from appliance.analysis.deployed.schema import BadModel, Model
from appliance.analysis.deployed.store import Described, Store
from kernels.contract import Algorithm, Answer, Task
from kernels.options import NoOptions


class Live(Mapping[str, Algorithm]):
    """The algorithms of one kind for who asks one: the node's own, and those that are deployed just now."""

    def __init__(self, own: ByName, kind: str, store: Store) -> None:
        self._own, self._kind, self._store = own, kind, store

    def __getitem__(self, name: str) -> Algorithm:
        """Return an algorithm; raises BadModel for a deployed model that cannot be used, or is of another kind."""
        if name in self._own:
            return self._own[name]
        if name not in self._store:
            raise KeyError(name)
        return answering(name, self._store.find(name), self._kind)

    def __iter__(self) -> Iterator[str]:
        return iter([*self._own, *(one.name for one in self._store.listed() if self._has(one))])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _has(self, one: Described) -> bool:
        return one.kind == self._kind and one.needs is not None and one.name not in self._own


def answering(name: str, model: Model | Analyser, kind: str) -> Algorithm:
    """Return a model as the algorithm of that name; raises BadModel for one of another kind."""
    if not isinstance(model, Analyser) or model.kind != kind:
        raise BadModel(f"model {name} is one for {model.kind}, not for {kind}")
    return Algorithm(name, described(model.algo), model.kind, model.params, model.run, model.needs)


def added(catalog: Catalog, models: Iterable[Described]) -> Catalog:
    """Return a catalogue with deployed models among its algorithms, to be told of, not to be run."""
    kinds: dict[str, dict[str, Algorithm]] = {kind: dict(own) for kind, own in catalog.kinds.items()}
    for one in models:
        if one.needs is not None:
            told = Algorithm(one.name, described(one.algo), one.kind, NoOptions, _not_run, one.needs, one.summary)
            kinds.setdefault(one.kind, {}).setdefault(one.name, told)
    return dataclasses.replace(catalog, kinds=kinds)


def described(algo: str) -> str:
    """Return the one line about a model, in the contracted words."""
    return f"dynamic generated model training from {algo}"


def _not_run(task: Task, params: Any) -> Answer:
    raise NotImplementedError("a deployed model is asked through `Live`")

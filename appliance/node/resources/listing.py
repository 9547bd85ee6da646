"""GET `/list` (what taosd registers) and `/models`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import falcon

from appliance.analysis import catalog as catalogue
from appliance.analysis.catalog import Catalog
from appliance.analysis.deployed.store import Described, Store
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import BY_TYPE, KINDS
from appliance.host.settings import Settings
from appliance.protocol import answers, fields
from kernels.contract import Algorithm
from kernels.options import defaults


class Listing:
    """GET `/list`: taosd waits 100 ms for it. The answer is made beforehand, anew only when a model comes or goes."""

    def __init__(self, catalog: Catalog, settings: Settings, store: Store) -> None:
        self._catalog, self._settings, self._store = catalog, settings, store
        self._seen: tuple[dict[str, str], list[Described]] = ({}, [])
        self._answer = b""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the algorithms of each kind."""
        seen = (self._catalog.servers.statuses(), self._store.listed())
        if not self._answer or seen != self._seen:
            self._answer = answer(self._catalog, self._settings, *seen)
            self._seen = seen
        resp.data = self._answer

    on_head = on_get


class Models:
    """GET `/models`: the trained models found on this node."""

    def __init__(self, catalog: Catalog, settings: Settings, store: Store) -> None:
        self._catalog, self._settings, self._store = catalog, settings, store

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with one entry per model."""
        details = [*self._catalog.servers.models(), *catalogue.trained_models(self._settings.model_dir)]
        details += [
            {fields.NAME: one.name, fields.ALGO: one.algo, fields.TYPE: one.kind} for one in self._store.listed()
        ]
        resp.data = answers.listing(details)

    on_head = on_get


def answer(
    catalog: Catalog,
    settings: Settings,
    status: Mapping[str, str] = MappingProxyType({}),
    deployed: Sequence[Described] = (),
) -> bytes:
    """Return the body of `/list`; an algorithm that has a status tells it."""
    return answers.listing(_details(catalog, settings, status, deployed))


def _details(
    catalog: Catalog, settings: Settings, status: Mapping[str, str], deployed: Sequence[Described]
) -> Iterator[dict[str, Any]]:
    wanted = settings.detail_types
    for kind in KINDS:
        if not kind.optional or kind.wire_type in wanted:
            entries = [_entry(one, kind, status) for one in catalog.of_kind(kind.wire_type).values()]
            yield {fields.TYPE: kind.wire_type, fields.ALGO: entries}
    for extra in wanted:
        if extra not in BY_TYPE:
            yield {fields.TYPE: extra, fields.ALGO: [_deployed(one) for one in deployed if one.kind == extra]}


def _deployed(model: Described) -> dict[str, Any]:
    desc = f"dynamic generated model training from {model.algo}"
    return {fields.NAME: model.name, fields.DESC: desc, fields.PARAMS: model.summary}


def _entry(algorithm: Algorithm, kind: Kind[Any], status: Mapping[str, str]) -> dict[str, Any]:
    params = {**kind.common, **defaults(algorithm)}
    entry = {fields.NAME: algorithm.name, fields.DESC: algorithm.desc, fields.PARAMS: params}
    return entry | ({fields.STATUS: status[algorithm.name]} if algorithm.name in status else {})

"""GET `/list` (what taosd registers) and `/models`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import falcon

from appliance.analysis import catalog as catalogue
from appliance.analysis.catalog import Catalog
from appliance.analysis.deployed import algorithms
from appliance.analysis.deployed.store import Described, Store
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import BY_TYPE, KINDS
from appliance.host.settings import Settings
from appliance.model_servers.servers import READY
from appliance.protocol import answers, fields
from appliance.protocol.shapes import NUMBER, OBJECT, TEXT, Shape, listed, object_of, said
from kernels.contract import Algorithm
from kernels.options import defaults


def _details_of(entry: Shape) -> dict[str, Any]:
    """Return the shape of what `answers.listing` writes."""
    return object_of({fields.PROTOCOL: NUMBER, fields.VERSION: NUMBER, fields.DETAILS: listed(entry)})


class Listing:
    """GET `/list`: taosd waits 100 ms for it. The answer is made beforehand, anew only when a model comes or goes."""

    _ENTRY = object_of(
        {fields.NAME: TEXT, fields.DESC: TEXT, fields.PARAMS: said(OBJECT, "options and their defaults")},
        {fields.STATUS: said(TEXT, "of an algorithm that a model server answers for")},
    )
    TOLD = _details_of(object_of({fields.TYPE: TEXT, fields.ALGO: listed(_ENTRY)}))

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

    _ENTRY = object_of(dict.fromkeys((fields.NAME, fields.ALGO, fields.TYPE, fields.STATUS), TEXT))
    _BY_NAME = object_of(dict.fromkeys((fields.MODEL_NAME, fields.PATH, "load_time", "invoke_cls_name", "note"), TEXT))
    TOLD = {"anyOf": [_details_of(_ENTRY), {**OBJECT, "additionalProperties": _BY_NAME}]}

    def __init__(self, catalog: Catalog, settings: Settings, store: Store) -> None:
        self._catalog, self._settings, self._store = catalog, settings, store

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with one entry per model."""
        found = [*self._catalog.servers.models(), *catalogue.trained_models(self._settings.model_dir)]
        found += map(_deployed_model, self._store.listed())
        if self._settings.models_by_name:
            resp.data = answers.dump({one[fields.NAME]: _as_the_newest(one) for one in found})
        else:  # what is where on this machine is nobody's business
            resp.data = answers.listing({key: each for key, each in one.items() if key != fields.PATH} for one in found)

    on_head = on_get


def _deployed_model(model: Described) -> dict[str, Any]:
    told = {fields.NAME: model.name, fields.ALGO: model.algo, fields.TYPE: model.kind}
    return {**told, fields.STATUS: READY, fields.PATH: str(model.path)}


def _as_the_newest(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of `/models` as TDgpt 3.4 has it; the time is that of the files, nothing is loaded for this."""
    path = Path(model[fields.PATH])
    changed = datetime.fromtimestamp(path.stat().st_mtime) if path.exists() else datetime.fromtimestamp(0)
    return {
        fields.MODEL_NAME: model[fields.NAME],
        fields.PATH: str(path),
        "load_time": changed.strftime("%Y-%m-%d %H:%M:%S"),
        "invoke_cls_name": model[fields.ALGO],
        "note": model.get(fields.ERROR) or model[fields.STATUS],
    }


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
    catalog = algorithms.added(catalog, deployed)
    for kind in KINDS:
        if not kind.optional or kind.wire_type in wanted:
            entries = [_entry(one, kind, status) for one in catalog.of_kind(kind.wire_type).values()]
            yield {fields.TYPE: kind.wire_type, fields.ALGO: entries}
    for extra in wanted:
        if extra not in BY_TYPE:
            yield {fields.TYPE: extra, fields.ALGO: [_deployed(one) for one in deployed if one.kind == extra]}


def _deployed(model: Described) -> dict[str, Any]:
    desc = algorithms.described(model.algo)
    return {fields.NAME: model.name, fields.DESC: desc, fields.PARAMS: model.summary}


def _entry(algorithm: Algorithm, kind: Kind[Any], status: Mapping[str, str]) -> dict[str, Any]:
    params = {**kind.common, **defaults(algorithm)}
    entry = {fields.NAME: algorithm.name, fields.DESC: algorithm.desc, fields.PARAMS: params}
    return entry | ({fields.STATUS: status[algorithm.name]} if algorithm.name in status else {})

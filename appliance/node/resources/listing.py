"""GET `/list` (what taosd registers) and `/models`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import falcon

from appliance.analysis import catalog as catalogue
from appliance.analysis.catalog import Catalog
from appliance.host.settings import Settings
from appliance.protocol import answers
from kernels.contract import Algorithm, Detector, Forecaster, defaults

# What every forecast takes besides the algorithm's own options; shown with their defaults.
COMMON_FORECAST = {
    "period": 0,
    "start": 0,
    "every": 1,
    "forecast_rows": 10,
    "return_conf": 1,
    "conf": 0.95,
    "tz": "UTC",
    "precision": "ms",
}


class Listing:
    """GET `/list`: taosd waits 100 ms for it. The answer is made beforehand, anew only when a model comes or goes."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self._catalog, self._settings = catalog, settings
        self._seen: dict[str, str] = {}
        self._answer = b""

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the algorithms of each kind."""
        seen = self._catalog.servers.statuses()
        if not self._answer or seen != self._seen:
            self._answer = answer(self._catalog, self._settings, seen)
            self._seen = seen
        resp.data = self._answer


class Models:
    """GET `/models`: the trained models found on this node."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        self._catalog, self._settings = catalog, settings

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with one entry per model."""
        details = [*self._catalog.servers.models(), *catalogue.trained_models(self._settings.model_dir)]
        resp.data = answers.listing(details)


def answer(catalog: Catalog, settings: Settings, status: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Return the body of `/list`; an algorithm that has a status tells it."""
    return answers.listing(_details(catalog, settings, status))


def _details(catalog: Catalog, settings: Settings, status: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    yield {"type": Forecaster.type, "algo": [_entry(a, COMMON_FORECAST, status) for a in catalog.of_kind(Forecaster)]}
    yield {"type": Detector.type, "algo": [_entry(a, {}, status) for a in catalog.of_kind(Detector)]}
    for extra in settings.detail_types:
        yield {"type": extra, "algo": []}


def _entry(algorithm: Algorithm, common: dict[str, Any], status: Mapping[str, str]) -> dict[str, Any]:
    entry = {"name": algorithm.name, "desc": algorithm.desc, "params": {**common, **defaults(algorithm.params)}}
    return entry | ({"status": status[algorithm.name]} if algorithm.name in status else {})

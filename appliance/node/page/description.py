"""What the page needs to know of this node: its algorithms with the options that they declare, and its bounds."""

from __future__ import annotations

import dataclasses
from importlib.metadata import version
from typing import Any

from appliance.analysis import reference
from appliance.analysis.catalog import Catalog
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import KINDS
from appliance.host.settings import Settings
from appliance.protocol.documents import MAX_FORECAST_ROWS, MAX_ROWS, MIN_ROWS
from kernels.contract import Algorithm
from kernels.options import Declared


def description(catalog: Catalog, settings: Settings) -> dict[str, Any]:
    """Return all of it; a kind that is not announced in `/list` is loaded for that."""
    statuses = catalog.servers.statuses()
    return {
        "version": version("taosanode"),
        "processes": settings.processes,
        "slots": settings.slots,
        "queue": settings.queue,
        "rows": [MIN_ROWS, MAX_ROWS],
        "ahead": MAX_FORECAST_ROWS,
        "body": settings.max_body,
        "kinds": [_kind(kind, catalog, statuses) for kind in KINDS],
    }


def _kind(kind: Kind[Any], catalog: Catalog, statuses: dict[str, str]) -> dict[str, Any]:
    return {
        "type": kind.wire_type,
        "title": kind.title,
        "route": kind.route.lstrip("/"),
        "default": kind.default,
        "common": [_option(one) for one in kind.options],
        "algorithms": [_algorithm(one, statuses) for one in catalog.of_kind(kind.wire_type).values()],
    }


def _algorithm(algorithm: Algorithm, statuses: dict[str, str]) -> dict[str, Any]:
    return {
        "name": algorithm.name,
        "about": algorithm.desc,
        "status": statuses.get(algorithm.name, ""),
        "options": [_option(one) for one in reference.own(algorithm)],
    }


def _option(option: Declared) -> dict[str, Any]:
    name, default, values, about = reference.cells(option)
    bounds = {key: bound for key, bound in dataclasses.asdict(option.range).items() if bound is not None}
    return {
        "name": name,
        "default": "" if default == "-" else default,
        "values": values,
        "about": about,
        "choices": [str(choice) for choice in option.choices],
        "only_choices": bool(option.choices) and option.type.split(" or ")[0] in map(str, option.choices),
        "whole": option.type == "an integer",
        "number": option.type in ("an integer", "a number"),
        **bounds,
    }

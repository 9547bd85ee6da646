"""What a node may be asked over HTTP, and what it answers: all of it, from where each is declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from appliance.analysis.catalog import Catalog
from appliance.analysis.deployed import posted, predicting
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import KINDS
from appliance.analysis.tools import TOOLS
from appliance.node.page import told as of_page
from appliance.node.resources.listing import Listing, Models
from appliance.node.resources.status import Status
from appliance.protocol import fields
from appliance.protocol.documents import MAX_COLUMNS
from appliance.protocol.shapes import COUNT, ITEM, TEXT, Operation, Shape, listed, object_of, said
from kernels.contract import Json, Task

TEXTS = {"/": "product and version, or the page for a browser", "/metrics": "figures for Prometheus"}
EXAMPLE_ROWS, EXAMPLE_SEASON = 48, 12


def documents(page: bool) -> dict[str, tuple[str, Shape]]:
    """Return what is told to a GET, by path: in a few words, and its shape."""
    told: dict[str, tuple[str, Shape]] = {
        "/status": ("whether the node is ready", Status.TOLD),
        "/list": ("the algorithms", Listing.TOLD),
        "/models": ("the trained models", Models.TOLD),
    }
    if page:
        told["/page/algorithms"] = ("what the page makes its forms of", of_page.ALGORITHMS)
        told["/page/refused"] = ("the last requests without a result", of_page.REFUSED)
    return told


def posts(catalog: Catalog, page: bool) -> Iterator[Operation]:
    """Yield what may be posted."""
    for kind in KINDS:
        names = list(catalog.of_kind(kind.wire_type))
        yield _analysis(kind, (kind.route,), names)
        for path, name in kind.shortcuts.items():
            yield _analysis(kind, (path,), [name])
    yield from (tool.OPERATION for tool in TOOLS)
    yield from predicting.OPERATIONS.values()
    yield from (posted.DEPLOY, posted.UNDEPLOY)
    if page:
        yield of_page.TABLE


def _analysis(kind: Kind[Any], paths: tuple[str, ...], names: list[str]) -> Operation:
    """Return one kind of analysis; of some algorithms, at some paths."""
    algo: dict[str, Any] = {"enum": names}
    needed: dict[str, Shape] = {
        fields.SCHEMA: said(listed(listed(ITEM, 1, 3), most=MAX_COLUMNS), "[name, type, bytes] by column"),
        fields.DATA: said(
            listed(kind.column, 2, MAX_COLUMNS),
            f"by column; {fields.TIME_COLUMN} is the time, {fields.VALUE_COLUMN} what is analysed",
        ),
        **kind.asked,
    }
    more: dict[str, Shape] = {
        fields.OPTION: said(TEXT, "key=value, separated by commas; see the schemas `options`"),
        fields.PRECISION: said({"enum": [*kind.units], "default": "ms"}, "unit of all times"),
        fields.NOISE_CHECK: said({"enum": [0, 1], "default": 1}, "1: refuse white noise"),
        **kind.asked_too,
    }
    if kind.default in names:
        more[fields.ALGO] = {**algo, "default": kind.default}
    else:
        needed[fields.ALGO] = algo
    told = {fields.ALGO: TEXT, fields.OPTION: TEXT, fields.ROWS: COUNT, **kind.told}
    mended = said(TEXT, "what was done to the body before it could be read")
    return Operation(
        paths,
        kind.title,
        object_of(needed, more),
        object_of(told, {fields.MESSAGE: mended, **kind.told_too}),
        _example(kind, names),
    )


def _example(kind: Kind[Any], names: list[str]) -> Json:
    """Return a body that has a result, whichever the algorithm is: a trend and a season, and one row aside."""
    at = np.arange(EXAMPLE_ROWS)
    values = 10 + 0.25 * at + 3 * np.sin(2 * np.pi * at / EXAMPLE_SEASON)
    values[3 * EXAMPLE_ROWS // 4] += 10
    task: Task = kind.example(np.round(values, 2))
    columns = {fields.TIME_COLUMN: task.times, **task.columns}
    types = {fields.TIME_COLUMN: "TIMESTAMP"}
    return {
        fields.SCHEMA: [[name, types.get(name, "DOUBLE"), 8] for name in columns],
        fields.DATA: [column.tolist() for column in columns.values()],
        fields.ALGO: kind.default if kind.default in names else next(iter(names), ""),
        fields.PRECISION: kind.unit({}),
        **kind.question({}, task),
    }

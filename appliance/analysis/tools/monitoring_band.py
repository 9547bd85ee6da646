"""The monitoring band of a batch process: what is usual at each point of its runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from appliance.protocol import documents, fields
from appliance.protocol.documents import BadRequest, Body, Document
from appliance.protocol.shapes import COUNT, NUMBERS, PAIRS, TIMES, Operation, defaults, object_of, said
from kernels.contract import Series, Times
from kernels.numerics import monitoring_band as bands
from kernels.numerics.monitoring_band import Config

WINDOW = "window"
NEEDED = f"'{fields.DATA}', '{fields.TIME_COLUMN}', and '{WINDOW}' are required fields in the payload."


def answer(body: Body, out_of_time: Callable[[], bool] = lambda: False) -> dict[str, Any]:
    """Return the answer to a request; raises AlgorithmError."""
    band = bands.band(*read(body), out_of_time)
    return {fields.ROWS: len(band.center), **band._asdict()}


def read(body: Body) -> tuple[Series, Times, list[tuple[int, int]], Config]:
    """Return data, times, first and last time of each run, and what is to be done; raises BadRequest, BadParameter."""
    document = documents.parse(body)
    if any(document.get(name) is None for name in (fields.DATA, fields.TIME_COLUMN, WINDOW)):
        raise BadRequest(NEEDED)
    data = documents.numbers(document[fields.DATA], fields.DATA)
    times = documents.moments(document[fields.TIME_COLUMN])
    if len(data) != len(times):
        raise BadRequest(f"data and ts must be of one length, got {len(data)} and {len(times)}")
    if (times[1:] <= times[:-1]).any():
        raise BadRequest("ts must increase from row to row")
    return data, times, _windows(document[WINDOW]), _config(document)


def _windows(given: Any) -> list[tuple[int, int]]:
    pairs = documents.plain(given)
    if not isinstance(pairs, list):
        raise BadRequest("window must be a list of pairs of times")
    for pair in pairs:
        whole = isinstance(pair, list) and len(pair) == 2 and all(type(each) is int for each in pair)
        if not whole or not all(abs(each) < documents.INT64.max for each in pair):
            raise BadRequest(f"each window must be a pair of times, got {str(pair)[:80]}")
    return [(start, end) for start, end in pairs]


def _config(document: Document) -> Config:
    """Return the defaults, with what is given in their place; unknown keys do no harm."""
    given = documents.plain(document.get(fields.CONFIG)) or {}
    if not isinstance(given, dict):
        raise BadRequest(f"{fields.CONFIG} must be an object")
    default = Config()
    sections = {
        part.name: _section(part.name, getattr(default, part.name), given.get(part.name))
        for part in dataclasses.fields(Config)
    }
    return Config(**sections)


def _section(name: str, default: Any, given: Any) -> Any:
    if given is None:
        return default
    if not isinstance(given, Mapping):
        raise BadRequest(f"{fields.CONFIG}: {name} must be an object")
    values = {
        each.name: _value(f"{name}.{each.name}", getattr(default, each.name), given[each.name])
        for each in dataclasses.fields(default)
        if given.get(each.name) is not None
    }
    return dataclasses.replace(default, **values)


def _value(name: str, default: Any, given: Any) -> Any:
    """Return a value of the type that the default has; raises BadRequest."""
    kind = type(default)
    if kind is bool and given in (0, 1):
        return bool(given)
    if kind is int and isinstance(given, (int, float)) and not isinstance(given, bool) and given == given // 1:
        return int(given)
    if kind is float and isinstance(given, (int, float)) and not isinstance(given, bool) and abs(given) < 1e300:
        return float(given)
    if kind is str and isinstance(given, str):
        return given
    called = {bool: "true or false", int: "an integer", float: "a number", str: "text"}[kind]
    raise BadRequest(f"{fields.CONFIG}: {name} must be {called}, got {str(given)[:80]}")


OPERATION = Operation(
    ("/tool/batch", "/api/v1/analysis/batch"),
    "monitoring band of a batch process",
    object_of(
        {
            fields.DATA: said(NUMBERS, "the values"),
            fields.TIME_COLUMN: said(TIMES, "the time of each, increasing"),
            WINDOW: said(PAIRS, "first and last time of each run"),
        },
        {fields.CONFIG: said(defaults(Config()), "what is done, in this order")},
    ),
    object_of({fields.ROWS: COUNT, **dict.fromkeys(bands.Band._fields, NUMBERS)}),
    {
        fields.DATA: [1.0, 2.0, 4.0, 7.0, 9.0, 9.5, 8.0, 6.0, 3.0, 1.0] * 2,
        fields.TIME_COLUMN: [*range(20)],
        WINDOW: [[0, 9], [10, 19]],
        fields.CONFIG: {"normalize": {"target_len": 10}},
    },
)

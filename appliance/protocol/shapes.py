"""Parts of bodies, asked and answered, as JSON Schema: what the node's description by OpenAPI is made of.

Source: JSON Schema 2020-12.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from appliance.protocol import answers, fields
from kernels.contract import Json

Shape = Mapping[str, Any]

NUMBER: Shape = {"type": "number"}
INTEGER: Shape = {"type": "integer"}
TEXT: Shape = {"type": "string"}
COUNT: Shape = {"type": "integer", "minimum": 0}
FLAG: Shape = {"type": "boolean"}
OBJECT: Shape = {"type": "object"}
LIST: Shape = {"type": "array"}
LABEL: Shape = {"type": ["number", "string", "boolean"]}
ITEM: Shape = {"type": ["string", "integer"]}
KINDS = {bool: FLAG, int: INTEGER, float: NUMBER, str: TEXT}


def said(shape: Shape, text: str) -> Shape:
    """Return a shape with a line about it."""
    return {**shape, "description": text}


def or_null(shape: Shape) -> Shape:
    """Return a shape that also null has."""
    return {**shape, "type": [shape["type"], "null"]}


def listed(items: Shape, least: int | None = None, most: int | None = None) -> dict[str, Any]:
    """Return the shape of a list."""
    bounds = {"minItems": least, "maxItems": most}
    return {"type": "array", "items": items, **{word: bound for word, bound in bounds.items() if bound is not None}}


def object_of(needed: Mapping[str, Shape], more: Mapping[str, Shape] | None = None) -> dict[str, Any]:
    """Return the shape of an object; others than those that are named may be in it."""
    return {"type": "object", "required": [*needed], "properties": {**needed, **(more or {})}}


def defaults(settings: Any) -> dict[str, Any]:
    """Return the shape of an object in whose place a dataclass stands, with its values as the defaults."""
    found: dict[str, Shape] = {}
    for each in dataclasses.fields(settings):
        value = getattr(settings, each.name)
        if dataclasses.is_dataclass(value):
            found[each.name] = defaults(value)
        else:
            found[each.name] = {**KINDS[type(value)], "default": value}
    return object_of({}, found)


TIMES, NUMBERS = listed(INTEGER), listed(NUMBER)
PAIR = listed(INTEGER, 2, 2)
PAIRS = listed(PAIR)
# rows of 0 where the node is to spare a release of TDengine the other
REFUSED = object_of({fields.ROWS: {"enum": [-1, 0]}, fields.MESSAGE: {**TEXT, "maxLength": answers.MAX_MSG_BYTES}})


@dataclass(frozen=True, slots=True)
class Operation:
    """What may be posted to some paths, and what comes back.

    title : in a few words.
    asked, told : shapes of the body of a request, and of an answer that is a result.
    example : a body that has one, None for one that is no JSON.
    media : the type of the body. form : the shape of one that is sent in parts instead, where that is understood.
    refused : the shape of an answer that is no result. statuses : of HTTP, which that may have.
    """

    paths: tuple[str, ...]
    title: str
    asked: Shape
    told: Shape
    example: Json
    media: str = "application/json"
    form: Shape | None = None
    refused: Shape = dataclasses.field(default_factory=lambda: REFUSED)
    statuses: tuple[int, ...] = (200,)

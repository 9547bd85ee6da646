"""The description of the interface by OpenAPI 3.1, made of what kinds and algorithms declare of themselves.

Source: OpenAPI Specification 3.1.0; its schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

from appliance.analysis.catalog import Catalog
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import KINDS
from appliance.protocol import answers, fields, requests
from appliance.protocol.documents import MAX_COLUMNS
from kernels.options import Declared, declared

PATH = "/openapi.json"
TEXTS = {"/": "product and version, or the page for a browser", "/metrics": "figures for Prometheus"}
DOCUMENTS = {"/status": "whether the node is ready", "/list": "the algorithms", "/models": "the trained models"}
TYPES = {"an integer": "integer", "a number": "number", "text": "string"}
BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
JSON, REFUSED = "application/json", {"$ref": "#/components/schemas/refused"}


def document(catalog: Catalog) -> dict[str, Any]:
    """Return the description of all analyses; a kind that is not announced in `/list` is loaded for that."""
    gets = {path: _get(text, {"text/plain": {}, "text/html": {}}) for path, text in TEXTS.items()}
    gets |= {path: _get(text, {JSON: {"schema": {"type": "object"}}}) for path, text in DOCUMENTS.items()}
    posts = {path: _post(kind, path, catalog) for kind in KINDS for path in (kind.route, *kind.shortcuts)}
    options = dict(_options(catalog))
    return {
        "openapi": "3.1.0",
        "info": {"title": "taosanode", "version": version("taosanode"), "license": {"name": "MIT"}},
        "paths": {**gets, **posts},
        "components": {"schemas": {"refused": _refused(), "request": _request(), "answer": _answer(), **options}},
    }


def _get(text: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"summary": text, "responses": {"200": {"description": text, "content": content}}}}


def _post(kind: Kind[Any], path: str, catalog: Catalog) -> dict[str, Any]:
    names = [kind.shortcuts[path]] if path in kind.shortcuts else list(catalog.of_kind(kind.wire_type))
    algo: dict[str, Any] = {"enum": names}
    if kind.default in names:
        algo["default"] = kind.default
    asked = {"allOf": [{"$ref": "#/components/schemas/request"}], "properties": {fields.ALGO: algo}}
    told = {"anyOf": [REFUSED, {"$ref": "#/components/schemas/answer"}]}
    wrong = {"description": "not understood as HTTP", "content": {JSON: {"schema": REFUSED}}}
    right = {"description": "the answer, or why there is none", "content": {JSON: {"schema": told}}}
    body = {"required": True, "content": {JSON: {"schema": asked}}}
    return {"post": {"summary": kind.title, "requestBody": body, "responses": {"200": right, "default": wrong}}}


def _request() -> dict[str, Any]:
    column = {"type": "array", "items": {"type": "number"}}
    return {
        "type": "object",
        "required": [fields.SCHEMA, fields.DATA],
        "properties": {
            fields.SCHEMA: {
                "type": "array",
                "items": {"type": "array"},
                "description": "[name, type, bytes] by column",
            },
            fields.DATA: {"type": "array", "items": column, "maxItems": MAX_COLUMNS, "description": "by column"},
            fields.OPTION: {
                "type": "string",
                "description": "key=value, separated by commas; see the schemas `options`",
            },
            fields.PRECISION: {"enum": [*requests.UNITS], "default": "ms", "description": "unit of all times"},
            fields.NOISE_CHECK: {"enum": [0, 1], "default": 1, "description": "1: refuse white noise"},
        },
    }


def _answer() -> dict[str, Any]:
    rows = {"type": "integer", "minimum": 0}
    return {"type": "object", "required": [fields.ROWS], "properties": {fields.ROWS: rows}}


def _refused() -> dict[str, Any]:
    why = {"type": "string", "minLength": 1, "maxLength": answers.MAX_MSG_BYTES}
    rows = {"const": -1}
    properties = {fields.ROWS: rows, fields.MESSAGE: why}
    return {"type": "object", "required": [fields.ROWS, fields.MESSAGE], "properties": properties}


def _options(catalog: Catalog) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in KINDS:
        yield f"options.{kind.name}", _described(f"of every algorithm: {kind.title}", kind.options)
        for name, one in catalog.of_kind(kind.wire_type).items():
            yield f"options.{kind.name}.{name}", _described(one.desc, declared(one.params))


def _described(text: str, options: Iterable[Declared]) -> dict[str, Any]:
    return {"type": "object", "description": text, "properties": {one.name: _option(one) for one in options}}


def _option(one: Declared) -> dict[str, Any]:
    found: dict[str, Any] = {"description": f"{one.doc} ({one.values})"}
    if one.type in TYPES:
        found["type"] = TYPES[one.type]
        bounds = {word: getattr(one.range, name) for name, word in BOUNDS.items()}
        found |= {word: bound for word, bound in bounds.items() if bound is not None}
    if isinstance(one.default, (bool, int, float, str)):
        found["default"] = one.default
    return found

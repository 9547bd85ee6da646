"""The description of the interface by OpenAPI 3.1, made of what kinds, tools and algorithms declare of themselves.

Source: OpenAPI Specification 3.1.0; its schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

from appliance.analysis.catalog import Catalog
from appliance.analysis.kinds import KINDS
from appliance.node import operations
from appliance.protocol.shapes import REFUSED, Operation, Shape
from kernels.options import Declared, declared

PATH = "/openapi.json"
TYPES = {"an integer": "integer", "a number": "number", "text": "string"}
BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
JSON, FORM = "application/json", "multipart/form-data"


def document(catalog: Catalog, *, page: bool = True) -> dict[str, Any]:
    """Return the description of all there is; a kind that is not announced in `/list` is loaded for that.

    page : whether the node has the page, and what it asks.
    """
    texts = {path: _get(text, {"text/plain": {}, "text/html": {}}) for path, text in operations.TEXTS.items()}
    told = {path: _get(text, {JSON: {"schema": shape}}) for path, (text, shape) in operations.documents(page).items()}
    posts = {path: _post(one) for one in operations.posts(catalog, page) for path in one.paths}
    return {
        "openapi": "3.1.0",
        "info": {"title": "taosanode", "version": version("taosanode"), "license": {"name": "MIT"}},
        "paths": {**texts, **told, **posts},
        "components": {"schemas": dict(_options(catalog))},
    }


def _get(text: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"summary": text, "responses": {"200": {"description": text, "content": content}}}}


def _post(one: Operation) -> dict[str, Any]:
    asked: dict[str, Any] = {one.media: {"schema": one.asked}}
    if one.example is not None:
        asked[one.media]["example"] = one.example
    if one.form is not None:
        asked[FORM] = {"schema": one.form}
    refused = one.refused
    right = _answer("the answer", one.told)
    if 200 in one.statuses:
        right = _answer("the answer, or why there is none", {"anyOf": [refused, one.told]})
    wrong = {str(status): _answer("why there is none", refused) for status in one.statuses if status != 200}
    return {
        "post": {
            "summary": one.title,
            "requestBody": {"required": True, "content": asked},
            "responses": {
                "200": right,
                **wrong,
                "default": _answer("not understood as HTTP", REFUSED),
            },
        }
    }


def _answer(text: str, shape: Shape) -> dict[str, Any]:
    return {"description": text, "content": {JSON: {"schema": shape}}}


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

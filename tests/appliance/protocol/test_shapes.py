"""Shapes say what they are made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.protocol import shapes


@dataclass(frozen=True)
class Inner:
    size: int = 3


@dataclass(frozen=True)
class Outer:
    active: bool = True
    inner: Inner = field(default_factory=Inner)


def test_settings_are_described_with_their_defaults() -> None:
    shape = shapes.defaults(Outer())
    assert shape["properties"]["active"] == {"type": "boolean", "default": True}
    assert shape["properties"]["inner"]["properties"] == {"size": {"type": "integer", "default": 3}}
    assert shape["required"] == []


def test_a_list_has_only_the_bounds_that_are_given() -> None:
    assert shapes.listed(shapes.NUMBER, most=2) == {"type": "array", "items": {"type": "number"}, "maxItems": 2}
    assert shapes.PAIR == {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}

"""The user's SQL options: ``"algo=ksigma,k=2"`` to an algorithm's parameters."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from itertools import chain
from math import isfinite
from typing import Any, Literal, get_args, get_origin

from kernels.contract import BadParameter
from kernels.options import in_words, type_hints


def parse(text: str) -> dict[str, str]:
    """Split option text into pairs, by the rule every release of the node has used.

    Pieces between commas count when they hold an ``=``; the value ends at a second ``=``; pieces that are too short
    or lack a key or a value are skipped; unknown keys do no harm. A repeated key keeps its last value.
    """
    pairs: dict[str, str] = {}
    for piece in text.split(","):
        key, equals, rest = piece.strip().partition("=")
        key, value = key.strip(), rest.partition("=")[0].strip()
        if equals and key and value:
            pairs[key] = value
    return pairs


def params(kind: type[Any], given: Mapping[str, str]) -> Any:
    """Build an algorithm's parameters from the pairs that name one of its fields or their aliases.

    Raises
    ------
    BadParameter : a value of the wrong type, or one that the parameters themselves refuse.
    """
    if _names(kind).isdisjoint(given):  # type: ignore[arg-type]  # classes are hashable
        return kind()
    hints = type_hints(kind)  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        for name in (field.name, *field.metadata.get("aliases", ())):
            if name in given:
                convert = field.metadata.get("parse") or (lambda text, hint=hints[field.name]: _convert(text, hint))
                try:
                    values[field.name] = convert(given[name])
                except BadParameter:
                    raise
                except ValueError as error:
                    raise BadParameter(f"{name} must be {in_words(hints[field.name])}, got {given[name]!r}") from error
                break
    return kind(**values)


@cache
def _names(kind: Any) -> frozenset[str]:
    """Return the names of parameters and their aliases."""
    return frozenset(
        chain.from_iterable((each.name, *each.metadata.get("aliases", ())) for each in dataclasses.fields(kind))
    )


def _convert(text: str, hint: Any) -> Any:
    """Turn text into the annotated type; raises ValueError."""
    if get_origin(hint) is Literal:
        return _choice(text, {str(choice).lower(): choice for choice in get_args(hint)})
    if get_origin(hint) in _UNIONS:
        for member in get_args(hint):
            try:
                return _convert(text, member)
            except ValueError:
                continue
        raise ValueError(text)
    return _CONVERTERS[hint](text)


def _choice(text: str, choices: Mapping[str, Any]) -> Any:
    if text.lower() not in choices:
        raise ValueError(text)
    return choices[text.lower()]


def finite_number(text: str) -> float:
    """Read a number; raises ValueError for anything else, nan and infinity included."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def whole_number(text: str) -> int:
    """Read an integer, also one written with decimals that are zero; raises ValueError."""
    try:
        return int(text)
    except ValueError:
        number = finite_number(text)
        if number != int(number):
            raise
        return int(number)


_UNIONS = (typing.Union, types.UnionType)
_CONVERTERS: dict[Any, Callable[[str], Any]] = {
    bool: lambda text: _choice(text, {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}),
    int: whole_number,
    float: finite_number,
    str: str,
    type(None): lambda text: _choice(text, {"none": None, "null": None}),
}

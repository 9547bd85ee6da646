"""The options of algorithms, each declared once: type, default, range and one line about it.

From the declaration come the check of a value, the message that refuses it, what `/list` shows, what the shell
completes, the manual page and the table in the documentation.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

from kernels.contract import Algorithm, BadParameter, Json

_UNIONS = (typing.Union, types.UnionType)
_NUMBERS = {bool, int, float}
_IN_WORDS = {bool: "0 or 1", int: "an integer", float: "a number", str: "text", type(None): "none"}


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of a number: `ge` and `le` belong to the range, `gt` and `lt` do not."""

    ge: float | None = None
    le: float | None = None
    gt: float | None = None
    lt: float | None = None

    def __contains__(self, value: float) -> bool:
        return (
            (self.ge is None or value >= self.ge)
            and (self.le is None or value <= self.le)
            and (self.gt is None or value > self.gt)
            and (self.lt is None or value < self.lt)
        )

    def __str__(self) -> str:
        low, high = (self.gt if self.ge is None else self.ge), (self.lt if self.le is None else self.le)
        if low is None:
            return "" if high is None else f"{'<' if self.le is None else '<='} {high:.15g}"
        if high is None:
            return f"{'>' if self.ge is None else '>='} {low:.15g}"
        if self.ge is not None and self.le is not None:
            return f"{low:.15g} to {high:.15g}"
        return f"in {'(' if self.ge is None else '['}{low:.15g}, {high:.15g}{')' if self.le is None else ']'}"


def option(
    default: Any,
    doc: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    gt: float | None = None,
    lt: float | None = None,
    choices: Sequence[Any] = (),
    aliases: tuple[str, ...] = (),
    parse: Callable[[str], Any] | None = None,
    refusal: str = "",
) -> Any:
    """Declare one option of an algorithm: a field of a dataclass derived from `Options`.

    Parameters
    ----------
    default : the value when the user says nothing; also what `/list` shows.
    doc : one line for the user: meaning and unit. The range is added to it.
    ge, le, gt, lt : the range of its numbers; words such as ``auto`` are not compared.
    choices : the values there are; a `Literal` as the field's type says the same.
    aliases : other spellings accepted on the wire.
    parse : text -> value, where the field's type alone does not say it. Raises ``BadParameter`` or ``ValueError``.
    refusal : the words for a value outside the range, where the contract has them; else made from the range.
    """
    within = Range(ge, le, gt, lt)
    metadata = {
        "doc": doc,
        "within": within,
        "choices": tuple(choices),
        "aliases": aliases,
        "parse": parse,
        "refusal": refusal,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Options:
    """What the options of every algorithm are derived from; a value outside its range is refused when it is made."""

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class NoOptions(Options):
    """An algorithm without options."""


@dataclass(frozen=True, slots=True)
class Declared:
    """One option as it was declared.

    type : in words, such as ``an integer or auto``.
    """

    name: str
    default: Json
    doc: str
    type: str
    range: Range = field(default_factory=Range)
    aliases: tuple[str, ...] = ()
    choices: tuple[Any, ...] = ()

    @property
    def within(self) -> str:
        """The range in words, "" for none."""
        return str(self.range)

    @property
    def values(self) -> str:
        """What may be given, in words, such as ``an integer 0 to 20, auto or none``."""
        first, *others = self.type.split(" or ")
        told = [f"{first} {self.within}".rstrip(), *others]
        if any(str(choice) not in told for choice in self.choices):
            told = [str(choice) for choice in self.choices]
        return " or ".join(filter(None, (", ".join(told[:-1]), told[-1])))

    def __str__(self) -> str:
        """Return the one line about it, with its range."""
        return self.doc + (f", {self.within}" if self.within else "")


def check(given: Any) -> None:
    """Hold every value to its declaration.

    Raises
    ------
    BadParameter : the first that is outside its range or none of its choices.
    """
    for rule in _rules(type(given)):  # type: ignore[arg-type]  # classes are hashable
        value = getattr(given, rule.name)
        if value is not rule.default and not rule.allows(value):
            raise BadParameter(f"{rule.refusal}, got {value}")


class _Rule(NamedTuple):
    """What a value of one option is held to, found out once: a request has no time for it."""

    name: str
    default: Any
    choices: tuple[Any, ...]
    within: Range
    number: bool
    refusal: str

    def allows(self, value: Any) -> bool:
        if value in self.choices:
            return True
        if self.number and isinstance(value, (int, float)):
            return value in self.within
        return not self.choices


@cache
def _rules(params: Any) -> tuple[_Rule, ...]:
    hints, rules = type_hints(params), []
    for each in dataclasses.fields(params):
        told, hint = each.metadata, hints[each.name]
        explicit, within, words = told.get("choices", ()), told.get("within", _ANY), _words(hint)
        number = not explicit and bool(_NUMBERS & {hint, *get_args(hint)})
        accepted = " or ".join(map(str, explicit or ((str(within),) if str(within) else ()) + words))
        refusal = told.get("refusal") or f"{each.name} must be {accepted}"
        rules.append(_Rule(each.name, each.default, tuple(explicit) or words, within, number, refusal))
    return tuple(rules)


def defaults(algorithm: Algorithm) -> dict[str, Json]:
    """Return names and default values of the options of an algorithm, for `/list`."""
    if algorithm.shown is not None:
        return dict(algorithm.shown)
    return {each.name: each.default for each in dataclasses.fields(algorithm.params)}


def declared(params: type[Any]) -> Iterator[Declared]:
    """Yield the options of an algorithm."""
    hints = type_hints(params)  # type: ignore[arg-type]  # classes are hashable
    for each in dataclasses.fields(params):
        told = each.metadata
        yield Declared(
            each.name,
            each.default,
            told.get("doc", ""),
            in_words(hints[each.name]),
            told.get("within", _ANY),
            tuple(told.get("aliases", ())),
            tuple(told.get("choices", ())) or _words(hints[each.name]),
        )


@cache
def type_hints(params: Any) -> Mapping[str, Any]:
    """Return the types of the options of an algorithm."""
    return typing.get_type_hints(params)


def in_words(hint: Any) -> str:
    """Say in words what a type accepts."""
    if get_origin(hint) is Literal:
        return " or ".join(str(choice) for choice in get_args(hint))
    if get_origin(hint) in _UNIONS:
        return " or ".join(in_words(member) for member in get_args(hint))
    return _IN_WORDS[hint]


def _words(hint: Any) -> tuple[Any, ...]:
    """Return the values that a type names one by one."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    if get_origin(hint) in _UNIONS:
        return tuple(word for member in get_args(hint) for word in _words(member))
    return ()


_ANY = Range()

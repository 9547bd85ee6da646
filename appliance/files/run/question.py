"""What is asked about every series of a file: an algorithm and its options, in the words of SQL and of the wire."""

from __future__ import annotations

import dataclasses
import difflib
import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.analysis.catalog import ByName
from appliance.analysis.kind import Kind
from appliance.files.calendar import frequency, starts
from appliance.files.run import trained
from appliance.files.run.placing import Placed, Wishes
from appliance.files.series import UsageError
from appliance.protocol import answers, fields, options
from kernels.contract import Algorithm, AlgorithmError, Task
from kernels.options import Range, declared
from models import table


@dataclass(frozen=True)
class Question:
    """An algorithm and the options that follow it in SQL: ``k=2,wncheck=1``; and what is wished besides.

    White noise is told, other than in SQL, and refused only if the option says so.
    """

    algorithm: str
    option: str = ""
    wishes: Wishes = Wishes()

    def also(self, option: str) -> Question:
        """Return the same question with a further option, which counts more than one before."""
        return dataclasses.replace(self, option=",".join(filter(None, (self.option, option)))) if option else self

    @functools.cached_property
    def given(self) -> Mapping[str, str]:
        """The options by name."""
        return options.parse(self.option)

    def body(self, kind: Kind[Any], algorithm: str, placed: Placed, data: Task) -> dict[str, Any]:
        """Return the fields of a request's body, but for schema and data; raises BadRequest.

        data : those of the series as it is put to the algorithm.
        """
        return {
            fields.ALGO: algorithm,
            fields.OPTION: ",".join(filter(None, (f"{fields.ALGO}={algorithm}", self.option, placed.option))),
            fields.PRECISION: data.unit,
            fields.NOISE_CHECK: int(self.given.get(fields.NOISE_CHECK, "0") not in ("0", "false")),
            fields.ROWS: len(data.times),
            fields.PROTOCOL: answers.PROTOCOL,
            **kind.question(placed.given, data),
        }


def read(algorithm: str, given: Iterable[str]) -> tuple[str, str]:
    """Split ``ksigma,k=2`` or ``algo=ksigma,k=2`` and further options into a name and the text of the options.

    Raises
    ------
    ValueError : a piece that is not name=value; its message is for the user.
    """
    name, *pieces = (piece.strip() for piece in algorithm.split(","))
    name = name.partition("=")[2].strip() if name.lower().startswith("algo=") else name
    pieces += [piece.strip() for text in given for piece in text.split(",")]
    for piece in pieces:
        if len(options.parse(piece)) != 1:
            raise ValueError(f"{piece!r} is no option: name=value is expected")
    if not name or "=" in name:
        raise ValueError(f"{algorithm!r} names no algorithm")
    return trained.called(name), ",".join(pieces)


def setting(text: str) -> tuple[str, str]:
    """Split a setting, such as ``ets:model=AAN:period=12``, into the name of an algorithm and options as in SQL."""
    name, *pieces = text.split(":")
    return name, ",".join(pieces)


def check_setting(algorithms: ByName, kind: Kind[Any], question: Question, text: str) -> None:
    """Refuse a setting whose algorithm or one of whose options is none, or holds for all; raises UsageError."""
    name, own = setting(text)
    pieces = own.split(",") if own else []
    wrong = [piece for piece in pieces if len(options.parse(piece)) != 1]
    if wrong:
        raise UsageError(f"{text}: {wrong[0]!r} is no option: NAME:OPTION=VALUE:... is expected")
    algorithm = check(algorithms, kind, dataclasses.replace(question, algorithm=name, option=own))
    known = [other for one in declared(algorithm.params) for other in (one.name, *one.aliases)]
    shared = [option for option in options.parse(own) if option in {one.name for one in kind.options} - {*known}]
    if shared:
        raise UsageError(f"{text}: {shared[0]} is the same for all that are compared, --option {shared[0]} sets it")


def check(algorithms: ByName, kind: Kind[Any], question: Question) -> Algorithm:
    """Return the algorithm that is asked for; raises UsageError if it or an option is none.

    A node ignores unknown options; who types one by hand wants to know.
    """
    name = table.canonical(question.algorithm)
    if name not in algorithms:
        near = difflib.get_close_matches(name, list(algorithms), n=1)
        hint = f", did you mean {near[0]}?" if near else f"; there are: {', '.join(algorithms)}"
        raise UsageError(f"unknown algorithm {question.algorithm}{hint}")
    algorithm = algorithms[name]
    if algorithm.needs.options:
        return algorithm
    own = [other for one in declared(algorithm.params) for other in (one.name, *one.aliases)]
    service = [fields.ALGO, *(one.name for one in kind.options)]
    for option in question.given:
        if option not in own and option not in service:
            raise UnknownOption(name, option, own, difflib.get_close_matches(option, [*own, *service], n=1))
    try:
        options.params(algorithm.params, question.given)
    except AlgorithmError as error:
        raise UsageError(str(error)) from None
    return algorithm


def check_shared(kind: Kind[Any], given: Mapping[str, str]) -> None:
    """Refuse a value that no algorithm of a kind can have, and no series either; raises UsageError."""
    for one in kind.options:
        text = given.get(one.name)
        if text is None or one.range == Range():
            continue
        try:
            number = options.whole_number(text) if one.type == "an integer" else options.finite_number(text)
        except ValueError:
            if one.name == fields.PERIOD:
                continue  # a word such as auto: the algorithm knows
            number = None
        if number is None or number not in one.range:
            raise UsageError(f"{one.name} must be {one.values}, got {text}")
    try:
        for name in (fields.EVERY, fields.FREQ):
            if name in given and not given[name].isdecimal():
                frequency.parse(given[name], f"--{name}")
        if fields.START in given:
            starts.check(given[fields.START])
    except AlgorithmError as error:
        raise UsageError(str(error)) from None


class UnknownOption(UsageError):
    """An algorithm knows no option of that name.

    close : names that it does know and that are much alike.
    """

    def __init__(self, algorithm: str, option: str, own: Sequence[str], close: Sequence[str]) -> None:
        self.close = close
        takes = f"{algorithm} takes {', '.join(own) or 'none of its own'}"
        hint = f", did you mean {close[0]}?" if close else f"; {takes}"
        super().__init__(f"unknown option {option}{hint}")

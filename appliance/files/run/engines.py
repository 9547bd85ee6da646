"""Where the algorithms run, and which of them are meant."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

from appliance.analysis import catalog as catalogue
from appliance.analysis.catalog import ByName
from appliance.analysis.kind import Kind
from appliance.files.read.reading import Source
from appliance.files.run import question
from appliance.files.run.local import Local
from appliance.files.run.question import Question, UnknownOption
from appliance.files.run.remote import Remote
from appliance.files.series import FileError
from appliance.host import settings
from kernels.contract import Algorithm

Engine = Local | Remote


def choose(
    given: argparse.Namespace, kind: Kind[Any], asked: Question, source: Source, names: Sequence[str] | None
) -> tuple[list[str], Engine]:
    """Return the names of the algorithms that are meant, and what runs them.

    names : what was asked for, None for all there are that can take the values.

    Raises
    ------
    FileError : an algorithm that does not exist or cannot take the values, an option that none of them knows.
    """
    several = len(source.values) > 1
    if several and kind.one_column:
        raise FileError(f"--value: a {kind.title} is made for one column, got {', '.join(source.values)}")
    if given.url:
        remote = Remote(given.url, kind, asked)
        return (list(names) if names is not None else remote.names()), remote
    configured = settings.load(given.config)
    catalog = catalogue.build(configured)
    algorithms = catalog.of_kind(kind.wire_type)
    if names is None:
        names = [name for name, one in algorithms.items() if _takes(one, several)]
        _check_options(algorithms, kind, asked, names)
    elif len(names) > 1:
        for name in names:
            question.check(algorithms, kind, dataclasses.replace(asked, algorithm=name, option=""))
        _check_options(algorithms, kind, asked, names)
    else:
        question.check(algorithms, kind, dataclasses.replace(asked, algorithm=names[0]))
    for name in names:
        one = algorithms.get(name)
        if one is not None and not _takes(one, several):
            raise FileError(f"--value: {name} looks at one column, got {', '.join(source.values)}")
    return list(names), Local(kind, catalog, configured, asked)


def _takes(algorithm: Algorithm, several: bool) -> bool:
    return not several or algorithm.needs.columns != "one"


def _check_options(algorithms: ByName, kind: Kind[Any], asked: Question, names: Sequence[str]) -> None:
    """Refuse an option that no algorithm knows; one that some know is theirs."""
    for option, value in asked.given.items():
        refused = []
        for name in names:
            try:
                question.check(algorithms, kind, dataclasses.replace(asked, algorithm=name, option=f"{option}={value}"))
            except UnknownOption as error:
                refused.append(error)
        if refused and len(refused) == len(names):
            raise next((error for error in refused if error.close), refused[0])

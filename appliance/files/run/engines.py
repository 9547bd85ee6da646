"""Where the algorithms run, and which of them are meant."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence

from appliance.analysis import catalog as catalogue
from appliance.files.read.reading import Source
from appliance.files.run import question
from appliance.files.run.local import Local
from appliance.files.run.question import Question
from appliance.files.run.remote import Remote
from appliance.files.series import FileError
from appliance.host import settings
from kernels.contract import Algorithm, Detector

Engine = Local | Remote


def choose(
    given: argparse.Namespace,
    kind: type[Algorithm],
    asked: Question,
    source: Source,
    names: Sequence[str] | None,
) -> tuple[list[str], Engine]:
    """Return the names of the algorithms that are meant, and what runs them.

    names : what was asked for, None for all there are that can take the values.

    Raises
    ------
    FileError : an algorithm that does not exist or cannot take the values, an option that none of them knows.
    """
    several = len(source.values) > 1
    if several and kind is not Detector:
        raise FileError(f"--value: a forecast is made for one column, got {', '.join(source.values)}")
    if given.url:
        remote = Remote(given.url, asked)
        return (list(names) if names is not None else remote.names(kind)), remote
    configured = settings.load(given.config)
    catalog = catalogue.build(configured)
    if names is None:
        names = [
            name for name, one in sorted(catalog.algorithms.items()) if isinstance(one, kind) and _takes(one, several)
        ]
        _check_options(catalog.algorithms, kind, asked, names)
    elif len(names) > 1:
        for name in names:
            question.check(catalog.algorithms, kind, dataclasses.replace(asked, algorithm=name, option=""))
        _check_options(catalog.algorithms, kind, asked, names)
    else:
        question.check(catalog.algorithms, kind, dataclasses.replace(asked, algorithm=names[0]))
    for name in names:
        one = catalog.algorithms.get(name)
        if one is not None and not _takes(one, several):
            raise FileError(f"--value: {name} looks at one column, got {', '.join(source.values)}")
    return list(names), Local(catalog, configured, asked)


def _takes(algorithm: Algorithm, several: bool) -> bool:
    return not several or not isinstance(algorithm, Detector) or algorithm.multivariate


def _check_options(
    algorithms: Mapping[str, Algorithm], kind: type[Algorithm], asked: Question, names: Sequence[str]
) -> None:
    """Refuse an option that no algorithm knows; one that some know is theirs."""
    for option, value in asked.given.items():
        refused = []
        for name in names:
            try:
                question.check(algorithms, kind, dataclasses.replace(asked, algorithm=name, option=f"{option}={value}"))
            except FileError as error:
                refused.append(error)
        if refused and len(refused) == len(names):
            raise next((error for error in refused if "did you mean" in str(error)), refused[0])

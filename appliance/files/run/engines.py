"""Where the algorithms run, and which of them are meant; settled before any file is opened."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from appliance.analysis import catalog as catalogue
from appliance.analysis.catalog import ByName
from appliance.analysis.kind import Kind
from appliance.files.run import question, trained
from appliance.files.run.local import Local
from appliance.files.run.question import Question, UnknownOption
from appliance.files.run.remote import Remote
from appliance.files.series import UsageError
from appliance.host import settings
from kernels.contract import Algorithm

Engine = Local | Remote


@dataclass(frozen=True, slots=True)
class Prepared:
    """What runs the algorithms, and what is known of them.

    names : what was asked for, None for all there are. algorithms : by name, None where only a node knows them.
    """

    kind: Kind[Any]
    engine: Engine
    names: Sequence[str] | None
    algorithms: ByName | None

    @property
    def one_column(self) -> bool:
        """Whether the one algorithm that is meant looks at one column."""
        only = self.algorithms.get(question.setting(self.names[0])[0]) if self.algorithms and self.names else None
        return self.kind.one_column or (only is not None and not _takes(only, True))

    def suited(self, values: Sequence[str]) -> list[str]:
        """Return the names of the algorithms that are meant for some columns.

        Raises
        ------
        UsageError : one of them cannot take so many columns. NodeGone : the node cannot tell its algorithms.
        """
        several = len(values) > 1
        if several and self.kind.one_column:
            raise UsageError(f"--value: a {self.kind.title} is made for one column, got {', '.join(values)}")
        if self.algorithms is None:
            return list(self.names) if self.names is not None else self.engine.names()
        if self.names is None:
            return [name for name, one in self.algorithms.items() if _takes(one, several)]
        for name in self.names:
            one = self.algorithms.get(question.setting(name)[0])
            if one is not None and not _takes(one, several):
                raise UsageError(f"--value: {name} looks at one column, got {', '.join(values)}")
        return list(self.names)


def prepare(given: argparse.Namespace, kind: Kind[Any], asked: Question, names: Sequence[str] | None) -> Prepared:
    """Return what runs the algorithms that are meant.

    names : what was asked for, also as settings such as ``ets:model=AAN``; None for all there are that can take the
        values.

    Raises
    ------
    UsageError : an algorithm that does not exist, an option that none of them knows, a value outside its range.
    SettingsError
    """
    question.check_shared(kind, asked.given)
    if given.url:
        return Prepared(kind, Remote(given.url, kind, asked), names, None)
    configured = settings.of_node(given.config)
    catalog = trained.with_models(catalogue.build(configured), configured, names or ())
    algorithms = catalog.of_kind(kind.wire_type)
    for name in names or ():
        question.check_setting(algorithms, kind, asked, name)
    plain = list(algorithms) if names is None else [question.setting(name)[0] for name in names]
    if len(plain) == 1:
        question.check(algorithms, kind, dataclasses.replace(asked, algorithm=plain[0]))
    else:
        _check_options(algorithms, kind, asked, plain)
    return Prepared(kind, Local(kind, catalog, configured, asked), names, algorithms)


def _takes(algorithm: Algorithm, several: bool) -> bool:
    return not several or algorithm.needs.columns != "one"


def _check_options(algorithms: ByName, kind: Kind[Any], asked: Question, names: Sequence[str]) -> None:
    """Refuse an option that no algorithm knows or can have so; one that some know is theirs."""
    for option, value in asked.given.items():
        refused: list[UsageError] = []
        for name in names:
            try:
                question.check(algorithms, kind, dataclasses.replace(asked, algorithm=name, option=f"{option}={value}"))
            except UsageError as error:
                refused.append(error)
        if refused and len(refused) == len(names):
            raise next((error for error in refused if not isinstance(error, UnknownOption) or error.close), refused[0])

"""Analyses series in this process, with the same steps and checks as a node."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from appliance.analysis import run
from appliance.analysis.catalog import Catalog
from appliance.analysis.kind import Kind
from appliance.files.run import pieces, placing
from appliance.files.run.question import Question
from appliance.files.series import FileResult, FileSeries
from appliance.host.settings import Settings
from appliance.protocol import documents, fields
from kernels.options import declared
from models import table


class Local:
    """The algorithms of this program."""

    def __init__(self, kind: Kind[Any], catalog: Catalog, settings: Settings, question: Question) -> None:
        self._kind, self._algorithms = kind, catalog.of_kind(kind.wire_type)
        self._settings, self._question = settings, question
        self._halted = threading.Event()
        self._options: dict[str, frozenset[str]] = {}  # of the algorithms that were asked, as far as they are known
        self._shared: dict[tuple[Any, ...], Mapping[str, Any]] = {}  # what requests have besides their tasks

    def halt(self) -> None:
        """Make long searches that still run answer at once."""
        self._halted.set()

    def names(self) -> list[str]:
        """Return the names of all algorithms of this kind."""
        return list(self._algorithms)

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    def _has(self, algorithm: str, option: str) -> bool:
        """Return whether an algorithm has an option of that name."""
        if algorithm not in self._options:
            known = self._algorithms.get(table.canonical(algorithm))
            self._options[algorithm] = frozenset(one.name for one in declared(known.params)) if known else frozenset()
        return option in self._options[algorithm]

    def answer(self, algorithm: str, series: FileSeries, option: str = "") -> FileResult:
        """Run an algorithm, or a setting of one, with a further option; raises AlgorithmError."""
        question, halted = self._question, self._halted.is_set
        return pieces.asked(self._kind, question, algorithm, option, series, self._answer, halted)

    def _answer(self, algorithm: str, question: Question, series: FileSeries) -> FileResult:
        placed = placing.place(
            self._kind, series, question.given, question.wishes, self._halted.is_set, partial(self._has, algorithm)
        )
        data = placed.asked.data
        lengths = [len(data.times), *map(len, data.columns.values())]
        documents.check_lengths(lengths, [fields.TIME_COLUMN, *data.columns])
        body = question.body(self._kind, algorithm, placed, data)
        deadline = run.Deadline()
        request = self._kind.about(
            self._asked(body), body, data.times, data.columns, lambda: self._halted.is_set() or deadline.out_of_time()
        )
        deadline.due = time.monotonic() + run.patience_s(request, self._settings)
        if placed.asked.known:  # in the names that the user knows
            known = dict(zip(placed.asked.known, request.task.known.values(), strict=True))
            request = dataclasses.replace(request, task=dataclasses.replace(request.task, known=known))
        found = run.answer(self._kind, self._algorithms, request)
        self._kind.refuse(request.task, found)
        return placed.result(self._kind, algorithm, request.task, found)

    def _asked(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a body says whatever its data are: mostly the same for all series; raises BadRequest."""
        told = tuple(body[name] for name in (fields.ALGO, fields.OPTION, fields.PRECISION, fields.NOISE_CHECK))
        if told not in self._shared:
            self._shared[told] = self._kind.shared(body)
        return self._shared[told]

"""What is read from a file, and what an algorithm made of it."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from appliance.analysis.kind import Kind
from appliance.files.calendar.zones import Clock
from appliance.protocol import fields
from kernels.contract import Series, Task, Times

# in a quarter of the time that `dataclasses.replace` takes, which counts where there are many series
_BUT_COLUMNS = operator.attrgetter(*(one.name for one in dataclasses.fields(Task) if one.name != "columns"))


class FileError(Exception):
    """A file cannot be analysed or written; the message is one line: what, where, the value, the bound."""


class UsageError(FileError):
    """What was asked for is wrong, before any row is looked at."""


@dataclass(frozen=True, slots=True)
class FileSeries:
    """One series of a file.

    name : its value in the `--by` column, "" where the file is one series.
    times : int64 (n,), strictly increasing.
    precision : unit of the times since 1970: ms, us or ns.
    columns : column name -> float64 (n,), finite; at least one.
    clock : how the times are meant.
    ahead : int64 (m,), times of the rows to forecast, where covariates are known of them.
    known : covariate -> float64 (n + m,), at the rows and ahead.
    """

    name: str
    times: Times
    precision: str
    columns: Mapping[str, Series]
    clock: Clock = Clock()
    ahead: Times = field(default_factory=lambda: np.empty(0, np.int64))
    known: Mapping[str, Series] = field(default_factory=dict)

    @property
    def data(self) -> Task:
        """The data alone, its columns under the names they have on the wire."""
        named = {f"{fields.VALUE_COLUMN}{i or ''}": column for i, column in enumerate(self.columns.values())}
        known = {f"{fields.KNOWN_COVARIATE}_{i + 1}": values for i, values in enumerate(self.known.values())}
        return Task({**named, **known}, self.times, self.precision)


@dataclass(frozen=True, slots=True)
class FileResult:
    """What an algorithm answered about a series.

    task : what it was asked, with the columns under their names in the file.
    answer : that of the kind. remark : what the user should know, "" for nothing.
    """

    series: FileSeries
    kind: Kind[Any]
    algorithm: str
    task: Task
    answer: Any
    remark: str = ""

    @classmethod
    def of(
        cls, series: FileSeries, kind: Kind[Any], algorithm: str, task: Task, answer: Any, remark: str = ""
    ) -> FileResult:
        """Return a result about the series that a task was made of."""
        return cls(series, kind, algorithm, Task(series.columns, *_BUT_COLUMNS(task)), answer, remark)

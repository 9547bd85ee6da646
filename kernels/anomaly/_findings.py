"""What detectors that judge a series by itself find in a column, and how that becomes an answer with its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kernels.contract import Detection, Json, Series, Task
from kernels.explained import Expected, Explained, finders
from kernels.numerics.events import Events, flags_of, join_runs


class Chances(Protocol):
    """What is known of the scores that nothing unusual has."""

    def certainty(self, score: float) -> float:
        """Return the probability that nothing usual reaches a score."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to look at a column.

    by : the detector it belongs to.
    score : float64 (n,), > 0; bound : beyond it a row is unusual.
    chances : how the scores of usual stretches are distributed.
    """

    by: str
    score: Series
    bound: float
    chances: Chances


@dataclass(frozen=True, slots=True)
class Finding:
    """What is unusual in a column of n rows.

    events : at least `gap` rows apart.
    readings : none where nothing varies.
    """

    events: Events
    readings: tuple[Reading, ...]
    gap: int
    rows: int

    @property
    def ratio(self) -> Series:
        """Score over bound of every row, the largest of all readings; beyond 1 it is unusual."""
        ratios = [reading.score / reading.bound for reading in self.readings]
        highest: Series = np.max([np.zeros(self.rows), *ratios], axis=0)
        return highest


def union(*findings: Finding) -> Finding:
    """Return what several detectors have found in one column, one event where theirs meet."""
    first = findings[0]
    gap = min(finding.gap for finding in findings)
    unusual = np.any([flags_of(finding.events, first.rows) < 0 for finding in findings], axis=0)
    readings = tuple(reading for finding in findings for reading in finding.readings)
    return Finding(join_runs(unusual, gap), readings, gap, first.rows)


def detection(
    task: Task, findings: Sequence[Finding], expected: Sequence[Expected] = (), extra: Mapping[str, Json] | None = None
) -> Detection:
    """Return the answer about all columns.

    Parameters
    ----------
    findings : of each column.
    expected : of each column; without it, reasons tell no values.

    Returns
    -------
    Detection
        extra : besides what is given, ``reasons``: for each window, in order,
            row, time : where it is most unusual; time only where times are known.
            column : in which it is so, only where there are several.
            columns : the highest score of each of them in the window, likewise; beyond 1 it is unusual.
            by : the detectors that find it unusual.
            certainty : the probability that no usual stretch of the series scores as high.
            value, expected, low, high : of the row of the window that is farthest from what is expected.
    """
    whole = union(*findings)
    ratios = [finding.ratio for finding in findings]
    reasons: list[dict[str, Json]] = []
    by: list[list[str]] = []
    for begin, end in whole.events.tolist():
        at = int(np.argmax([ratio[begin:end].max() for ratio in ratios]))
        row = begin + int(np.argmax(ratios[at][begin:end]))
        names, certainty = _why(findings[at], begin, end)
        by.append(names)
        reasons.append(
            place(task, list(task.columns)[at], row)
            | _shares(task, ratios, begin, end)
            | {"by": [*names], "certainty": certainty}
            | (_values(list(task.columns.values())[at], expected[at], begin, end) if expected else {})
        )
    flags, score = flags_of(whole.events, whole.rows), np.max(ratios, axis=0)
    told = {**(extra or {}), "reasons": reasons}
    if not expected:
        return Detection(flags, score, told)
    return Explained(flags, score, told, tuple(expected), finders(whole.events, by, whole.rows))


def place(task: Task, column: str, row: int) -> dict[str, Json]:
    place: dict[str, Json] = {"row": row}
    if len(task.times):
        place["time"] = int(task.times[row])
    if len(task.columns) > 1:
        place["column"] = column
    return place


def _shares(task: Task, ratios: Sequence[Series], begin: int, end: int) -> dict[str, Json]:
    if len(ratios) < 2:
        return {}
    return {"columns": {name: float(one[begin:end].max()) for name, one in zip(task.columns, ratios, strict=True)}}


def _why(finding: Finding, begin: int, end: int) -> tuple[list[str], float]:
    by, certainty = set(), 0.0
    for reading in finding.readings:
        highest = float(reading.score[begin:end].max())
        if highest > reading.bound:
            by.add(reading.by)
            certainty = max(certainty, reading.chances.certainty(highest))
    return sorted(by), certainty


def _values(column: Series, expected: Expected, begin: int, end: int) -> dict[str, Json]:
    halves = column[begin:end] / 2.0 - expected.value[begin:end] / 2.0  # so that no difference overflows
    row = begin + int(np.argmax(np.abs(halves)))
    numbers = {"value": column, "expected": expected.value, "low": expected.low, "high": expected.high}
    return {name: float(values[row]) for name, values in numbers.items()}

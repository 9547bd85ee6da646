"""Anomaly detection: a code for each row, answered as windows of rows that are not normal."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.analysis import checks, joining, newest_rows, plugin_objects
from appliance.analysis.explanation import EXPLAINED, with_explanations
from appliance.analysis.kind import REAL, ROWS, TEXT, TIME, WHOLE, Column, Columns, Kind
from appliance.analysis.newest_rows import REASONS
from appliance.analysis.picture import Line, Picture, Points, counted
from appliance.analysis.taosanalytics_compat import AbstractAnomalyDetectionService
from appliance.protocol import fields
from appliance.protocol.documents import BadRequest, Document
from appliance.protocol.requests import Request
from appliance.protocol.shapes import INTEGER, NUMBERS, OBJECT, PAIR, PAIRS, listed, object_of, said
from kernels.contract import ANOMALY, Algorithm, AlgorithmError, Detection, Series, Task, Times
from kernels.explained import Expected, Explained, finders
from kernels.numerics.events import coded_runs, peaks
from kernels.options import Declared, Range

WINDOWS, FLAGS = "windows", "flags"
VALUES = ("value", "expected", "low", "high")  # of a row, in each column that is analysed
FOUND_BY = "found_by"  # the detectors that find something unusual in a window


class Anomaly(Kind[Detection]):
    """Anomaly detection; a detector that takes several columns gets all there are."""

    wire_type = ANOMALY
    title = "anomaly detection"
    place = 2
    route = "/anomaly-detect"
    default = "ksigma"
    told = {
        fields.RESULT: said(PAIRS, "first and last time of each window"),
        fields.MASK: said(listed(INTEGER), "the code of each window"),
    }
    told_too = {
        fields.SCORES: said(NUMBERS, "of every row"),
        fields.EXPECTED: said(
            listed(object_of(dict.fromkeys((fields.VALUE, fields.LOW, fields.HIGH), NUMBERS))),
            "of every row, by column",
        ),
        EXPLAINED: said(
            listed(object_of({}, {"nearest": PAIR, fields.EXPECTED: OBJECT})),
            "of the first windows: what is most like each, and what was expected there",
        ),
    }
    nothing = {fields.RESULT: [], fields.MASK: []}
    everything = f"{fields.SCORES}=1"
    takes = (
        Declared(fields.SCORES, 0, "1: tell the score of every row as well, and what was expected", "0 or 1"),
        Declared(
            fields.VALID_CODE, 1, "the code that normal rows have in the answers of a plug-in class", "an integer"
        ),
        Declared(
            fields.ONLY_LAST,
            0,
            "judge so many of the newest rows only, each without those after it; 0: all, at once. Not of shesd",
            "an integer",
            Range(ge=0, le=newest_rows.MOST),
        ),
        Declared(
            fields.EXPLAIN, 0, "1: tell what was expected in each window, and which rows are most like it", "0 or 1"
        ),
    )
    plugin = AbstractAnomalyDetectionService
    folder = "ad"
    tables = {
        WINDOWS: {
            "start": TIME,
            "end": TIME,
            "rows": WHOLE,
            "peak": TIME,
            "score": REAL,
            **dict.fromkeys(VALUES, REAL),
            FOUND_BY: TEXT,
        },
        FLAGS: {"time": TIME, "flag": WHOLE, "score": REAL, **dict.fromkeys(VALUES, REAL), FOUND_BY: TEXT},
    }
    noun = {WINDOWS: "window", FLAGS: "row"}
    headline = "Anomalies found by {}"
    longest = 10_000_000
    axis = ROWS

    def task(self, document: Document, options: Mapping[str, str], data: Task) -> Task:
        """Complete the task of a request; raises BadRequest."""
        if len({len(column) for column in data.columns.values()}) > 1:
            raise BadRequest("multiple dimensions of data for anomaly detection are not equal")
        return data

    def question(self, options: Mapping[str, str], data: Task) -> dict[str, Any]:
        """Return nothing: a detector needs no more than its data."""
        return {}

    def run(self, algorithm: Algorithm, request: Request, params: Any) -> Any:
        """Return the answer about all rows, or about the newest, explained if that is asked for."""
        answer = self._judged(algorithm, request, params)
        if request.option(fields.EXPLAIN, 0) and isinstance(answer, Detection):
            return with_explanations(request.task, answer, runs(answer.flags)[0].tolist())
        return answer

    def _judged(self, algorithm: Algorithm, request: Request, params: Any) -> Any:
        """Judge all rows or the newest; a detector's own option of that name goes before."""
        if hasattr(params, fields.ONLY_LAST) or not (newest := request.option(fields.ONLY_LAST, 0)):
            return super().run(algorithm, request, params)
        most = min(newest_rows.MOST, request.rows)
        if not 0 < newest <= most:
            raise BadRequest(f"{fields.ONLY_LAST} must be 0 to {most} for {request.rows} rows, got {newest}")
        return newest_rows.judged(algorithm, request.task, params, newest)

    def checked(self, task: Task, answer: Any) -> Detection:
        """Hold an answer to the contract; raises AlgorithmError."""
        if not isinstance(answer, Detection):
            raise AlgorithmError(f"a Detection is expected, got {type(answer).__name__}")
        rows = len(task.series)
        flags = checks.flags(answer.flags, rows)
        found = dataclasses.replace(answer, flags=flags, score=checks.array(answer.score, rows, "score"))
        if isinstance(found, Explained):
            if len(found.expected) != len(task.columns):
                raise AlgorithmError(f"expected: {len(task.columns)} columns are needed, got {len(found.expected)}")
            expected = tuple(
                Expected(*(checks.array(values, rows, "expected") for values in (one.value, one.low, one.high)))
                for one in found.expected
            )
            found = dataclasses.replace(found, expected=expected)
        return found

    def refuse(self, task: Task, answer: Detection) -> None:
        """Refuse nothing: windows can always be sent."""

    def write(self, request: Request, answer: Detection) -> dict[str, Any]:
        """Return windows, their codes and, if asked for, score and expected value of every row."""
        spans, codes = windows(request.task.times, answer.flags)
        reply = {fields.RESULT: spans, fields.ROWS: len(spans), fields.MASK: codes, **answer.extra}
        if request.option(fields.SCORES, 0):
            reply[fields.SCORES] = answer.score
            if isinstance(answer, Explained):
                reply[fields.EXPECTED] = [
                    {fields.VALUE: one.value, fields.LOW: one.low, fields.HIGH: one.high} for one in answer.expected
                ]
        return reply

    def parse(self, reply: Mapping[str, Any], task: Task) -> Detection:
        """Return the flags that a node's windows mean; scores are nan where it tells none."""
        rows = len(task.times)
        spans = np.array(reply[fields.RESULT], dtype=np.int64).reshape(-1, 2)
        codes = np.array(reply.get(fields.MASK, [-1] * len(spans)), dtype=np.int8)
        score = np.array(reply.get(fields.SCORES, [np.nan] * rows), dtype=np.float64)
        if len(codes) != len(spans) or len(score) != rows:
            raise ValueError("codes or scores of another length")
        flags = np.ones(rows, dtype=np.int8)
        begins = np.searchsorted(task.times, spans[:, 0])
        ends = np.searchsorted(task.times, spans[:, 1], side="right")
        for begin, end, code in zip(begins, ends, codes, strict=True):
            flags[begin:end] = code
        extra = self.own(reply)
        if fields.EXPECTED not in reply:
            return Detection(flags, score, extra)
        told = [[one[name] for name in (fields.VALUE, fields.LOW, fields.HIGH)] for one in reply[fields.EXPECTED]]
        table = np.array(told, dtype=np.float64)
        if table.shape != (len(task.columns), 3, rows):
            raise ValueError("expected values of another length")
        names = [reason.get("by", []) for reason in reply.get(REASONS, [])]
        by = finders(runs(flags)[0], names, rows) if len(names) == len(spans) else {}
        return Explained(flags, score, extra, tuple(Expected(*one) for one in table), by)

    def at_rows(self, answer: Detection, rows: NDArray[np.int64]) -> Detection:
        """Return what is said of some rows, without the reasons: their windows may be others."""
        extra = {name: value for name, value in answer.extra.items() if name != REASONS}
        part = dataclasses.replace(answer, flags=answer.flags[rows], score=answer.score[rows], extra=extra)
        if isinstance(part, Explained):
            expected = (Expected(one.value[rows], one.low[rows], one.high[rows]) for one in part.expected)
            by = {name: found[rows] for name, found in part.by.items()}
            part = dataclasses.replace(part, expected=tuple(expected), by=by)
        return part

    def undivided(self, options: Mapping[str, str]) -> str:
        """Return which option asks about the series as a whole."""
        asked = [name for name in (fields.ONLY_LAST, fields.EXPLAIN) if options.get(name, "0") not in ("0", "false")]
        return f"{asked[0]} looks at the whole series" if asked else ""

    def seam(self, earlier: Detection, later: Detection) -> int:
        """Return the row from which the later of two answers about the same rows counts."""
        return joining.seam(earlier, later)

    def joined(self, parts: Iterable[Detection], rows: int) -> Detection:
        """Return one answer from those about parts that follow each other."""
        return joining.joined(parts, rows)

    def from_plugin(self, plugin: type[AbstractAnomalyDetectionService]) -> Callable[[Task, Any], Detection]:
        """Return what has an object of a plug-in's class judge the rows."""

        def detect(task: Task, _: Any) -> Detection:
            valid_code = checks.integer(fields.VALID_CODE, task.options.get(fields.VALID_CODE, 1))
            worker = plugin_objects.fed(plugin, task)
            worker.set_params({**task.options})
            flags = checks.flags(worker.execute(), len(task.series), valid_code)
            return Detection(flags, np.where(flags == 1, 0.0, 1.0))

        return detect

    def example(self, values: Series) -> Task:
        """Return the task of judging some values."""
        return Task.of(values, times=np.arange(len(values), dtype=np.int64))

    def summary(self, answer: Detection) -> Mapping[str, Any]:
        """Return the rows that are flagged, and the scores."""
        return {"anomalies": np.flatnonzero(answer.flags < 0), "score": answer.score}

    def described(self, table: str, values: Sequence[str]) -> Columns:
        """Return the columns of a table: those of several columns that are analysed have their names behind theirs."""
        columns = self.tables[table]
        if len(values) < 2:
            return columns
        shared = {name: type_ for name, type_ in columns.items() if name not in (*VALUES, FOUND_BY)}
        return shared | {f"{what}_{name}": REAL for name in values for what in VALUES} | {FOUND_BY: TEXT}

    def cells(self, table: str, task: Task, answer: Detection) -> tuple[Column | None, ...]:
        """Return a row for each window, or for each row of the data."""
        if table == FLAGS:
            flags = answer.flags.astype(np.int64)
            by = _found_by(answer, np.arange(len(flags)), np.arange(1, len(flags) + 1))
            return task.times, flags, answer.score, *_values(task, answer, slice(None)), by
        events, _ = runs(answer.flags)
        begin, end = events.T
        peak = peaks(events, np.ascontiguousarray(answer.score))
        times = task.times
        return (
            times[begin],
            times[end - 1],
            end - begin,
            times[peak],
            answer.score[peak],
            *_values(task, answer, peak),
            _found_by(answer, begin, end),
        )

    def picture(self, task: Task, answer: Detection, column: str) -> Picture:
        """Show the windows and the rows that are flagged; what was expected, if the answer is explained."""
        spans = windows(task.times, answer.flags)[0]
        flagged = answer.flags != 1
        said = "no anomalies"
        if flagged.any():
            said = f"{counted(len(spans), 'window')}, {int(flagged.sum()):,} of {len(flagged):,} rows"
        points = Points("anomalous row", task.times[flagged], task.columns[column][flagged])
        line = None
        if EXPLAINED in answer.extra and isinstance(answer, Explained):
            one = answer.expected[list(task.columns).index(column)]
            line = Line("expected value", task.times, one.value, one.low, one.high, "what is usual")
        return Picture(said, len(task.times), windows=spans, window="anomalous window", points=points, line=line)


def runs(codes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return the maximal runs of one code other than 1: int64 (k, 2), first row and the one after, and their codes."""
    found: tuple[NDArray[np.int64], NDArray[np.int8]] = coded_runs(np.ascontiguousarray(codes, np.int8))
    return found


def windows(times: Times, codes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the anomaly windows: maximal runs of one and the same code other than 1.

    Returns
    -------
    int64 (windows, 2), first and last time of each run, both inclusive; and the code of each run.
    """
    if len(times) != len(codes):
        return np.empty((0, 2), np.int64), codes[:0]
    rows, code = runs(codes)
    return np.column_stack((times[rows[:, 0]], times[rows[:, 1] - 1])), code


def _values(task: Task, answer: Detection, rows: Any) -> list[Column | None]:
    """Return `VALUES` of some rows, column by column."""
    found: list[Column | None] = []
    for at, column in enumerate(task.columns.values()):
        found.append(column[rows])
        if isinstance(answer, Explained):
            one = answer.expected[at]
            found += [one.value[rows], one.low[rows], one.high[rows]]
        else:
            found += [None] * 3
    return found


def _found_by(answer: Detection, begin: NDArray[np.int64], end: NDArray[np.int64]) -> Column | None:
    """Return the names of the detectors that find something in each range of rows, None for none."""
    if not isinstance(answer, Explained):
        return None
    which = np.zeros(len(begin), np.int64)  # a bit for each name
    told: list[str | None] = [None]
    for bit, (name, rows) in enumerate(sorted(answer.by.items())):
        before = np.concatenate(([0], np.cumsum(rows)))
        which |= (before[end] > before[begin]).astype(np.int64) << bit
        told += [f"{one}+{name}" if one else name for one in told]
    return np.array(told, object)[which]


KIND = Anomaly()

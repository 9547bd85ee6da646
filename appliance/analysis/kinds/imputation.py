"""Imputation: the series on its whole time axis, with values where rows are missing."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from appliance.analysis import checks, plugin_objects
from appliance.analysis.kind import ENTIRE, REAL, TIME, WHOLE, Column, Kind
from appliance.analysis.picture import Picture, Points, counted
from appliance.analysis.taosanalytics_compat import AbstractImputationService
from appliance.protocol import documents, fields, times
from appliance.protocol.documents import INT64, MAX_ROWS, BadRequest, Document
from appliance.protocol.requests import Request
from appliance.protocol.shapes import COUNT, NUMBERS, TEXT, listed, said
from kernels.contract import IMPUTATION, AlgorithmError, Filling, Series, Task, Times
from kernels.imputation import _axis
from kernels.options import Declared, Range

DEFAULT_FREQ = "1ms"
NANOSECONDS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9, "d": 86_400 * 10**9}
STEPS = {**NANOSECONDS, "w": 7 * 86_400 * 10**9}  # what a frequency may be counted in
LETTERS = {"w": "W", "d": "D", "h": "H", "m": "T", "s": "S", "ms": "L", "us": "U", "ns": "N"}  # of plug-ins
TASK_UNITS = ("s", "ms", "us", "ns")  # the coarsest first
FREQUENCY = re.compile(r"([1-9][0-9]*)?(ns|us|ms|[smhdw])", re.IGNORECASE)
SERIES, FILLED = "series", "filled"
COLUMNS = {"time": TIME, "value": REAL, "filled": WHOLE, "error": REAL}


class Imputation(Kind[Filling]):
    """Gaps of the time axis: rows that are missing between rows that are there."""

    wire_type = IMPUTATION
    title = "imputation"
    place = 3
    route = "/imputation"
    default = "moment"
    optional = True
    units = tuple(NANOSECONDS)
    asked_too = {
        fields.FREQ: said(
            {**TEXT, "pattern": f"^{FREQUENCY.pattern}$", "default": DEFAULT_FREQ}, "distance of rows, such as 15m"
        )
    }
    told = {
        fields.TIME_COLUMN: said(NUMBERS, "the whole axis; whole numbers unless the distance of rows is none"),
        fields.TARGET: said(NUMBERS, "a value for each of its rows"),
        fields.MASK: said(listed({"enum": [0, 1]}), "1: filled in"),
        fields.PERIOD: said(COUNT, "rows in a season"),
        fields.STATUS: {"const": fields.SUCCESS},
    }
    told_too = {fields.STD_ERROR: said(NUMBERS, "of each value, 0 for those that were given")}
    plugin = AbstractImputationService
    folder = "imputat"
    common = {fields.FREQ: DEFAULT_FREQ, "precision": "ms"}
    takes = (
        Declared(
            fields.FREQ, DEFAULT_FREQ, "distance of rows; at the prompt the usual step of the series", "a duration"
        ),
        Declared(fields.PERIOD, 0, "rows in a season, for an algorithm that looks at it", "an integer", Range(ge=0)),
    )
    tables = {SERIES: COLUMNS, FILLED: COLUMNS}
    noun = {SERIES: "row", FILLED: "filled row"}
    headline = "Gaps filled by {}"
    one_column = True
    axis = ENTIRE

    def unit(self, document: Document) -> str:
        """Return the unit of a request's times; raises BadRequest."""
        given = documents.text(document, fields.PRECISION, "ms").lower()
        if given not in self.units:
            raise BadRequest(f"precision should be one of {[*self.units]}, got {given!r}")
        return given

    def task(self, document: Document, options: Mapping[str, str], data: Task) -> Task:
        """Complete the task of a request: the distance of rows, in a unit that it is a whole number of.

        Raises
        ------
        BadRequest
        """
        text = documents.text(document, fields.FREQ, options.get(fields.FREQ, DEFAULT_FREQ))
        step = frequency(text)
        unit = next(
            unit for unit in TASK_UNITS if NANOSECONDS[data.unit] % NANOSECONDS[unit] == 0 == step % NANOSECONDS[unit]
        )
        factor, every = NANOSECONDS[data.unit] // NANOSECONDS[unit], step // NANOSECONDS[unit]
        first, last = int(data.times[0]) * factor, int(data.times[-1]) * factor
        if not INT64.min // 4 < first <= last < INT64.max // 4:
            raise BadRequest(f"times leave the range of a timestamp: {data.times[0]} to {data.times[-1]} {data.unit}")
        close = np.flatnonzero(np.diff(data.times) * factor < every)
        if len(close):
            one, other = data.times[close[0]], data.times[close[0] + 1]
            raise BadRequest(
                f"invalid freq or precision for the input ts list, freq:{text}, prec:{data.unit}, "
                f"ts interval between: {one} {other}"
            )
        rows = _axis.size(first, last, every)
        if rows > MAX_ROWS + len(data.times):
            raise BadRequest(f"the time axis would have {rows} rows at freq {text}, at most {MAX_ROWS} are allowed")
        value = data.columns[fields.VALUE_COLUMN]
        return dataclasses.replace(
            data, columns={fields.VALUE_COLUMN: value}, times=data.times * factor, unit=unit, step=every
        )

    def question(self, options: Mapping[str, str], data: Task) -> dict[str, Any]:
        """Return the usual step of the times as the frequency, unless the options name one; raises BadRequest."""
        given = options.get(fields.FREQ)
        if given and frequency(given) % NANOSECONDS[data.unit]:
            raise BadRequest(f"freq {given} is no whole number of {data.unit}, the unit of the times")
        return {fields.FREQ: given or _shown(times.usual_step(data, fields.FREQ), data.unit)}

    def checked(self, task: Task, answer: Any) -> Filling:
        """Hold an answer to the contract; raises AlgorithmError."""
        if not isinstance(answer, Filling):
            raise AlgorithmError(f"a Filling is expected, got {type(answer).__name__}")
        rows = len(answer.times)
        value = checks.array(answer.value, rows, "value")
        filled = np.asarray(answer.filled)
        if filled.shape != (rows,) or filled.dtype != np.bool_:
            raise AlgorithmError(
                f"filled: {rows} truth values are expected, got {filled.dtype} of shape {filled.shape}"
            )
        if not np.array_equal(answer.times[~filled], task.times) or not np.array_equal(value[~filled], task.series):
            raise AlgorithmError("the rows that were given must be in the answer as they were")
        error = None if answer.error is None else checks.array(answer.error, rows, "error")
        return dataclasses.replace(answer, value=value, error=error)

    def refuse(self, task: Task, answer: Filling) -> None:
        """Refuse values that are not finite; raises AlgorithmError."""
        for array in (answer.value, *([] if answer.error is None else [answer.error])):
            if len(array) != len(answer.times) or not np.isfinite(array).all():
                raise AlgorithmError("the filled values leave the range of floating-point numbers")

    def write(self, request: Request, answer: Filling) -> dict[str, Any]:
        """Return the axis with a value for each of its rows, and which of them are filled in; raises AlgorithmError."""
        self.refuse(request.task, answer)
        reply: dict[str, Any] = {
            fields.ROWS: len(answer.times),
            fields.TIME_COLUMN: _in_unit(answer.times, request),
            fields.TARGET: answer.value,
            fields.MASK: answer.filled.astype(np.int8),
            fields.PERIOD: answer.period,
            fields.STATUS: fields.SUCCESS,
            **answer.extra,
        }
        if answer.error is not None:
            reply[fields.STD_ERROR] = answer.error
        return reply

    def parse(self, reply: Mapping[str, Any], task: Task) -> Filling:
        """Return the filling that a node's reply is."""
        moments = np.array(reply[fields.TIME_COLUMN], dtype=np.int64)
        value = np.array(reply[fields.TARGET], dtype=np.float64)
        filled = np.array(reply[fields.MASK], dtype=np.bool_)
        error = reply.get(fields.STD_ERROR)
        spread = None if error is None else np.array(error, dtype=np.float64)
        if not len(moments) == len(value) == len(filled) or (spread is not None and len(spread) != len(value)):
            raise ValueError("arrays of another length")
        extra = self.own(reply)
        return Filling(moments, value, filled, spread, reply.get(fields.PERIOD) or 0, extra)

    def from_plugin(self, plugin: type[AbstractImputationService]) -> Callable[[Task, Any], Filling]:
        """Return what has an object of a plug-in's class fill the gaps."""

        def fill(task: Task, _: Any) -> Filling:
            worker = plugin_objects.fed(plugin, task)
            worker.set_params({**task.options, fields.FREQ: _of_plugins(task), "precision": task.unit})
            told = worker.execute()
            parts = fields.TIME_COLUMN, fields.TARGET, fields.MASK
            if not isinstance(told, Mapping) or not told.keys() >= set(parts):
                raise AlgorithmError(f"a dict with {', '.join(parts)} is expected")
            moments = np.array([checks.integer("time", each) for each in told[fields.TIME_COLUMN]], dtype=np.int64)
            value = checks.array(told[fields.TARGET], len(moments), fields.TARGET)
            return Filling(moments, value, checks.array(told[fields.MASK], len(moments), fields.MASK) == 1.0)

        return fill

    def example(self, values: Series) -> Task:
        """Return the task of filling what is taken away: single rows, and some in a row."""
        n = len(values)
        kept = np.ones(n, np.bool_)
        if n > 20:
            kept[[n // 3, n // 2]] = False
            kept[n // 4 : n // 4 + n // 12] = False
        first = values if values.ndim == 1 else values[:, 0]
        return Task.of(first[kept], times=np.flatnonzero(kept), step=1)

    def summary(self, answer: Filling) -> Mapping[str, Any]:
        """Return values and standard errors."""
        return {"value": answer.value, "error": np.zeros(0) if answer.error is None else answer.error}

    def cells(self, table: str, task: Task, answer: Filling) -> tuple[Column, ...]:
        """Return a row for each time, or for those that are filled in."""
        rows = answer.filled if table == FILLED else np.ones(len(answer.times), np.bool_)
        error = np.full(len(rows), np.nan) if answer.error is None else answer.error
        filled = answer.filled.astype(np.int64)
        return answer.times[rows], answer.value[rows], filled[rows], error[rows]

    def picture(self, task: Task, answer: Filling, column: str) -> Picture:
        """Show the rows that were given as the line, and what is filled in on top of it."""
        number = int(answer.filled.sum())
        said = f"{counted(number, 'row')} filled in, {len(task.times):,} given" if number else "no gaps"
        points = Points("filled in", answer.times[answer.filled], answer.value[answer.filled])
        return Picture(said, len(task.times), points=points)


def frequency(text: str) -> int:
    """Return a distance of rows such as ``5m``, ``S`` or ``100ms`` in nanoseconds; raises BadRequest."""
    match = FREQUENCY.fullmatch(text.strip())
    if match is None:
        raise BadRequest(f"freq should be one of {[*STEPS]} after a number, such as 5m, got {text!r}")
    return int(match[1] or 1) * STEPS[match[2].lower()]


def _shown(step: int, unit: str) -> str:
    nanoseconds = step * NANOSECONDS[unit]
    largest = max((u for u in STEPS if nanoseconds % STEPS[u] == 0), key=lambda u: STEPS[u])
    return f"{nanoseconds // STEPS[largest]}{largest}"


def _of_plugins(task: Task) -> str:
    """Return the distance of rows as plug-ins read it, such as ``100L`` for milliseconds."""
    shown = _shown(task.step, task.unit)
    number = shown.rstrip("".join(STEPS))
    return f"{number}{LETTERS[shown.removeprefix(number)]}"


def _in_unit(axis: Times, request: Request) -> Any:
    """Return times in the unit of the request; as floats where they are no whole numbers of it."""
    factor = NANOSECONDS[request.unit] // NANOSECONDS[request.task.unit]
    whole = (axis % factor == 0).all()
    return axis // factor if whole else axis / factor


KIND = Imputation()

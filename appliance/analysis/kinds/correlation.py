"""Correlation: what two columns have to do with each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite, nan
from typing import Any

import numpy as np

from appliance.analysis import checks, plugin_objects
from appliance.analysis.kind import REAL, Column, Kind
from appliance.analysis.picture import Picture
from appliance.analysis.taosanalytics_compat import AbstractCorrelationService
from appliance.protocol import documents, fields
from appliance.protocol.documents import Body, Document
from appliance.protocol.requests import Request
from appliance.protocol.shapes import INTEGER, NUMBER, NUMBERS, OBJECT, PAIRS, listed, said
from kernels.contract import (
    COEFFICIENT,
    CORRELATION,
    DISTANCE,
    STATISTIC,
    AlgorithmError,
    BadSeries,
    Correlation,
    Json,
    Series,
    Task,
    Times,
)

PAIR = "pair"
MEASURES = (COEFFICIENT, DISTANCE, STATISTIC)


class Correlating(Kind[Correlation]):
    """Two columns, of any length, with or without times."""

    wire_type = CORRELATION
    title = "correlation"
    place = 4
    route = "/correlation"
    shortcuts = {"/api/v1/analysis/pearsonr": "pearsonr"}
    default = ""
    optional = True
    column = NUMBERS
    told_too = {
        COEFFICIENT: {**NUMBER, "minimum": -1, "maximum": 1},
        DISTANCE: {**NUMBER, "minimum": 0},
        STATISTIC: {**NUMBER, "minimum": 0},
        fields.PATH: said(PAIRS, "rows of both that belong together"),
        fields.LAGS: said(listed(INTEGER), "in rows"),
        fields.AT_LAGS: said(NUMBERS, "the coefficient at each of them"),
        fields.LAG: said(INTEGER, "where it is largest"),
        fields.P_VALUE: {**NUMBER, "minimum": 0, "maximum": 1},
        fields.REVERSE: said(OBJECT, "the same with the columns exchanged"),
    }
    plugin = AbstractCorrelationService
    folder = "correl"
    tables = {PAIR: {"value": REAL, fields.LAG: REAL, fields.P_VALUE: REAL}}
    noun = {PAIR: "pair"}
    headline = "Correlation by {}"

    def columns(self, document: Document, body: Body) -> tuple[Times, dict[str, Series]]:
        """Return times, if there are any, and data columns; raises BadRequest."""
        return documents.columns(document, body)

    def shared(self, document: Document) -> dict[str, Any]:
        """Return what a body says whatever its data are; raises BadRequest."""
        # columns may be empty, and white noise is as good as any
        return {**super().shared(document), "noise_check": False}

    def task(self, document: Document, options: Mapping[str, str], data: Task) -> Task:
        """Return the data: nothing else is asked."""
        return data

    def question(self, options: Mapping[str, str], data: Task) -> dict[str, Any]:
        """Return nothing: the data are enough."""
        return {}

    def checked(self, task: Task, answer: Any) -> Correlation:
        """Hold an answer to the contract; raises AlgorithmError."""
        if not isinstance(answer, Correlation):
            raise AlgorithmError(f"a Correlation is expected, got {type(answer).__name__}")
        if answer.measure not in MEASURES:
            raise AlgorithmError(f"measure must be one of {', '.join(MEASURES)}, got {answer.measure}")
        (value,) = checks.array([answer.value], 1, "value")
        low, high = (-1.0, 1.0) if answer.measure == COEFFICIENT else (0.0, np.inf)
        if not low <= value <= high:
            raise AlgorithmError(f"value must be {low:g} to {high:g}, got {value}")
        if answer.p_value is not None and not 0.0 <= answer.p_value <= 1.0:
            raise AlgorithmError(f"p_value must be 0 to 1, got {answer.p_value}")
        if answer.path is not None:
            _check_path(answer.path, *map(len, task.columns.values()))
        if answer.lags is not None:
            checks.array(answer.at_lags, len(answer.lags), "at_lags")
        return answer

    def refuse(self, task: Task, answer: Correlation) -> None:
        """Refuse a value that is not finite; raises AlgorithmError."""
        if not isfinite(answer.value):
            raise BadSeries(f"the {answer.measure} leaves the range of floating-point numbers")

    def write(self, request: Request, answer: Correlation) -> dict[str, Any]:
        """Return the value under the name of what it is, and what else is known; raises AlgorithmError."""
        self.refuse(request.task, answer)
        return _written(answer)

    def parse(self, reply: Mapping[str, Any], task: Task) -> Correlation:
        """Return the correlation that a node's reply is."""
        extra = self.own(reply)
        path, reverse = reply.get(fields.PATH), reply.get(fields.REVERSE)
        measure = next((name for name in MEASURES if name in reply), None)
        if fields.LAGS in reply:  # other nodes tell only these
            lags = np.array(reply[fields.LAGS], dtype=np.int64)
            at_lags = np.array(reply[fields.AT_LAGS], dtype=np.float64)
            if len(at_lags) != len(lags):
                raise ValueError("coefficients for other lags")
            best = int(np.argmax(np.abs(at_lags)))
            return Correlation(float(at_lags[best]), lag=int(lags[best]), lags=lags, at_lags=at_lags, extra=extra)
        return Correlation(
            float(reply[measure or COEFFICIENT]),
            measure or COEFFICIENT,
            reply.get(fields.LAG),
            reply.get(fields.P_VALUE),
            None if path is None else np.array(path, dtype=np.int64).reshape(-1, 2),
            reverse=None if reverse is None else self.parse(reverse, task),
            extra=extra,
        )

    def unknown(self, name: str, algorithms: Iterable[str]) -> str:
        """Return the contracted words."""
        return f"unsupported algo: {name}"

    def from_plugin(self, plugin: type[AbstractCorrelationService]) -> Callable[[Task, Any], Correlation]:
        """Return what has an object of a plug-in's class correlate the columns."""

        def correlate(task: Task, _: Any) -> Correlation:
            worker = plugin_objects.fed(plugin, task)
            worker.set_second_input_data(worker.input_data_lists[1])
            worker.set_params({**task.options})
            try:
                return self.parse(_told(worker.execute()), task)
            except (KeyError, TypeError, IndexError) as error:
                raise AlgorithmError(f"the answer cannot be read: {type(error).__name__}: {error}") from error

        return correlate

    def example(self, values: Series) -> Task:
        """Return the task of correlating some values with themselves in reverse."""
        table = np.column_stack((values, values[::-1])) if values.ndim == 1 else values[:, :2]
        return Task.of(table, times=np.arange(len(values), dtype=np.int64))

    def summary(self, answer: Correlation) -> Mapping[str, Json]:
        """Return all that is a number."""
        path = np.zeros((0, 2), np.int64) if answer.path is None else answer.path
        at_lags = np.zeros(0) if answer.at_lags is None else answer.at_lags
        both = [each for each in (answer, answer.reverse) if each is not None]
        return {
            "value": np.array([each.value for each in both]),
            fields.LAG: np.array([each.lag or 0 for each in both]),
            fields.P_VALUE: np.array([each.p_value or 0.0 for each in both]),
            fields.PATH: path.ravel(),
            fields.AT_LAGS: at_lags,
        }

    def cells(self, table: str, task: Task, answer: Correlation) -> tuple[Column, ...]:
        """Return one row."""
        told = (answer.value, answer.lag, answer.p_value)
        return tuple(np.array([nan if each is None else each], dtype=np.float64) for each in told)

    def picture(self, task: Task, answer: Correlation, column: str) -> Picture:
        """Show all rows."""
        lag = "" if answer.lag is None else f" at lag {answer.lag}"
        return Picture(f"{answer.measure} {answer.value:.3g}{lag}", len(task.times))


def _told(answer: Any) -> Mapping[str, Any]:
    """Return the answer of a plug-in's `execute` under the names of the wire."""
    if isinstance(answer, Mapping):
        return answer
    if not isinstance(answer, tuple):
        return {COEFFICIENT: answer}
    first, second = answer
    if np.ndim(first) == 0:
        return {DISTANCE: first, fields.PATH: second}
    return {fields.LAGS: first, fields.AT_LAGS: second}


def _check_path(path: Any, n: int, m: int) -> None:
    if path.ndim != 2 or path.shape[1] != 2 or not len(path):
        raise AlgorithmError(f"path: pairs of rows are expected, got an array of shape {path.shape}")
    if path[0].tolist() != [0, 0] or path[-1].tolist() != [n - 1, m - 1]:
        raise AlgorithmError(f"path must lead from (0, 0) to ({n - 1}, {m - 1})")


def _written(answer: Correlation) -> dict[str, Any]:
    reply: dict[str, Any] = {fields.ROWS: 1, answer.measure: answer.value, **answer.extra}
    for name, value in ((fields.LAG, answer.lag), (fields.P_VALUE, answer.p_value)):
        if value is not None:
            reply[name] = value
    if answer.path is not None:
        reply |= {fields.ROWS: len(answer.path), fields.PATH: answer.path}
    if answer.lags is not None:
        reply |= {fields.ROWS: len(answer.lags), fields.LAGS: answer.lags, fields.AT_LAGS: answer.at_lags}
    if answer.reverse is not None:
        reply[fields.REVERSE] = _written(answer.reverse)
    return reply


KIND = Correlating()

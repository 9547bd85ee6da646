"""The course of `taosanode correlate`: every column of a file beside every other one.

A column is one of values, or one series where `--by` tells several apart, or both. Two columns are compared at the
times that both have.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from appliance.analysis.kind import REAL, WHOLE, Kind
from appliance.files.draw import heat_map
from appliance.files.read import database
from appliance.files.read.reading import Source
from appliance.files.read.rows import Rows
from appliance.files.run import arguments, command, each_series, engines
from appliance.files.run.progress import Progress, say, show
from appliance.files.run.question import Question
from appliance.files.series import FileError, FileSeries
from appliance.files.write import writing
from appliance.protocol.documents import MIN_ROWS
from kernels.contract import COEFFICIENT, DISTANCE, STATISTIC, Correlation

COLUMNS = {"first": "VARCHAR", "second": "VARCHAR", "rows": WHOLE, "value": REAL, "lag": WHOLE, "p_value": REAL}
VALUE, LAG = "value", "lag"  # what pairs may be ordered by
ALIKE = {COEFFICIENT: 1.0, DISTANCE: 0.0, STATISTIC: None}  # a column beside itself


@dataclass(frozen=True, slots=True)
class Found:
    """Two columns, the rows that both have, and what was found out about them."""

    first: str
    second: str
    rows: int
    answer: Correlation


def run(given: argparse.Namespace, kind: Kind[Any], asked: Question) -> int:
    """Correlate the columns of a file; return the exit code."""
    if given.plot == arguments.TERMINAL:
        sys.stderr.write("--plot term: a heat map is a file, such as --plot map.png\n")
        return command.USAGE
    return command.course(given, lambda *where: _run(given, kind, asked, *where))


def _run(
    given: argparse.Namespace, kind: Kind[Any], asked: Question, format_: str, output: writing.Output, scratch: Path
) -> int:
    prepared = engines.prepare(given, kind, asked, [asked.algorithm])
    files = command.files(given, scratch)
    with database.connect(scratch, files.paths, output.folder) as connection:
        source = command.opened(connection, files, given, every_value=True)
        with contextlib.closing(prepared.engine) as engine:
            columns, failed = columns_of(source, say)
            pairs = pairs_of(columns, given.beside)
            bar = given.progress or (sys.stderr.isatty() and len(pairs) > 1)
            progress = Progress(len(pairs), show if bar else None)
            with command.no_prints():
                tell = functools.partial(say, progress=progress)
                found, failures = answers(asked, engine, pairs, given.threads, progress, tell)
        if found:
            names = [column.name for column in columns]
            shown = ordered(found, given.order)[: given.top]
            described, rows = _matrix(names, found) if given.matrix else (COLUMNS, [row(each) for each in shown])
            complete = (output.folder or scratch) / "results"
            lines = given.out is not None and given.out.suffix.lower() in writing.LINES
            writing.write_rows(connection, described, rows, complete, format_, lines)
            output.deliver(complete)
            if given.plot:
                title = kind.headline.format(asked.algorithm)
                heat_map.draw(names, values(names, found), found[0].answer.measure, title, Path(given.plot))
    sys.stderr.write(f"{len(pairs) - failures} of {len(pairs)} pairs of {len(columns)} columns done\n")
    return command.FAILED if failed or failures else command.OK


def columns_of(source: Source, tell: Callable[[str], object]) -> tuple[list[FileSeries], int]:
    """Return the columns of a file, each with the rows it has, and how many cannot be used, of which it tells.

    Raises
    ------
    FileError : there are not two that can.
    """
    columns, failed = [], 0
    for batch in source.batches():
        for rows in batch:
            for name, values in rows.columns.items():
                several = len(source.values) > 1 or not source.by
                label = ": ".join(part for part in (rows.name, name if several else "") if part)
                try:
                    columns.append(source.series(Rows(rows.number, label, rows.count, rows.times, {label: values})))
                except FileError as error:
                    failed += 1
                    tell(f"{label or rows.name}: {error}")
    if len(columns) < 2:
        raise FileError(f"{source.shown}: at least two columns are needed, got {len(columns)}")
    return columns, failed


def pairs_of(columns: Sequence[FileSeries], beside: str | None) -> list[tuple[FileSeries, FileSeries]]:
    """Return all pairs, or those that one column is part of; raises FileError if there is no such column."""
    pairs = list(combinations(columns, 2))
    if beside is None:
        return pairs
    names = [column.name for column in columns]
    if beside not in names:
        raise FileError(f"--with: there is no column {beside}; there are: {', '.join(names[:50])}")
    return [pair for pair in pairs if beside in (pair[0].name, pair[1].name)]


def answers(
    asked: Question,
    engine: engines.Engine,
    pairs: Sequence[tuple[FileSeries, FileSeries]],
    threads: int | None,
    progress: Progress,
    tell: Callable[[str], object],
) -> tuple[list[Found], int]:
    """Ask about every pair; return what was found, and how many pairs failed, of which it tells."""

    def work(pair: tuple[FileSeries, FileSeries]) -> FileSeriesAnswer:
        both = together(*pair)
        return both, engine.answer(asked.algorithm, both).answer

    found: list[Found] = []
    failed = 0
    try:
        done = each_series.each([pairs], work, len(pairs), each_series.threads(threads), progress, engine.halt)
        for (first, second), outcome in done:
            if isinstance(outcome, Exception):
                failed += 1
                tell(f"{first.name} and {second.name}: {each_series.reason(outcome)}")
                continue
            both, answer = outcome
            found.append(Found(first.name, second.name, len(both.times), answer))
            if answer.reverse is not None:
                found.append(Found(second.name, first.name, len(both.times), answer.reverse))
    finally:
        progress.hide()
    return found, failed


FileSeriesAnswer = tuple[FileSeries, Correlation]


def together(first: FileSeries, second: FileSeries) -> FileSeries:
    """Return two columns at the times that both have; raises FileError if those are too few."""
    (x,), (y,) = first.columns.values(), second.columns.values()
    times = first.times
    if not np.array_equal(times, second.times):
        times, at_x, at_y = np.intersect1d(first.times, second.times, assume_unique=True, return_indices=True)
        x, y = x[at_x], y[at_y]
    if len(times) < MIN_ROWS:
        raise FileError(f"they have {len(times)} times in common, at least {MIN_ROWS} are needed")
    return FileSeries(f"{first.name}, {second.name}", times, first.precision, {first.name: x, second.name: y})


def ordered(found: Sequence[Found], by: str) -> list[Found]:
    """Return pairs, those that have most to do with each other first; or those with the longest lag.

    Coefficients count by their magnitude, distances by how small they are, tests by their probability.
    """

    def key(one: Found) -> tuple[float, ...]:
        answer = one.answer
        nearness = -abs(answer.value) if answer.measure != DISTANCE else answer.value
        unlikely = (answer.p_value if answer.p_value is not None else 1.0) if answer.measure == STATISTIC else 0.0
        return (-abs(answer.lag or 0) if by == LAG else 0, unlikely, nearness)

    return sorted(found, key=key)


def row(one: Found) -> tuple[str | int | float | None, ...]:
    """Return the cells of COLUMNS."""
    answer = one.answer
    return one.first, one.second, one.rows, answer.value, answer.lag, answer.p_value


def values(names: Sequence[str], found: Sequence[Found]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the matrix of values, nan where there is none."""
    place = {name: at for at, name in enumerate(names)}
    matrix = np.full((len(names), len(names)), np.nan)
    alike = ALIKE[found[0].answer.measure]
    if alike is not None:
        np.fill_diagonal(matrix, alike)
    for one in found:
        matrix[place[one.first], place[one.second]] = one.answer.value
        if alike is not None:  # of tests each direction has its own
            matrix[place[one.second], place[one.first]] = one.answer.value
    return matrix


def _matrix(
    names: Sequence[str], found: Sequence[Found]
) -> tuple[dict[str, str], list[tuple[str | float | None, ...]]]:
    """Return the matrix as a table: a row and a column for each column of the file."""
    heading = "column"
    while heading in names:
        heading += "_"
    rows = [
        (name, *(None if np.isnan(value) else float(value) for value in row))
        for name, row in zip(names, values(names, found), strict=True)
    ]
    return {heading: "VARCHAR", **dict.fromkeys(names, REAL)}, rows

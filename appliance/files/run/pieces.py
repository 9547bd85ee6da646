"""A series with more rows than a request may have is put to an algorithm in pieces that overlap."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.kind import Kind
from appliance.analysis.picture import counted
from appliance.files.run import filling
from appliance.files.run.question import Question, setting
from appliance.files.series import FileResult, FileSeries
from appliance.protocol.documents import MAX_ROWS, BadRequest
from appliance.protocol.times import rhythm
from kernels.contract import AlgorithmError, Times

PIECE = MAX_ROWS  # rows
OVERLAP = 10_000  # rows that two pieces have in common: what is near an end of one is well inside the other


def asked(
    kind: Kind[Any],
    question: Question,
    text: str,
    option: str,
    series: FileSeries,
    ask: Callable[[str, Question, FileSeries], FileResult],
    halted: Callable[[], bool],
) -> FileResult:
    """Return the answer about a series by an algorithm or a setting of one; as `answer`.

    text : the setting. option : one more. ask : answers by the algorithm of that name, with the options of both.
    """
    algorithm, own = setting(text)
    whole = question.also(own).also(option)
    return answer(kind, series, whole.given, lambda piece: ask(algorithm, whole, piece), halted)


def answer(
    kind: Kind[Any],
    series: FileSeries,
    given: Mapping[str, str],
    ask: Callable[[FileSeries], FileResult],
    halted: Callable[[], bool],
) -> FileResult:
    """Return the answer about a series, asked for at once where it is short or the kind has it so.

    given : the options. ask : answers about a series of at most PIECE rows. halted : nothing more is wanted.

    Raises
    ------
    BadRequest : more rows than the kind takes, or an option that looks at the whole series.
    AlgorithmError : what `ask` raises, with the rows of the piece.
    """
    rows = len(series.times)
    if rows <= PIECE or kind.longest == MAX_ROWS:
        return ask(series)
    if rows > kind.longest:
        raise BadRequest(
            f"at most {kind.longest} rows of a series are analysed, got {rows}; --last N takes the last ones"
        )
    why = kind.undivided(given)
    if why:
        raise BadRequest(
            f"{why}, and {rows} rows are analysed in pieces of {PIECE}; --last {PIECE} takes the last ones"
        )
    spans = cut(series.times)
    remarks: list[str] = []

    def one(begin: int, end: int) -> FileResult:
        if halted():
            raise AlgorithmError(f"interrupted after {begin} of {rows} rows")
        where = f"rows {begin + 1} to {end}"
        columns = {name: column[begin:end] for name, column in series.columns.items()}
        try:
            found = ask(dataclasses.replace(series, times=series.times[begin:end], columns=columns))
        except AlgorithmError as error:
            raise type(error)(f"{where}: {error}") from error
        if found.remark:
            remarks.append(f"{where}: {found.remark}")
        return found

    results = (one(begin, end) for begin, end in spans)
    first = next(results)
    told = kind.joined(_parts(kind, first, results, spans), rows)
    remark = f"{counted(rows, 'row')} in {len(spans)} pieces"
    if remarks:
        others = f"; remarks about {len(remarks)} of them" if len(remarks) > 1 else ""
        remark = f"{remark}; {remarks[0]}{others}"
    task = dataclasses.replace(first.task, times=series.times)
    return FileResult.of(series, kind, first.algorithm, task, told, remark)


def cut(times: Times) -> list[tuple[int, int]]:
    """Return the pieces of more than PIECE rows: the first row of each and the one after its last.

    Each has as many rows as may be with its gaps filled; where so much is missing that nothing is, PIECE rows.
    """
    n, seen = len(times), rhythm(times)
    places = np.arange(n)  # in steps from the first row
    if seen.gaps:
        places[1:] = np.cumsum(np.maximum(np.rint(np.diff(times) / seen.usual), 1.0))
    spans = [(0, _end(places, 0))]
    while spans[-1][1] < n:
        before, end = spans[-1]
        begin = end - OVERLAP
        end = _end(places, begin)
        if end == n:  # as long as the others
            begin = min(begin, max(n - _end(-places[::-1], 0), before + 1))
        spans.append((begin, end))
    return spans


def _end(places: NDArray[np.int64], begin: int) -> int:
    """Return the row after the last one of a piece."""
    end = int(np.searchsorted(places, places[begin] + PIECE))
    return end if end - begin >= (1.0 - filling.MOST) * PIECE else min(begin + PIECE, len(places))


def _parts(
    kind: Kind[Any], first: FileResult, others: Iterator[FileResult], spans: list[tuple[int, int]]
) -> Iterator[Any]:
    """Yield what counts of the answer about each piece."""
    before, start = first.answer, 0
    for (earlier, end), (begin, _), found in zip(spans[:-1], spans[1:], others, strict=True):
        both = np.arange(max(begin, start), end)
        seam = int(both[kind.seam(kind.at_rows(before, both - earlier), kind.at_rows(found.answer, both - begin))])
        yield kind.at_rows(before, np.arange(start, seam) - earlier)
        before, start = found.answer, seam
    last, end = spans[-1]
    yield kind.at_rows(before, np.arange(start, end) - last)

"""The course of `--compare`: reads all series, runs every algorithm on each in threads, and compares."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.kind import Kind
from appliance.files.compare.comparison import Backtest, Comparison, Run, Trial
from appliance.files.read.reading import Source
from appliance.files.run import arguments, each_series, engines
from appliance.files.run.progress import Progress, say, show
from appliance.files.run.question import Question
from appliance.files.run.remote import NodeGone
from appliance.files.series import FileError, FileResult, FileSeries, UsageError
from kernels.contract import AlgorithmError

Labels = dict[str, NDArray[np.int8]]


class _Gone(Exception):
    """There is no node; the one error that ends a comparison."""

    def __init__(self, error: NodeGone) -> None:
        self.error = error


def prepare(given: argparse.Namespace, kind: Kind[Any], asked: Question) -> engines.Prepared:
    """Return what runs the algorithms that are to be compared.

    Raises
    ------
    UsageError : algorithms of this kind cannot be compared, or `engines.prepare` refuses what is asked.
    """
    _comparison_of(kind)
    wanted = None if given.compare == arguments.ALL else _names(given.compare)
    return engines.prepare(given, kind, asked, wanted)


def run(
    given: argparse.Namespace,
    prepared: engines.Prepared,
    asked: Question,
    source: Source,
    tell: Callable[[Backtest], object] | None = None,
) -> tuple[Comparison, int]:
    """Compare the algorithms that were asked for; return with it how many series could not be used.

    Series have in it the numbers that they have in the file. The engine stays open.

    tell : hears of every forecast of the past.

    Raises
    ------
    FileError : no series can be used, or the node is gone.
    """
    compare, engine = _comparison_of(prepared.kind), prepared.engine
    split(prepared, source)
    names = prepared.suited(source.values)
    series, labels, numbers = _read(source, say if not getattr(given, "auto", False) else _silent)
    failed = len(source) - len(series)
    if not series:
        raise FileError(f"{source.shown}: no series can be compared on")
    pool = ThreadPoolExecutor(each_series.threads(given.threads), thread_name_prefix="series")
    each = _each(pool, given.progress or sys.stderr.isatty())
    folds, season = getattr(given, "folds", None), getattr(given, "season", None)
    numbered = None if tell is None else lambda one: tell(dataclasses.replace(one, number=numbers[one.number]))
    trial = Trial(series, names, _guarded(engine.answer), asked.given, labels, folds, season, each, numbered)
    try:
        compared = compare(trial)
    except _Gone as gone:
        engine.halt()
        raise gone.error from None
    except BaseException:
        engine.halt()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    winners = {numbers[at]: name for at, name in compared.winners.items()}
    return dataclasses.replace(compared, winners=winners), failed


def split(prepared: engines.Prepared, source: Source) -> None:
    """Make a series of each column of values, where each algorithm looks at one."""
    if prepared.kind.one_column and len(source.values) > 1:
        source.split()


def _comparison_of(kind: Kind[Any]) -> Callable[[Trial], Comparison]:
    """Return the `compare_all` of the module that is called like the kind; raises UsageError if there is none."""
    name = f"{__package__}.{kind.name}"
    if importlib.util.find_spec(name) is None:
        raise UsageError(f"--compare: algorithms of {kind.title} cannot be compared")
    compare: Callable[[Trial], Comparison] = importlib.import_module(name).compare_all
    return compare


def marks(label: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return 1 for each row that a column of labels calls an anomaly.

    A negative label is one, as in the flags of a detector; without any of these, all but 0 is.
    """
    return ((label < 0) if (label < 0).any() else (label != 0)).astype(np.int8)


def _names(text: str) -> list[str]:
    found = (name.strip().partition(":") for name in text.split(",") if name.strip())
    names = list(dict.fromkeys(name.lower() + colon + own for name, colon, own in found))
    if not names:
        raise UsageError(f"--compare {text!r}: names of algorithms are expected, separated by commas")
    return names


def _silent(_: str) -> None:
    """Say nothing: what cannot be used is named when it is forecast."""


def _read(source: Source, tell: Callable[[str], object]) -> tuple[list[FileSeries], Labels | None, list[int]]:
    """Read all series, and name those that cannot be used; return them with their labels and numbers in the file."""
    series, labels, numbers = [], {}, []
    for batch in source.batches():
        for rows in batch:
            try:
                one = source.series(rows)
            except FileError as error:
                tell(f"series {rows.name}: {error}" if source.by else f"{source.shown}: {error}")
                continue
            if source.labels is not None:
                columns = dict(one.columns)
                labels[one.name] = marks(columns.pop(source.labels))
                one = dataclasses.replace(one, columns=columns)
            series.append(one)
            numbers.append(rows.number)
    return series, labels if source.labels is not None else None, numbers


def _guarded(analyse: Run) -> Run:
    def answer(name: str, series: FileSeries) -> FileResult:
        try:
            return analyse(name, series)
        except NodeGone as error:
            raise _Gone(error) from error
        except (AlgorithmError, FileError):
            raise
        except Exception as error:  # an algorithm of the operator's may raise anything
            raise FileError(each_series.reason(error)) from error

    return answer


def _each(pool: ThreadPoolExecutor, bar: bool) -> Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]:
    """Return a `map` that runs in a pool and shows how far it is."""

    def each(function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
        work = list(jobs)
        progress = Progress(len(work), show if bar else None)

        def step(job: Any) -> Any:
            try:
                return function(job)
            finally:
                progress.step()

        try:
            yield from pool.map(step, work)
        finally:
            progress.hide()

    return each

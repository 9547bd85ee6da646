"""One question about every series of a file: reads, computes in threads, collects and reports.

Threads, not processes: the kernels release the GIL. On two cores, automatic ARIMA of 200 series was 1.7 times as fast
with two threads and 1.5 times with two processes, which load the kernels twice; iqr, quick as it is, gained nothing
from a second thread.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from appliance.analysis import errors
from appliance.files.read.reading import Source
from appliance.files.read.rows import Rows
from appliance.files.run.progress import Progress
from appliance.files.run.remote import NodeGone
from appliance.files.series import FileError, FileResult, FileSeries

T = TypeVar("T")
R = TypeVar("R")
MAX_CHUNK = 64  # series that a thread takes at a time


@dataclass
class Tally:
    """What has come of the series so far.

    noise : failed for being white noise. remarks : about which there was one. results : the first ones, to be drawn.
    """

    series: int = 0
    failed: int = 0
    noise: int = 0
    remarks: int = 0
    results: list[FileResult] = field(default_factory=list)


def threads(asked: int | None) -> int:
    """Return how many series are analysed at once."""
    return asked or max(2, len(os.sched_getaffinity(0)))


def outcomes(
    source: Source,
    work: Callable[[FileSeries], R],
    at_once: int,
    progress: Progress,
    stop: Callable[[], object] = lambda: None,
) -> Iterator[tuple[Rows, R | Exception]]:
    """Yield what came of each series, in their order; a series that fails does not stop the others.

    Parameters
    ----------
    work : analyses one series; raises AlgorithmError and FileError.
    stop : called when nothing more is wanted, to end searches that still run.

    Raises
    ------
    FileError : the file cannot be read further. NodeGone : there is no node to ask.
    """
    return each(source.batches(), lambda rows: work(source.series(rows)), len(source), at_once, progress, stop)


def each(
    batches: Iterable[Sequence[T]],
    work: Callable[[T], R],
    count: int,
    at_once: int,
    progress: Progress,
    stop: Callable[[], object],
) -> Iterator[tuple[T, R | Exception]]:
    """Yield what came of each of `count` things, in their order, some at once; raises as `outcomes` does."""
    halted = threading.Event()

    def one(thing: T) -> tuple[T, R | Exception]:
        try:
            return thing, work(thing)
        except NodeGone:
            raise
        except Exception as error:
            return thing, error
        finally:
            progress.step()

    def some(chunk: Sequence[T]) -> list[tuple[T, R | Exception]]:
        return [one(thing) for thing in chunk if not halted.is_set()]

    size = min(MAX_CHUNK, max(1, count // (at_once * 50)))
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="series")
    try:
        for batch in batches:
            chunks = [batch[begin : begin + size] for begin in range(0, len(batch), size)]
            for done in pool.map(some, chunks):
                yield from done
    except BaseException:
        halted.set()
        stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def reason(error: Exception) -> str:
    """Return the line for a series that failed; what nobody expected is logged as well."""
    return str(error) if isinstance(error, FileError) else errors.message(error)

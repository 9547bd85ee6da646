"""One question about every series of a file: reads, computes in threads, collects and reports.

Threads, not processes: the kernels release the GIL. On two cores, automatic ARIMA of 200 series was 1.7 times as fast
with two threads and 1.5 times with two processes, which load the kernels twice. Series that take next to no time are
done by one thread, since several would wait for each other: iqr took 1.3 times as long with two.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np

from appliance.analysis import errors
from appliance.files.read.reading import Source
from appliance.files.read.rows import Rows
from appliance.files.run.progress import Progress
from appliance.files.run.remote import NodeGone
from appliance.files.series import FileError, FileResult, FileSeries

T = TypeVar("T")
R = TypeVar("R")
Outcomes = list[tuple[T, R | Exception]]
MAX_CHUNK = 64  # series that a thread takes at a time
MAX_WAITING = 4  # chunks for each thread
QUICK_S = 0.0003  # a series that takes less is not worth another thread
FIRST_S = 0.05  # longest time until it is seen how long series take


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
    size = min(MAX_CHUNK, max(1, count // (at_once * 50)))
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="series")
    some = partial(_some, work, progress, halted)
    try:
        chunks = (batch[begin : begin + size] for batch in batches for begin in range(0, len(batch), size))
        yield from _in_order(chunks, some, pool, at_once * MAX_WAITING)
    except BaseException:
        halted.set()
        stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _some(
    work: Callable[[T], R], progress: Progress, halted: threading.Event, chunk: Sequence[T]
) -> tuple[Outcomes[T, R], float]:
    """Return what came of some things, until halted, and how long one of them took; raises NodeGone."""
    done: Outcomes[T, R] = []
    moments = [time.perf_counter()]
    for thing in chunk:
        if halted.is_set():
            break
        try:
            done.append((thing, work(thing)))
        except NodeGone:
            raise
        except Exception as error:
            done.append((thing, error))
        finally:
            progress.step()
        moments.append(time.perf_counter())
    return done, float(np.median(np.diff(moments))) if done else 0.0


def _in_order(
    chunks: Iterable[Sequence[T]],
    some: Callable[[Sequence[T]], tuple[Outcomes[T, R], float]],
    pool: ThreadPoolExecutor,
    most: int,
) -> Iterator[tuple[T, R | Exception]]:
    """Yield what comes of chunks, of which so many wait: by threads, or here while things take next to no time."""
    waiting: deque[Future[tuple[Outcomes[T, R], float]]] = deque()
    took_s = np.inf
    for chunk in chunks:
        if took_s > QUICK_S:
            waiting.append(pool.submit(some, chunk))
        else:
            waiting.append(Future())
            waiting[-1].set_result(some(chunk))
        if took_s == np.inf and len(waiting) == 1:
            wait(waiting, FIRST_S)
        while waiting and (waiting[0].done() or len(waiting) > most):
            done, took_s = waiting.popleft().result()
            yield from done
    for last in waiting:
        yield from last.result()[0]


def reason(error: Exception) -> str:
    """Return the line for a series that failed; what nobody expected is logged as well."""
    return str(error) if isinstance(error, FileError) else errors.message(error)

"""What every worker process is doing, in memory that all of them share.

The master makes the table before it forks and hands each worker one row. A worker writes to its own row only, so
processes need no lock; the threads of one worker share a short one. The master reads whenever it is asked. A row
keeps its counts when its worker dies and goes on from there with the next one: they never run backwards.
"""

from __future__ import annotations

import mmap
import os
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

ROWS = 512  # twice the most workers a configuration may ask for: a reload starts the new ones before the old are gone
CORES = 128  # threads told apart; those beyond share the last one

_FREE, _RESERVED, _RUNNING = range(3)
_COUNTS = ("pid", "requests", "exceptions", "running_us", "average_us", "sent_bytes", "turned_away")
_STATE = ("respawns", "spawned_at", "slots_busy", "queued")
_FIELDS = ("state", *_COUNTS, *_STATE)
_CORES = ("core_requests", "core_busy")
_AT = {name: place for place, name in enumerate(_FIELDS)}  # in a row seen as integers


@dataclass(frozen=True, slots=True)
class Core:
    """One thread of a worker."""

    requests: int
    busy: bool


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker process at one moment.

    number : its row, from 1.
    pid : 0 if no process is there at present.
    requests, exceptions : answered in all, and of these the ones that ended in an internal error.
    running_us, average_us : time spent on requests, in all and as a running average.
    sent_bytes : size of all answers.
    turned_away : connections that were closed because of where they came from.
    respawns, spawned_at : processes started on this row, and when the last one was, in seconds since the epoch.
    slots_busy, queued : analyses that run and that wait.
    cores : its threads that have served anything yet.
    """

    number: int
    pid: int
    requests: int
    exceptions: int
    running_us: int
    average_us: int
    sent_bytes: int
    turned_away: int
    respawns: int
    spawned_at: int
    slots_busy: int
    queued: int
    cores: tuple[Core, ...]

    @property
    def busy(self) -> bool:
        """Tell whether any of its threads serves a request."""
        return any(core.busy for core in self.cores)


class Scoreboard:
    """The table; one row for each worker process."""

    def __init__(self, rows: int = ROWS, cores: int = CORES) -> None:
        layout = np.dtype([(name, np.int64) for name in _FIELDS] + [(name, np.int64, (cores,)) for name in _CORES])
        self._table = shared_table(layout, (rows,))

    def reserve(self) -> int:
        """Return a free row for the next worker; for the master, before it forks."""
        free = np.flatnonzero(self._table["state"] == _FREE)
        if len(free) == 0:
            raise RuntimeError(f"more than {len(self._table)} worker processes at once")
        row = self._table[free[0]]
        row["state"] = _RESERVED
        row["respawns"] += 1
        row["spawned_at"] = int(time.time())
        return int(free[0])

    def take(self, row: int) -> Row:
        """Return the row to write to; for the worker it was reserved for, after the fork."""
        return Row(self._table[row], self._table[row : row + 1].view(np.int64).data)

    def free(self, row: int) -> None:
        """Note that the worker of a row is gone, however it ended; for the master."""
        gone = self._table[row]
        gone["pid"] = 0
        _stand_still(gone)
        gone["state"] = _FREE

    def workers(self, at_least: int = 0) -> list[Worker]:
        """Return the worker processes by number; rows without one fill up to `at_least`."""
        running = self._table["state"] == _RUNNING
        shown, others = np.flatnonzero(running), np.flatnonzero(~running)
        rows = sorted([*shown, *others[: max(at_least - len(shown), 0)]])
        return [self._worker(int(row)) for row in rows]

    def requests(self) -> int:
        """Return how many requests all workers have answered, those gone included."""
        return int(self._table["requests"].sum())

    def turned_away(self) -> int:
        """Return how many connections all workers have closed because of where they came from, those gone included."""
        return int(self._table["turned_away"].sum())

    def _worker(self, row: int) -> Worker:
        values = self._table[row]
        used = np.flatnonzero(values["core_requests"] + values["core_busy"])
        cores = tuple(
            Core(int(values["core_requests"][core]), bool(values["core_busy"][core]))
            for core in range(used[-1] + 1 if len(used) else 0)
        )
        return Worker(number=row + 1, cores=cores, **{name: int(values[name]) for name in (*_COUNTS, *_STATE)})


class Row:
    """A worker's own row; every thread of the worker may write to it."""

    def __init__(self, row: Any, integers: memoryview) -> None:
        self._row = integers  # the same memory, several times as fast for single numbers
        self._cores = row["core_requests"].size
        self._core_requests, self._core_busy = row["core_requests"].data, row["core_busy"].data
        self._lock = threading.Lock()
        self._thread = threading.local()
        self._threads = 0
        row["core_requests"] = 0
        _stand_still(row)
        row["pid"] = os.getpid()
        row["state"] = _RUNNING

    def begin(self) -> None:
        """Note that this thread has begun to serve a request."""
        self._core_busy[self._core()] = 1

    def end(self, seconds: float, sent_bytes: int, failed: bool) -> None:
        """Note that this thread has served its request; `failed` means an error of ours, not of the request's."""
        core, row, spent_us = self._core(), self._row, int(seconds * 1e6)
        self._core_busy[core] = 0
        with self._lock:
            self._core_requests[core] += 1
            row[_AT["requests"]] += 1
            row[_AT["exceptions"]] += failed
            row[_AT["running_us"]] += spent_us
            row[_AT["average_us"]] = (row[_AT["average_us"]] + spent_us) // 2  # as uWSGI does
            row[_AT["sent_bytes"]] += sent_bytes

    def turn_away(self) -> None:
        """Note that a connection was closed because of where it came from; for the event loop's thread."""
        self._row[_AT["turned_away"]] += 1

    def slots(self, busy: int, queued: int) -> None:
        """Note how many analyses run and wait now; the caller holds the lock that counts them."""
        self._row[_AT["slots_busy"]] = busy
        self._row[_AT["queued"]] = queued

    def _core(self) -> int:
        try:
            core: int = self._thread.core
        except AttributeError:
            with self._lock:
                core = self._thread.core = min(self._threads, self._cores - 1)
                self._threads += 1
        return core


def shared_table(layout: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return zeroed memory that this process shares with those it will fork; what is never touched costs nothing."""
    size = layout.itemsize * int(np.prod(shape))
    return np.frombuffer(mmap.mmap(-1, size), dtype=layout).reshape(shape)


def _stand_still(row: Any) -> None:
    row["core_busy"] = 0
    row["slots_busy"] = 0
    row["queued"] = 0

"""Bounded room for heavy work, so that a busy node is not an offline node.

Each worker process has a few slots; an analysis waits for one in a bounded queue until its deadline. The threads that
do the work run at a lower scheduling priority than those that answer `/status`, and kernels release the GIL.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from appliance.analysis.errors import ClientGone, Overdue
from kernels.contract import AlgorithmError

R = TypeVar("R")

NICENESS = 10
GRACE_S = 2.0  # what runs may be so late before its thread is given up


class Busy(AlgorithmError):
    """The request could not be served in time."""


class Slots:
    """At most `slots` pieces of work at once, at most `queue` waiting.

    changed : told how many run and how many wait whenever that changes; must return quickly.
    abandoned : told when the thread of a slot is given up, and replaced, since its work does not end.
    """

    def __init__(
        self,
        slots: int,
        queue: int,
        changed: Callable[[int, int], None],
        abandoned: Callable[[], None] = lambda: None,
    ) -> None:
        self._changed, self._abandoned = changed, abandoned
        self._jobs: SimpleQueue[_Job[Any]] = SimpleQueue()
        self._threads = 0
        self._slots = slots
        self._limit = slots + queue
        self._lock = threading.Lock()
        self._admitted = 0
        self._busy = 0

    @property
    def busy(self) -> int:
        """Number of pieces of work that run now."""
        return self._busy

    @property
    def waiting(self) -> int:
        """Number of pieces of work that wait for a slot now."""
        return max(self._admitted - self._busy, 0)

    def run(self, work: Callable[[], R], *, due: float, client_gone: Callable[[], bool]) -> R:
        """Run `work` in a slot and return its result.

        Parameters
        ----------
        work : what to do; its exceptions come through.
        due : `time.monotonic` by which it must have started.
        client_gone : asked just before the start of work that had to wait.

        Raises
        ------
        Busy : the queue is full, or no slot came free in time.
        ClientGone : the client hung up while the work waited.
        Overdue : the work began in time, but did not end.
        """
        with self._lock:
            if self._admitted >= self._limit:
                raise Busy(f"the node is busy: {self._admitted} requests are running or waiting already")
            self._count(admitted=1)
            must_wait = self._admitted > self._slots
            if self._threads < min(self._admitted, self._slots):  # one that is warm serves better than two
                self._threads += 1
                self._start_thread()

        asked, job = time.monotonic(), _Job[R]()

        def in_slot() -> R:
            with self._lock:
                self._count(busy=1)
            try:
                if must_wait and client_gone():
                    raise ClientGone
                return work()
            finally:
                with self._lock:
                    self._count(busy=-1 if job.wanted else 0)

        job.work = in_slot
        self._jobs.put(job)
        try:
            return self._result(job, asked, due)
        finally:
            with self._lock:
                self._count(admitted=-1)

    def _count(self, admitted: int = 0, busy: int = 0) -> None:
        """Change the counts; the caller holds the lock."""
        self._admitted += admitted
        self._busy += busy
        self._changed(self.busy, self.waiting)

    def _result(self, job: _Job[R], asked: float, due: float) -> R:
        try:
            return job.future.result(timeout=max(due - asked, 0.0))
        except NotInTime:
            if job.future.cancel():
                raise Busy(f"the node is busy: no slot came free within {due - asked:.0f} seconds") from None
        try:
            return job.future.result(timeout=GRACE_S)  # it runs already: let it finish
        except NotInTime:
            self._give_up(job)
        if job.future.done():
            return job.future.result()
        raise Overdue(f"no answer within {due - asked:.0f} seconds, and no end of it") from None

    def _give_up(self, job: _Job[Any]) -> None:
        """Put another thread into the place of one that does not come back."""
        with self._lock:
            if job.future.done():
                return
            job.wanted = False
            self._count(busy=-1)
        self._start_thread()
        self._abandoned()

    def _start_thread(self) -> None:
        """Start a thread that works in a slot; nothing waits for its end."""
        threading.Thread(target=_work, args=(self._jobs,), name="slot", daemon=True).start()


class _Job(Generic[R]):
    """One piece of work and its result; `wanted` until it is given up."""

    __slots__ = ("future", "wanted", "work")

    def __init__(self) -> None:
        self.future: Future[R] = Future()
        self.wanted = True
        self.work: Callable[[], R]


def _work(jobs: SimpleQueue[_Job[Any]]) -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    while _done(jobs.get()):
        continue


def _done(job: _Job[Any]) -> bool:
    """Do a piece of work; tell whether its thread still has its place."""
    if job.future.set_running_or_notify_cancel():
        try:
            result = job.work()
        except BaseException as error:
            job.future.set_exception(error)
        else:
            job.future.set_result(result)
    return job.wanted

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
from typing import Any, TypeVar

from appliance.analysis.errors import ClientGone, Overdue
from appliance.transport.threads import Threads
from kernels.contract import AlgorithmError

R = TypeVar("R")

NICENESS = 10
GRACE_S = 2.0  # what runs may be so late before its thread is given up


class Busy(AlgorithmError):
    """The request could not be served in time."""


def _lower_priority() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


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
        self._pool = Threads(slots, thread_name_prefix="slot", initializer=_lower_priority).start_all()
        self.slots, self.queue = slots, queue
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
        Busy : the queue is full, no slot came free in time, or the process is about to end.
        ClientGone : the client hung up while the work waited.
        Overdue : the work began in time, but did not end.
        """
        with self._lock:
            if self._admitted >= self._limit:
                raise Busy(f"the node is busy: {self._admitted} requests are running or waiting already")
            self._count(admitted=1)
            must_wait = self._admitted > self.slots
        place = _Place()

        def in_slot() -> R:
            with self._lock:
                self._count(busy=1)
            try:
                if must_wait and client_gone():
                    raise ClientGone
                return work()
            finally:
                with self._lock:
                    self._count(busy=-1 if place.taken else 0)

        asked = time.monotonic()
        try:
            return self._result(self._submit(in_slot), place, asked, due)
        finally:
            with self._lock:
                self._count(admitted=-1)

    def _submit(self, work: Callable[[], R]) -> Future[R]:
        try:
            return self._pool.submit(work)
        except RuntimeError as error:  # the interpreter ends: the time that a stop gives to running requests is over
            raise Busy("the node is busy: it is being stopped") from error

    def _count(self, admitted: int = 0, busy: int = 0) -> None:
        """Change the counts; the caller holds the lock."""
        self._admitted += admitted
        self._busy += busy
        self._changed(self.busy, self.waiting)

    def _result(self, future: Future[R], place: _Place, asked: float, due: float) -> R:
        try:
            return future.result(timeout=max(due - asked, 0.0))
        except NotInTime:
            if future.cancel():
                raise Busy(f"the node is busy: no slot came free within {due - asked:.0f} seconds") from None
        try:
            return future.result(timeout=GRACE_S)  # it runs already: let it finish
        except NotInTime:
            if not self._give_up(future, place):
                return future.result()
        raise Overdue(f"no answer within {due - asked:.0f} seconds, and no end of it") from None

    def _give_up(self, future: Future[Any], place: _Place) -> bool:
        """Put another thread into the place of one that does not come back; tell whether it does not."""
        with self._lock:
            if future.done():
                return False
            place.taken = False
            self._count(busy=-1)
        self._pool.add_one()
        self._abandoned()
        return True


class _Place:
    """The slot of one piece of work, until it is given to another."""

    __slots__ = ("taken",)

    def __init__(self) -> None:
        self.taken = True

"""Threads for a system that has no more to give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


class Threads(ThreadPoolExecutor):
    """A pool that makes do with the threads it has where no further one can be started.

    Memory, or the number of tasks that systemd allows, may be used up for a moment. The work is in the queue of the
    pool before a thread is started for it, so the threads that are there will come to it.
    """

    def start_all(self) -> Threads:
        """Start every thread now, or as many as can be; returns itself. Raises RuntimeError if there is none at all.

        A thread that the system gives, but that finds no memory for its first object, dies without a word; who started
        it waits for that word for ever. So no thread is started while there are requests.
        """
        while (before := len(self._threads)) < self._max_workers:
            self._adjust_thread_count()
            if len(self._threads) == before:
                break
        return self

    def add_one(self) -> None:
        """Have one more thread, for one that does not come back."""
        self._max_workers += 1  # private to the standard library, as the next one
        self._adjust_thread_count()

    def _adjust_thread_count(self) -> None:
        """Start a thread if none is idle; raises RuntimeError if there is none at all."""
        try:
            super()._adjust_thread_count()  # private to the standard library
        except RuntimeError:
            if not self._threads:
                raise

"""Threads for a system that has no more to give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor


class Threads(ThreadPoolExecutor):
    """A pool that makes do with the threads it has where no further one can be started.

    Memory, or the number of tasks that systemd allows, may be used up for a moment. The work is in the queue of the
    pool before a thread is started for it, so the threads that are there will come to it.
    """

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

"""A line on the terminal that tells how far the work is.

Made here: the progress bar of prompt_toolkit takes over the terminal and reads from it, which may be where the data
comes from, and another library would be one more to ship for what is 40 lines.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

WIDTH = 30
EVERY_S = 0.1
CLEAR = "\r\x1b[K"


def show(text: str) -> None:
    """Write to standard error at once."""
    sys.stderr.write(text)
    sys.stderr.flush()


def say(line: str, progress: Progress | None = None) -> None:
    """Print one line; names come from files, so nothing in them reaches the terminal as a command."""
    if progress:
        progress.hide()
    sys.stderr.write("".join(c if c.isprintable() or c == "\n" else " " for c in line) + "\n")


class Progress:
    """Counts what is done, from any thread.

    write : where the line goes, None to show nothing. clock : seconds.
    """

    def __init__(
        self, total: int, write: Callable[[str], object] | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._total, self._write, self._clock = total, write, clock
        self._lock = threading.Lock()
        self._done = 0
        self._begin = self._drawn = clock()

    def step(self) -> None:
        """Count one more."""
        with self._lock:
            self._done += 1
            now = self._clock()
            if self._write and (now - self._drawn >= EVERY_S or self._done == self._total):
                self._drawn = now
                self._write(CLEAR + self.line(now))

    def hide(self) -> None:
        """Take the line away, before another one is written or at the end."""
        with self._lock:
            if self._write:
                self._write(CLEAR)

    def line(self, now: float) -> str:
        """Return what is shown: a bar, how many of how many, how fast, how long it will take."""
        filled = WIDTH * self._done // max(self._total, 1)
        rate = self._done / max(now - self._begin, 1e-9)
        left = (self._total - self._done) / rate if rate else 0.0
        bar = "#" * filled + "." * (WIDTH - filled)
        return f"[{bar}] {self._done}/{self._total}  {rate:.{0 if rate >= 10 else 1}f}/s  {_clock(left)} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"

"""Memory and descriptors of the node's processes over time, and whether they grow."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import psutil

from benchmarks.soak.supervisor import Supervisor

EVERY_S = 5.0
WARM_UP_S = 120.0  # a young process fills its caches, and copies what it shared with its master
BIN_S = 60.0
LAGS = 3  # bins that may still depend on each other


@dataclass
class Sample:
    """What one process had at one time. memory : bytes that are its own (USS)."""

    when: float
    pid: int
    role: str
    age: float
    memory: int
    descriptors: int


@dataclass
class Slope:
    """Growth per hour and its standard error, over all processes of one role; processes that lived long enough."""

    per_hour: float
    error: float
    processes: int
    hours: float


class Sampler(threading.Thread):
    """Looks at all processes of the node every few seconds."""

    def __init__(self, node: Supervisor) -> None:
        super().__init__(daemon=True)
        self._node, self._stop_now = node, threading.Event()
        self.samples: list[Sample] = []
        self._born: dict[int, float] = {}

    def run(self) -> None:
        """Sample until stopped."""
        while not self._stop_now.wait(EVERY_S):
            for number, process in enumerate(self._node.processes()):
                with contextlib.suppress(psutil.Error):
                    self._look(process, "worker" if number else "master")

    def stop(self) -> None:
        """End it."""
        self._stop_now.set()
        self.join(30)

    def _look(self, process: psutil.Process, role: str) -> None:
        now = time.monotonic()
        age = now - self._born.setdefault(process.pid, now)
        memory = process.memory_full_info().uss
        self.samples.append(Sample(now, process.pid, role, age, memory, process.num_fds()))


def slope(samples: list[Sample], role: str, what: str) -> Slope:
    """Return the common slope of all processes of a role, each with a level of its own.

    Least squares on means of a minute, since neighbouring samples are alike; the error is that of Newey and West
    (1987), within each process, for what dependence is left.
    """
    series: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.role == role and sample.age >= WARM_UP_S:
            series[sample.pid].append(sample)
    binned = [pair for pair in (_bins(own, what) for own in series.values()) if len(pair[0]) > 2]
    if not binned:
        return Slope(float("nan"), float("nan"), 0, 0.0)
    centred = [(t - t.mean(), y - y.mean()) for t, y in binned]
    squares = sum(float(t @ t) for t, _ in centred)
    rate = sum(float(t @ y) for t, y in centred) / squares
    variance = 0.0
    for t, y in centred:
        score = t * (y - rate * t)
        variance += float(score @ score)
        for lag in range(1, min(LAGS, len(score) - 1) + 1):
            variance += 2 * (1 - lag / (LAGS + 1)) * float(score[lag:] @ score[:-lag])
    bins = sum(len(t) for t, _ in centred)
    variance *= bins / max(bins - len(centred) - 1, 1)
    hours = sum(float(np.ptp(t)) for t, _ in centred)
    return Slope(rate, max(variance, 0.0) ** 0.5 / squares, len(centred), hours)


def _bins(own: list[Sample], what: str) -> tuple[np.ndarray, np.ndarray]:
    """Return times in hours and means of the bins of one process."""
    when = np.array([sample.when for sample in own])
    value = np.array([getattr(sample, what) for sample in own], dtype=float)
    number = ((when - when[0]) // BIN_S).astype(int)
    _, place, count = np.unique(number, return_inverse=True, return_counts=True)
    return np.bincount(place, when) / count / 3600, np.bincount(place, value) / count

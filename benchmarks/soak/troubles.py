"""What is done to the node while it serves, each at random times of its own."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.soak.supervisor import Supervisor

KILLED_WORKER, KILLED_MASTER, NO_MEMORY = "kill -9 of a worker", "kill -9 of the master", "no memory"
JUMPS_S = (3600, -3600, 30 * 86_400, -365 * 86_400, 5, -5)


@dataclass
class Event:
    """Something that was done, from and to when (monotonic)."""

    name: str
    begun: float
    ended: float


class ModelServer:
    """A model server that can be away."""

    def __init__(self, port: int) -> None:
        self._command = [sys.executable, str(Path(__file__).with_name("model_server.py")), str(port)]
        self.start()

    def start(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(self._command)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()


class Troubles:
    """Does everything until told to stop.

    small_disk : a small file system that holds the node's logs, None if there could be none.
    clock : the file that `clock.c` reads.
    pace : how often things happen: 1 as in an hour's run, 2 twice as often.
    calm : once set, no process is ended or replaced any more.
    """

    def __init__(
        self, node: Supervisor, model: ModelServer, small_disk: Path | None, clock: Path, seed: int, pace: float
    ) -> None:
        self._node, self._model, self._disk, self._clock = node, model, small_disk, clock
        self._random, self._pace = random.Random(seed), pace
        self.events: list[Event] = []
        self.calm, self._stop = threading.Event(), threading.Event()
        plan: list[tuple[str, float, Callable[[], None], bool]] = [
            (KILLED_WORKER, 90, self._kill_worker, True),
            (KILLED_MASTER, 300, self._kill_master, True),
            ("storm of SIGHUP", 240, self._storm, True),
            ("model server away", 60, self._model_away, False),
            ("clock off", 60, self._clock_off, False),
            (NO_MEMORY, 200, self._no_memory, True),
        ]
        if small_disk:
            plan.append(("disk full", 180, self._disk_full, False))
        self._threads = [threading.Thread(target=self._now_and_then, args=one, daemon=True) for one in plan]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End all troubles; returns when everything is in order again."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _now_and_then(self, name: str, every_s: float, do: Callable[[], None], ends_processes: bool) -> None:
        while not self._stop.wait(self._random.expovariate(self._pace / every_s)):
            if ends_processes and (self.calm.is_set() or not self._node.ready.is_set()):
                continue
            event = Event(name, time.monotonic(), float("inf"))
            self.events.append(event)
            with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):  # it has ended meanwhile
                do()
            event.ended = time.monotonic()

    def _for_a_while(self, longest_s: float) -> None:
        self._stop.wait(self._random.uniform(longest_s / 4, longest_s))

    def _kill_worker(self) -> None:
        workers = self._node.processes()[1:]
        if workers:
            self._random.choice(workers).kill()

    def _kill_master(self) -> None:
        os.kill(self._node.master, signal.SIGKILL)

    def _storm(self) -> None:
        for _ in range(self._random.randint(3, 12)):
            os.kill(self._node.master, signal.SIGHUP)
            self._stop.wait(self._random.uniform(0, 0.4))

    def _model_away(self) -> None:
        self._model.kill()
        self._for_a_while(20)
        self._model.start()

    def _clock_off(self) -> None:
        self._set_clock(self._random.choice(JUMPS_S))
        self._for_a_while(30)
        self._set_clock(0)

    def _set_clock(self, offset_s: int) -> None:
        with self._clock.open("r+b") as file:
            file.write(struct.pack("l", offset_s))

    def _no_memory(self) -> None:
        workers = self._node.processes()[1:]
        if not workers:
            return
        worker = self._random.choice(workers)
        worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms, psutil.RLIM_INFINITY))
        self._for_a_while(15)
        worker.rlimit(psutil.RLIMIT_AS, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))

    def _disk_full(self) -> None:
        assert self._disk
        filler = self._disk / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        self._for_a_while(30)
        filler.unlink()

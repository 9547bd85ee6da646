"""What `/metrics` tells without counting: it is looked at when somebody asks.

The processes have the names of the standard process metrics, with a label that tells them apart: sums would run
backwards when a worker is replaced.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from appliance.host.processes import PAGE_BYTES
from appliance.model_servers.servers import ModelServers
from appliance.node.metrics import family
from appliance.node.scoreboard import Scoreboard
from appliance.node.slots import Slots
from kernels import _jit

TICKS = os.sysconf("SC_CLK_TCK")
PROCESS = (  # name, kind, what it is
    ("process_cpu_seconds_total", "counter", "processor time, user and system"),
    ("process_resident_memory_bytes", "gauge", "memory that is resident"),
    ("process_virtual_memory_bytes", "gauge", "memory that is addressed"),
    ("process_threads", "gauge", "threads"),
    ("process_start_time_seconds", "gauge", "start, in seconds since the epoch"),
    ("process_open_fds", "gauge", "open file descriptors"),
    ("process_max_fds", "gauge", "the most file descriptors there may be"),
)


class State:
    """What a worker sees of the node, itself and the model servers.

    master : the process that forked it.
    """

    def __init__(self, scoreboard: Scoreboard, slots: Slots, servers: ModelServers, master: int) -> None:
        self._scoreboard, self._slots, self._servers, self._master = scoreboard, slots, servers, master

    def lines(self) -> Iterator[str]:
        """Yield the metrics in Prometheus' text format."""
        workers = self._scoreboard.workers()
        for name, text, value in (
            ("slots", "analyses that may run at once", len(workers) * self._slots.slots),
            ("queue_limit", "analyses that may wait for a slot", len(workers) * self._slots.queue),
            ("kernels_loaded", "compiled kernels in the process that answers", _jit.count()),
            ("kernels_compiled", "of these, compiled at run time", len(_jit.compiled_now())),
        ):
            yield from family(f"taosanode_{name}", "gauge", text, [({}, value)])
        up = [({"model": model}, int(is_up)) for model, is_up in self._servers.seen().items()]
        yield from family("taosanode_model_server_up", "gauge", "1: the model server answered the last look", up)
        load = self._servers.load()
        for name, text in (
            ("in_flight", "requests that the model server had accepted and not answered at the last look"),
            ("queue", "of these, those that waited for their turn"),
        ):
            counts = [({"model": model}, getattr(each, name)) for model, each in load.items()]
            yield from family(f"taosanode_model_server_{name}", "gauge", text, counts)

        found = [({"process": "master"}, process(self._master))]
        found += [({"process": str(worker.number)}, process(worker.pid)) for worker in workers]
        for name, kind, text in PROCESS:
            yield from family(name, kind, text, [(labels, each[name]) for labels, each in found if name in each])


def process(pid: int) -> dict[str, float]:
    """Return what the system tells of a process, by the names in `PROCESS`; what it does not tell is not there."""
    found: dict[str, float] = {}
    folder = Path(f"/proc/{pid}")
    try:
        # proc(5): the name in parentheses may hold anything; behind it, the third field is the first
        told = (folder / "stat").read_text().rpartition(")")[2].split()
        found["process_cpu_seconds_total"] = (int(told[11]) + int(told[12])) / TICKS
        found["process_threads"] = int(told[17])
        found["process_start_time_seconds"] = _booted_at() + int(told[19]) / TICKS
        found["process_virtual_memory_bytes"] = int(told[20])
        found["process_resident_memory_bytes"] = int(told[21]) * PAGE_BYTES
        found["process_open_fds"] = len(os.listdir(folder / "fd"))
        limits = (folder / "limits").read_text().partition("Max open files")[2].split()
        found["process_max_fds"] = int(limits[0])
    except (OSError, ValueError):  # it has ended, belongs to somebody else, or has no limit
        return found
    return found


def _booted_at() -> int:
    return int(Path("/proc/stat").read_text().partition("btime ")[2].split()[0])

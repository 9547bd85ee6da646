"""Operators' algorithms that do not end, eat memory or crash, in a real node."""

from __future__ import annotations

import http.client
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from benchmarks.node import Node
from tests.appliance.bodies import dump, request
from tests.appliance.test_node import ask, status, workers
from tests.appliance.waiting import until

GUEST = """
import ctypes, os, re
from pathlib import Path
from taosanode import ANOMALY, Algorithm, Detection, NoOptions
import numpy as np

LOADED = []

def detect(task, params):
    what = task.options.get("do", "")
    if what == "loop":
        Path(__file__).with_name("begun").touch()
        while True:
            pass
    if what == "hold":  # without ever letting another thread run
        re.match(r"(a+)+$", "a" * 64 + "b")
    if what == "eat":
        hoard = []
        while True:
            hoard.append(np.ones(1 << 20))
    if what == "exit":
        os._exit(3)
    if what == "crash":
        ctypes.string_at(0)
    LOADED.append(what)
    n = len(task.series)
    return Detection(np.ones(n, np.int8), np.zeros(n), {"loaded": len(LOADED), "pid": os.getpid()})

ALGORITHM = Algorithm("guest", "misbehaves", ANOMALY, NoOptions, detect)
"""


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    lines = "slots = 1\nmemory-limit = 1G"
    with Node(server="processes = 1\nreload-mercy = 3", node=lines, algorithms={"guest.py": GUEST}) as running:
        until(lambda: workers(running), "the worker")
        yield running


def do(node: Node, what: str, timeout_s: int = 60) -> dict[str, object]:
    return ask(node, dump(request(algo="guest", option=f"do={what},timeout={timeout_s}")))


def processes_of(node: Node) -> set[int]:
    return {process.pid for process in psutil.Process(node.pid).children(recursive=True)}


@pytest.mark.parametrize("what", ["loop", "hold"])
def test_one_that_never_ends_is_answered_at_its_deadline_and_gives_its_slot_back(node: Node, what: str) -> None:
    before = workers(node)
    with ThreadPoolExecutor(1) as clients:
        asked, endless = time.monotonic(), clients.submit(do, node, what, 2)
        assert status(node) == "ready"
        told = endless.result()
    assert told == {"rows": -1, "msg": "guest did not answer in time, its process was ended"}
    assert time.monotonic() - asked > 1.5
    assert do(node, "")["rows"] == 0  # there is one slot
    assert workers(node) == before
    log = (node.folder / "taosanode.app.log").read_text()
    assert f"option='do={what},timeout=2'" in log
    assert "error msg='guest did not answer in time" in log


def test_memory_above_the_limit_is_an_error_and_hurts_nobody(node: Node) -> None:
    before = workers(node)
    told = str(do(node, "eat")["msg"])
    assert "memory" in told.lower() or "allocate" in told
    assert do(node, "")["rows"] == 0
    assert workers(node) == before


@pytest.mark.parametrize("what", ["exit", "crash"])
def test_one_that_ends_its_process_ends_nothing_else(node: Node, what: str) -> None:
    before = workers(node)
    told = do(node, what)
    assert told["msg"] == "guest: its process has ended: it crashed, was killed or had not enough memory"
    assert do(node, "")["rows"] == 0
    assert workers(node) == before


def test_what_one_has_loaded_is_there_for_the_next_request(node: Node) -> None:
    first, second = do(node, "x"), do(node, "x")
    assert second["pid"] == first["pid"]
    assert second["loaded"] == first["loaded"] + 1  # type: ignore[operator]


def test_a_process_that_was_killed_while_it_was_idle_is_replaced(node: Node) -> None:
    first = do(node, "")
    os.kill(int(str(first["pid"])), signal.SIGKILL)
    until(lambda: first["pid"] not in processes_of(node), "its end")
    assert do(node, "")["rows"] == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_a_reload_and_a_killed_worker_leave_no_process_behind(node: Node, number: signal.Signals) -> None:
    begun = node.algorithm_dir / "begun"
    begun.unlink(missing_ok=True)

    def without_answer() -> bool:
        try:
            do(node, "loop")
        except (OSError, http.client.HTTPException):
            return True
        return False

    with ThreadPoolExecutor(1) as clients:
        lost = clients.submit(without_answer)
        until(begun.exists, "the loop to begin")
        old = {psutil.Process(pid) for pid in processes_of(node)}
        assert len(old) == 3
        os.kill(node.pid if number == signal.SIGHUP else min(workers(node)), number)
        until(lambda: not any(process.is_running() for process in old), "the old processes to end")
        assert lost.result()
    until(lambda: workers(node), "the new worker")
    assert do(node, "")["rows"] == 0

"""A whole node whose system has nothing more to give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected

import psutil

from benchmarks.node import Node, body
from tests.appliance.test_node import ask, workers


def test_without_memory_and_threads_a_worker_loses_single_requests_and_lives() -> None:
    raw = body("iqr", 40_000)
    with Node(server="processes = 1", node="slots = 4") as node:
        ask(node, raw)
        (worker,) = psutil.Process(node.pid).children()
        worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms, psutil.RLIM_INFINITY))
        with ThreadPoolExecutor(12) as clients:
            asked = [clients.submit(ask, node, raw) for _ in range(24)]
        worker.rlimit(psutil.RLIMIT_AS, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
        answers = [reply.result() for reply in asked if not isinstance(reply.exception(), OSError | RemoteDisconnected)]
        assert answers
        assert {answer.get("msg") for answer in answers} <= {None, "not enough memory for this request"}
        assert ask(node, raw)["rows"] > 0
        assert workers(node) == {worker.pid}

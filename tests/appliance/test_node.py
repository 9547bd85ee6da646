"""A real node, over real sockets, under real trouble."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.node import Node, body
from tests.appliance.bodies import JSON, dump, request
from tests.appliance.waiting import until

ANOMALY = "/anomaly-detect"
PROCESSES = 2


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with Node() as running:
        yield running


def ask(node: Node, raw: bytes, path: str = ANOMALY) -> dict[str, Any]:
    with contextlib.closing(http.client.HTTPConnection(*node.address, timeout=60)) as client:
        client.request("POST", path, raw, JSON)
        reply: dict[str, Any] = json.loads(client.getresponse().read())
    return reply


def status(node: Node) -> str:
    with contextlib.closing(http.client.HTTPConnection(*node.address, timeout=30)) as client:
        client.request("GET", "/status")
        return str(json.loads(client.getresponse().read())["status"])


def connect(node: Node) -> socket.socket:
    return socket.create_connection(node.address, timeout=30)


def head(length: int, extra: str = "") -> bytes:
    return (
        f"POST {ANOMALY} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{extra}"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def replies(sock: socket.socket, count: int = 1) -> list[dict[str, Any]]:
    """Read `count` replies from one connection."""
    found = []
    file = sock.makefile("rb")
    for _ in range(count):
        assert file.readline().startswith(b"HTTP/1.1 200")
        length = 0
        while (line := file.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        found.append(json.loads(file.read(length)))
    return found


def workers(node: Node) -> set[int]:
    return {worker.pid for worker in psutil.Process(node.pid).children()}


def test_keep_alive_serves_many_requests_on_one_connection(node: Node) -> None:
    client = http.client.HTTPConnection(*node.address, timeout=30)
    for _ in range(20):
        client.request("POST", ANOMALY, dump(request()), JSON)
        assert json.loads(client.getresponse().read())["rows"] == 1
    client.close()


def test_pipelined_requests_are_answered_in_order(node: Node) -> None:
    raw = [dump(request(option=f"n={i}")) for i in range(6)]
    with connect(node) as sock:
        sock.sendall(b"".join(head(len(one)) + one for one in raw))
        assert [reply["option"] for reply in replies(sock, 6)] == [f"n={i}" for i in range(6)]


def test_pipelined_request_may_arrive_in_pieces(node: Node) -> None:
    raw = dump(request())
    message = head(len(raw)) + raw
    with connect(node) as sock:
        sock.sendall(message + message[:40])
        assert replies(sock)[0]["rows"] == 1
        sock.sendall(message[40:])
        assert replies(sock)[0]["rows"] == 1


def test_half_closed_connection_gets_its_answer(node: Node) -> None:
    raw = dump(request())
    with connect(node) as sock:
        sock.sendall(head(len(raw)) + raw)
        sock.shutdown(socket.SHUT_WR)
        assert replies(sock)[0]["rows"] == 1


def test_chunked_body_is_read(node: Node) -> None:
    client = http.client.HTTPConnection(*node.address, timeout=30)
    raw = dump(request())
    client.request("POST", ANOMALY, iter([raw[:100], raw[100:]]), JSON, encode_chunked=True)
    assert json.loads(client.getresponse().read())["rows"] == 1
    client.close()


def test_expect_100_continue_is_answered_once_and_at_once(node: Node) -> None:
    raw = dump(request())
    with connect(node) as sock:
        sock.sendall(head(len(raw), "Expect: 100-continue\r\n"))
        assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(raw)
        assert replies(sock)[0]["rows"] == 1


def test_hundred_megabytes_are_refused_and_not_read(node: Node) -> None:
    with connect(node) as sock:
        sock.sendall(head(100_000_000, "Expect: 100-continue\r\n"))
        assert replies(sock)[0]["msg"].startswith("invalid request format: body of 100000000 bytes")
    with connect(node) as sock, contextlib.suppress(OSError):
        sock.sendall(head(100_000_000))
        for _ in range(100):
            sock.sendall(b" " * 1_000_000)
    assert status(node) == "ready"


@pytest.mark.parametrize(
    "raw", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\n"]
)
def test_what_is_not_http_does_no_harm(node: Node, raw: bytes) -> None:
    with connect(node) as sock:
        sock.sendall(raw)
        sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert not sock.recv(1000).startswith(b"HTTP/1.1 500")
    assert status(node) == "ready"


def test_hundreds_of_slow_clients_hold_nothing(node: Node) -> None:
    slow = [connect(node) for _ in range(300)]
    for i, sock in enumerate(slow):
        sock.sendall(head(1000)[: 5 + i % 60])
    for _ in range(5):
        for sock in slow[:20]:
            sock.sendall(b"x")
        assert status(node) == "ready"
        assert ask(node, dump(request()))["rows"] == 1
    for sock in slow:
        sock.close()


def test_clients_that_hang_up_halfway_do_no_harm(node: Node) -> None:
    raw = body("iqr", 2000)
    for cut in (10, 100, 5000, len(raw)):
        for _ in range(10):
            sock = connect(node)
            sock.sendall((head(len(raw)) + raw)[:cut])
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # a reset
            sock.close()
    assert status(node) == "ready"


def test_a_killed_worker_loses_only_what_it_held() -> None:
    with Node(server=f"processes = {PROCESSES}") as node:
        raw, stop = dump(request()), threading.Event()
        outcomes: list[bool] = []

        def load() -> None:
            while not stop.is_set():
                try:
                    outcomes.append(ask(node, raw)["rows"] == 1)
                except (OSError, http.client.HTTPException):
                    outcomes.append(False)

        clients = [threading.Thread(target=load) for _ in range(4)]
        for client in clients:
            client.start()
        until(lambda: len(outcomes) > 20 and len(workers(node)) == PROCESSES, "all workers, and the load")
        killed = min(workers(node))
        os.kill(killed, signal.SIGKILL)
        until(lambda: killed not in (now := workers(node)) and len(now) == PROCESSES, "a new worker")
        served = len(outcomes)
        until(lambda: len(outcomes) > served + 20, "more requests")
        stop.set()
        for client in clients:
            client.join()
        assert outcomes.count(False) <= len(clients)
        assert outcomes[-4:] == [True] * 4


class Held:
    """A detector `held` whose answers wait until the test lets them go; a folder tells node and test."""

    def __init__(self, folder: Path) -> None:
        self._begun, self._go = folder / "begun", folder / "go"
        self.files = {"held.py": HELD.format(begun=str(self._begun), go=str(self._go))}

    def wait_until_begun(self) -> None:
        until(self._begun.exists, "the analysis to begin")

    def let_go(self) -> None:
        self._go.touch()


HELD = """
import time
from pathlib import Path
from taosanode import ANOMALY, Algorithm, Detection, NoOptions
import numpy as np

def detect(task, params):
    Path({begun!r}).touch()
    while not Path({go!r}).exists():
        time.sleep(0.01)
    return Detection(np.ones(len(task.series), np.int8), np.zeros(len(task.series)))

ALGORITHM = Algorithm("held", "waits", ANOMALY, NoOptions, detect)
"""


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    detector = Held(tmp_path)
    yield detector
    detector.let_go()


def names(node: Node) -> set[str]:
    with contextlib.closing(http.client.HTTPConnection(*node.address, timeout=30)) as client:
        client.request("GET", "/list")
        details = json.loads(client.getresponse().read())["details"]
    return {entry["name"] for detail in details for entry in detail["algo"]}


def test_status_is_answered_while_every_slot_is_busy_and_the_queue_is_full(held: Held) -> None:
    node = Node(server="processes = 1", node="slots = 1\nqueue = 2", algorithms=held.files)
    with node, ThreadPoolExecutor(12) as clients:
        asked = [clients.submit(ask, node, dump(request(algo="held"))) for _ in range(12)]
        # the surplus is refused while the others still wait
        until(lambda: sum(reply.done() for reply in asked) == 12 - 3, "the surplus to be refused")
        assert status(node) == "ready"
        assert "held" in names(node)
        held.let_go()
        answers = [reply.result() for reply in asked]
    refused = [answer["msg"] for answer in answers if answer["rows"] < 0]
    assert len(refused) == 12 - 3
    assert all(message.startswith("the node is busy: ") for message in refused)


def test_client_that_will_not_wait_is_told_so(held: Held) -> None:
    with (
        Node(server="processes = 1", node="slots = 1", algorithms=held.files) as node,
        ThreadPoolExecutor(1) as clients,
    ):
        first = clients.submit(ask, node, dump(request(algo="held")))
        held.wait_until_begun()
        answer = ask(node, dump(request(algo="held", option="timeout=1")))
        assert answer["msg"] == "the node is busy: no slot came free within 1 seconds"
        held.let_go()
        assert first.result()["rows"] == 0


def test_stop_finishes_what_is_running(held: Held) -> None:
    node = Node(server=f"processes = {PROCESSES}", algorithms=held.files)
    with node, ThreadPoolExecutor(2) as clients:
        until(lambda: len(workers(node)) == PROCESSES, "all workers")
        running = clients.submit(ask, node, dump(request(algo="held")))
        held.wait_until_begun()
        stopped = clients.submit(node.stop)
        until(lambda: len(workers(node)) == 1, "the worker that has nothing to do to stop")
        assert not running.done()
        held.let_go()
        assert running.result()["rows"] == 0
        assert stopped.result() == 0


def test_reload_brings_a_new_algorithm_and_survives_a_broken_one(held: Held) -> None:
    with Node(algorithms={"broken.py": "import nonesuch"}) as node:
        assert "held" not in names(node)
        held.let_go()
        (node.algorithm_dir / "held.py").write_text(held.files["held.py"])
        before = workers(node)
        os.kill(node.pid, signal.SIGHUP)
        until(lambda: not before & workers(node), "new workers")
        assert ask(node, dump(request(algo="held")))["rows"] == 0
        assert "iqr" in names(node)


def statistics(address: Path) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(address))
        with sock.makefile("rb") as file:
            found: dict[str, Any] = json.loads(file.read())
    return found


def test_metrics_and_statistics_count_what_all_workers_served(tmp_path: Path) -> None:
    address = tmp_path / "stats"
    with Node(server=f"stats = {address}") as node:
        until(lambda: all(worker["pid"] for worker in statistics(address)["workers"]), "the second worker to start")
        for _ in range(20):
            ask(node, dump(request()))
        ask(node, b"x")
        with contextlib.closing(http.client.HTTPConnection(*node.address, timeout=30)) as client:
            client.request("GET", "/metrics")
            families = {f.name: f for f in text_string_to_metric_families(client.getresponse().read().decode())}
        counted = {
            (sample.labels.get("algorithm"), sample.labels["outcome"]): sample.value
            for sample in families["taosanode_requests"].samples
            if sample.labels["endpoint"] == ANOMALY and sample.name.endswith("_total") and sample.value
        }
        assert counted[("iqr", "ok")] == 20
        assert sum(counted.values()) == 21
        shown = statistics(address)
        assert {worker["pid"] for worker in shown["workers"]} == workers(node)
        assert sum(worker["requests"] for worker in shown["workers"]) >= 22


def test_connections_from_elsewhere_are_closed_and_counted() -> None:
    with Node(server="allow-from = 127.0.0.1, 10.0.0.0/8\nprocesses = 1") as node:
        with socket.create_connection(node.address, 30, source_address=("127.0.0.2", 0)) as stranger:
            assert stranger.recv(1) == b""
        assert ask(node, dump(request()))["rows"] == 1
        with contextlib.closing(http.client.HTTPConnection(*node.address, timeout=30)) as client:
            client.request("GET", "/metrics")
            assert b"\ntaosanode_connections_refused_total 1\n" in client.getresponse().read()
        assert "connections from 127.0.0.2 are closed" in (node.folder / "taosanode.log").read_text()

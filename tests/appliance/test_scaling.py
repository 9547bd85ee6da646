"""Two nodes behind nginx, configured as docs/scaling.md says: no request fails, whatever happens to one of them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.node import Node, body
from tests.appliance.bodies import JSON
from tests.appliance.fake_server import closed_port
from tests.appliance.waiting import until

PAGE = Path(__file__).parent.parent.parent / "docs" / "scaling.md"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
MAIN = """
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/taosanode.conf;
}}
"""
Address = tuple[str, int]


@pytest.fixture
def nodes() -> Iterator[tuple[Node, Node]]:
    first, second = (Node(server="processes = 1") for _ in range(2))  # both start at once
    with first, second:
        yield first, second


@pytest.fixture
def proxy(nodes: tuple[Node, Node], tmp_path: Path) -> Iterator[Address]:
    assert NGINX, "packaging/system-packages.sh test installs nginx"
    text = re.findall(r"^```nginx\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)[0]
    address = ("127.0.0.1", closed_port())
    for name, (host, port) in {"node1:6090": nodes[0].address, "node2:6090": nodes[1].address}.items():
        text = text.replace(f"server {name}", f"server {host}:{port}")
    (tmp_path / "taosanode.conf").write_text(text.replace("listen 6090", f"listen {address[0]}:{address[1]}"))
    user = "" if os.getuid() else "user root;"  # who else could not write to the folder
    (tmp_path / "nginx.conf").write_text(MAIN.format(folder=tmp_path, user=user))
    process = subprocess.Popen([NGINX, "-p", tmp_path, "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"])
    until(lambda: process.poll() is not None or answers(address), "nginx to answer")
    yield address
    process.terminate()
    assert process.wait(60) == 0


def answers(address: Address) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(address, 1):
        return True
    return False


def served(node: Node) -> float:
    """How many analyses a node has answered since it started."""
    with contextlib.closing(http.client.HTTPConnection(*node.address, timeout=30)) as client:
        client.request("GET", "/metrics")
        families = text_string_to_metric_families(client.getresponse().read().decode())
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "taosanode_requests_total" and sample.labels["endpoint"] == "/anomaly-detect"
    )


class Load:
    """Clients that ask one after the other, each on a new connection, until told to stop."""

    def __init__(self, address: Address, clients: int, rows: int = 1000) -> None:
        self.outcomes: list[Any] = []
        self._address, self._raw, self._stop = address, body("iqr", rows), threading.Event()
        self._clients = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]
        for client in self._clients:
            client.start()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                with contextlib.closing(http.client.HTTPConnection(*self._address, timeout=60)) as client:
                    client.request("POST", "/anomaly-detect", self._raw, JSON)
                    reply = client.getresponse()
                    text = reply.read()
                    self.outcomes.append("ok" if reply.status == 200 and json.loads(text)["rows"] >= 0 else text)
            except ConnectionRefusedError as error:
                self.outcomes.append(error)
                return
            except (OSError, http.client.HTTPException) as error:
                self.outcomes.append(error)

    def goes_on(self, requests: int = 20) -> None:
        """Return once more requests have been answered."""
        before = len(self.outcomes)
        until(lambda: len(self.outcomes) >= before + requests, "requests")

    def end(self) -> list[Any]:
        """Let the clients stop, and return what each of their requests came to."""
        self._stop.set()
        return self.ended()

    def ended(self) -> list[Any]:
        """Return once all clients have ended by themselves."""
        for client in self._clients:
            client.join(60)
        return self.outcomes


def test_no_request_fails_while_nodes_are_killed_stopped_restarted_and_reloaded(
    nodes: tuple[Node, Node], proxy: Address
) -> None:
    first, second = nodes
    load = Load(proxy, clients=4)
    until(lambda: served(first) > 5 and served(second) > 5, "both to be asked")
    first.kill()
    load.goes_on()
    first.start()
    first.wait_for_an_answer()
    until(lambda: served(first) > 5, "the killed one to be asked again")
    assert second.stop() == 0
    load.goes_on()
    second.start()
    second.wait_for_an_answer()
    until(lambda: served(second) > 5, "the stopped one to be asked again")
    before = psutil.Process(first.pid).children()
    os.kill(first.pid, signal.SIGHUP)
    until(lambda: not any(worker.is_running() for worker in before), "new workers")
    load.goes_on()
    outcomes = load.end()
    assert [outcome for outcome in outcomes if outcome != "ok"] == []


def test_a_node_that_stops_resets_no_connection() -> None:
    with Node(server="processes = 2") as node:
        load = Load(node.address, clients=8)
        load.goes_on(50)
        assert node.stop() == 0
        outcomes = load.ended()
    assert [type(outcome) for outcome in outcomes if outcome != "ok"] == [ConnectionRefusedError] * 8

"""A real node that is told to read its settings anew."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.node import Node
from tests.appliance.bodies import dump, request
from tests.appliance.test_node import Held, ask, workers
from tests.appliance.waiting import until


def test_reload_and_stop_drop_no_request() -> None:
    with Node() as node:
        raw, stop = dump(request()), threading.Event()
        outcomes: list[Any] = []

        def load() -> None:
            while not stop.is_set():
                try:
                    outcomes.append(ask(node, raw)["rows"])
                except (OSError, http.client.HTTPException) as error:
                    outcomes.append(error)

        clients = [threading.Thread(target=load) for _ in range(4)]
        for client in clients:
            client.start()
        for _ in range(3):
            served, before = len(outcomes), workers(node)
            until(lambda served=served: len(outcomes) > served + 20, "requests")
            os.kill(node.pid, signal.SIGHUP)
            until(lambda before=before: not before & workers(node), "new workers")
        stop.set()
        for client in clients:
            client.join()
        assert set(outcomes) == {1}


def test_reload_with_a_bad_configuration_keeps_the_old_one() -> None:
    with Node() as node:
        config = node.folder / "taosanode.ini"
        config.write_text(config.read_text().replace("[taosanode]", "threads = many\n[taosanode]"))
        os.kill(node.pid, signal.SIGHUP)
        log = node.folder / "taosanode.log"
        until(lambda: log.exists() and "reload refused" in log.read_text(), "the log to say that it was refused")
        assert ask(node, dump(request()))["rows"] == 1


def reloaded(node: Node, old: str, new: str, told: str) -> None:
    """Change the configuration and reload it; return when the server's log tells of it."""
    config, log = node.folder / "taosanode.ini", node.folder / "taosanode.log"
    config.write_text(config.read_text().replace(old, new))
    os.kill(node.pid, signal.SIGHUP)
    until(lambda: told in log.read_text(), f"the log to say {told!r}")


def test_reload_to_a_taken_address_is_refused_and_the_node_lives() -> None:
    with Node() as node, socket.create_server(("127.0.0.1", 0)) as taken:
        reloaded(node, f":{node.address[1]}", f":{taken.getsockname()[1]}", "reload refused")
        assert (
            f"http = 127.0.0.1:{taken.getsockname()[1]} is in use by process {os.getpid()}"
            in (node.folder / "taosanode.log").read_text()
        )
        assert ask(node, dump(request()))["rows"] == 1
        assert node.stop() == 0


def test_reload_to_an_address_that_includes_the_old_one_finishes_what_is_running(tmp_path: Path) -> None:
    held = Held(tmp_path)
    with Node(algorithms=held.files) as node, ThreadPoolExecutor(1) as clients:
        running = clients.submit(ask, node, dump(request(algo="held")))
        held.wait_until_begun()
        reloaded(node, "http = 127.0.0.1", "http = 0.0.0.0", "is listened on anew once")
        held.let_go()
        log = node.folder / "taosanode.log"
        until(lambda: "Listening at: http://0.0.0.0" in log.read_text(), "the node to listen on the new address")
        assert running.result()["rows"] == 0
        assert ask(node, dump(request()))["rows"] == 1
        assert node.stop() == 0

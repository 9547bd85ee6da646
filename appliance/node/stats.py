"""The stats server: what the workers are doing, in the format of uWSGI's, which uwsgitop and others read.

Whoever connects gets one JSON document and then the end of the connection. A thread of the master does it, without
ever waiting for a client.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import signal
import socket
import stat
import threading
import time
from collections import deque
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from appliance.host import paths
from appliance.host.addresses import host_port
from appliance.host.settings import Settings
from appliance.node.scoreboard import Scoreboard, Worker

log = logging.getLogger(__name__)

CLIENT_S = 5.0  # a client that has not taken its document by then is given up
CLIENTS = 64  # at once; beyond, the oldest is given up
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def start(settings: Settings, scoreboard: Scoreboard) -> StatsServer | None:
    """Start the stats server if the settings want one; raises OSError if its address cannot be listened on."""
    return StatsServer(settings.stats, scoreboard, settings.processes) if settings.stats else None


@dataclass(slots=True)
class _Client:
    connection: socket.socket
    rest: memoryview
    due: float


class StatsServer:
    """Serves the statistics from construction to `stop`.

    address : (host, port) or the path of a UNIX socket.
    processes : how many workers there should be; those that are missing are shown as ``cheap``. May be changed.

    Raises
    ------
    OSError : the address cannot be listened on.
    """

    def __init__(self, address: tuple[str, int] | str, scoreboard: Scoreboard, processes: int) -> None:
        self._scoreboard = scoreboard
        self.processes = processes
        self._path = Path(address) if isinstance(address, str) else None
        self._listener = _listen_on(address)
        self._wake, self._woken = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._clients: deque[_Client] = deque()  # oldest first
        self._thread = threading.Thread(target=self._run, name="stats", daemon=True)
        self._thread.start()
        log.info("statistics are served at %s", address if isinstance(address, str) else host_port(*address))

    @property
    def address(self) -> Any:
        """Where it listens, as the socket tells."""
        return self._listener.getsockname()

    def stop(self) -> None:
        """Stop serving; for the master."""
        self._wake.send(b"x")
        self._thread.join()
        self.leave()
        if self._path:
            self._path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Close what was inherited; for a worker, after the fork."""
        self._selector.close()
        for sock in (self._listener, self._wake, self._woken, *(client.connection for client in self._clients)):
            sock.close()

    def document(self) -> dict[str, Any]:
        """Return the statistics."""
        workers = self._scoreboard.workers(at_least=self.processes)
        return {
            "version": version("taosanode"),
            "listen_queue": sum(worker.queued for worker in workers),
            "listen_queue_errors": 0,
            "signal_queue": 0,
            "load": sum(worker.busy for worker in workers),
            "pid": os.getpid(),
            "uid": os.getuid(),
            "gid": os.getgid(),
            "cwd": os.getcwd(),
            "locks": [],
            "sockets": [],
            "workers": [_worker(worker) for worker in workers],
        }

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # the master's main thread waits for those
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        while True:
            patience = max(self._clients[0].due - time.monotonic(), 0.0) if self._clients else None
            for key, _ in self._selector.select(patience):
                if key.fileobj is self._woken:
                    for client in list(self._clients):
                        self._drop(client)
                    return
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._send(key.data)
            while self._clients and self._clients[0].due <= time.monotonic():
                self._drop(self._clients[0])

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:  # gone already, or no more files may be opened: the next second may be better
            log.warning("stats: no connection: %s", error)
            time.sleep(0.01)
            return
        connection.setblocking(False)
        if len(self._clients) >= CLIENTS:
            self._drop(self._clients[0])
        text = json.dumps(self.document(), indent=1).encode()
        client = _Client(connection, memoryview(text), time.monotonic() + CLIENT_S)
        self._clients.append(client)
        self._selector.register(connection, selectors.EVENT_WRITE, client)

    def _send(self, client: _Client) -> None:
        if client.connection.fileno() < 0:  # given up a moment ago
            return
        try:
            client.rest = client.rest[client.connection.send(client.rest) :]
        except BlockingIOError:
            return
        except OSError:
            client.rest = client.rest[:0]
        if not client.rest:
            self._drop(client)

    def _drop(self, client: _Client) -> None:
        self._clients.remove(client)
        self._selector.unregister(client.connection)
        with contextlib.suppress(OSError):  # not connected any more
            # a worker forked meanwhile may hold the connection too: closing alone would not end it
            client.connection.shutdown(socket.SHUT_RDWR)
        client.connection.close()


def _worker(worker: Worker) -> dict[str, Any]:
    status = "busy" if worker.busy else "idle" if worker.pid else "cheap"
    app = {
        "id": 0,
        "modifier1": 0,
        "mountpoint": "",
        "startup_time": 0,
        "requests": worker.requests,
        "exceptions": worker.exceptions,
        "chdir": "",
    }
    return {
        "id": worker.number,
        "pid": worker.pid,
        "accepting": int(worker.pid > 0),
        "requests": worker.requests,
        "delta_requests": worker.requests,
        "exceptions": worker.exceptions,
        "harakiri_count": 0,
        "signals": 0,
        "signal_queue": 0,
        "status": status,
        **_memory(worker.pid),
        "running_time": worker.running_us,
        "last_spawn": worker.spawned_at,
        "respawn_count": worker.respawns,
        "tx": worker.sent_bytes,
        "avg_rt": worker.average_us,
        "apps": [app] if worker.pid else [],
        "cores": [
            {
                "id": number,
                "requests": core.requests,
                "static_requests": 0,
                "routed_requests": 0,
                "offloaded_requests": 0,
                "write_errors": 0,
                "read_errors": 0,
                "in_request": int(core.busy),
                "vars": [],
            }
            for number, core in enumerate(worker.cores)
        ],
    }


def _memory(pid: int) -> dict[str, int]:
    """Return resident and virtual size of a process in bytes, 0 if there is none."""
    try:
        pages = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return {"rss": 0, "vsz": 0}
    return {"rss": int(pages[1]) * PAGE_BYTES, "vsz": int(pages[0]) * PAGE_BYTES}


def _listen_on(address: tuple[str, int] | str) -> socket.socket:
    if isinstance(address, str):
        paths.make_folder_of(Path(address))
        _remove_stale(Path(address))
        listener = socket.socket(socket.AF_UNIX)
    else:
        listener = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"stats = {address}: {error.strerror}") from error
    listener.setblocking(False)
    return listener


def _remove_stale(path: Path) -> None:
    """Remove the socket of a node that was killed, but no other file and none that is in use."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(path))
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)

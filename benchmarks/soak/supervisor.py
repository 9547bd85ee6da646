"""Runs the node as systemd does: keeps its listening socket, starts it again when it ends, leaves none of it behind."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from benchmarks.node import PROGRAM

RESTART_S = 0.5
# sets what sd_listen_fds(3) asks for, which only the process itself can know
AS_SYSTEMD = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_PID'] = str(os.getpid()); " + (
    "os.execvp(sys.argv[2], sys.argv[2:])"
)


class Supervisor:
    """The node and all its processes.

    starts : how often it was started; ready : set while the node that runs has told that it is.
    """

    def __init__(self, config: Path, folder: Path, environment: Mapping[str, str]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.address: tuple[str, int] = self._listening.getsockname()
        self._config = config
        notify = str(folder / "notify")
        self._notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notified.bind(notify)
        kept = {"NOTIFY_SOCKET": notify, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "http"}
        root = {"PYTHONPATH": str(Path(__file__).parent.parent.parent)}
        self._environment = {**os.environ, **root, **kept, **environment}
        self._errors = (folder / "stderr").open("ab")
        self.starts, self.ready, self._stopping = 0, threading.Event(), False
        self._seen: dict[int, psutil.Process] = {}
        threading.Thread(target=self._listen, daemon=True).start()
        self._keeper = threading.Thread(target=self._keep_running, daemon=True)

    def start(self) -> None:
        """Start the node and return when it is ready."""
        self._keeper.start()
        if not self.ready.wait(120):
            raise RuntimeError("the node did not become ready")

    def stop(self) -> int:
        """Stop the node and return its exit code; -9 if it had to be killed, as systemd does at TimeoutStopSec."""
        self._stopping = True
        self._process.terminate()
        self._keeper.join(120)
        if self._keeper.is_alive():
            self._process.kill()
            self._keeper.join()
        return int(self._process.returncode)

    @property
    def master(self) -> int:
        """The process id of the master."""
        return self._process.pid

    def processes(self) -> list[psutil.Process]:
        """Return master and workers as they are now, the master first."""
        try:
            master = psutil.Process(self._process.pid)
            found = [master, *master.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
        self._seen.update({process.pid: process for process in found})
        return found

    def left_behind(self) -> list[psutil.Process]:
        """Return processes of the node that live without its master."""
        now = {process.pid for process in self.processes()}
        return [process for pid, process in self._seen.items() if pid not in now and _lives(process)]

    def _keep_running(self) -> None:
        while not self._stopping:
            self.ready.clear()
            descriptor = self._listening.fileno()
            command = [sys.executable, "-c", AS_SYSTEMD, str(descriptor), *PROGRAM, "-c", str(self._config)]
            self._process = subprocess.Popen(
                command, env=self._environment, pass_fds=[descriptor], stderr=self._errors, stdin=subprocess.DEVNULL
            )
            self.starts += 1
            self._process.wait()
            for process in self.left_behind():  # KillMode=mixed
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(RESTART_S)

    def _listen(self) -> None:
        while True:
            told, descriptors, _, _ = socket.recv_fds(self._notified, 65536, 8)
            for descriptor in descriptors:
                os.close(descriptor)
            if b"READY=1" in told:
                self.ready.set()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

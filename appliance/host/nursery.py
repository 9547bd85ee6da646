"""Processes for what is not ours, forked from one that has no threads, no connections and nothing else to lose.

A process of many threads should not fork: what another thread holds at that moment, its child holds for ever. So one
child is forked while there is a single thread yet, and forks the others when they are wanted.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import stat
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1  # from linux/prctl.h
NUMBER = struct.Struct("!i")
# what ends or disturbs a worker; whoever wants to end these processes kills them
SIGNALS = (
    signal.SIGTERM,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGWINCH,
)


class Nursery:
    """A process that forks others; all of them end with the one that made it, however that ends.

    serve : what a new process does with its end of a connection; it ends when this returns.
    """

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._channel, theirs = socket.socketpair()
        self._asking = threading.Lock()
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _bring_up(theirs, parent, serve)
        theirs.close()

    def child(self) -> tuple[socket.socket, int]:
        """Fork a process; return the connection to it, and its number.

        Raises
        ------
        OSError : the system has no room for it.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._asking:
                socket.send_fds(self._channel, [b"x"], [theirs.fileno()])
            told = ours.recv(NUMBER.size, socket.MSG_WAITALL)
            if len(told) < NUMBER.size:
                raise OSError("no process can be forked")
        except OSError:
            ours.close()
            raise
        return ours, NUMBER.unpack(told)[0]

    def close(self) -> None:
        """End the process and those that it has forked."""
        self._channel.close()
        os.waitpid(self.pid, 0)


def _bring_up(channel: socket.socket, parent: int, serve: Callable[[socket.socket], None]) -> NoReturn:
    """Fork processes until nobody is there to ask for them; the ones that are left go too."""
    try:
        _settle(parent, channel)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
        own = os.getpid()
        while True:
            asked, descriptors, _, _ = socket.recv_fds(channel, 1, 1)
            if not asked:
                os._exit(0)
            with socket.socket(fileno=descriptors[0]) as connection:
                if os.fork() == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    _settle(own, connection)
                    connection.sendall(NUMBER.pack(os.getpid()))
                    serve(connection)
                    os._exit(0)
    except BaseException:
        log.exception("a process for algorithms of the operator's failed")
    finally:
        os._exit(1)


def _settle(parent: int, keep: socket.socket) -> None:
    """End with the parent; have no part in its signals and connections, which end when the last who has them ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it could be told
        os._exit(0)
    signal.set_wakeup_fd(-1)
    for number in SIGNALS:
        signal.signal(number, _pass_by)
    for name in os.listdir("/proc/self/fd"):
        try:
            if int(name) != keep.fileno() and stat.S_ISSOCK(Path("/proc/self/fd", name).stat().st_mode):
                os.close(int(name))
        except OSError:  # that of the listing itself
            continue


def _pass_by(number: int, frame: object) -> None:
    """Do nothing; unlike SIG_IGN, programs that are started do not inherit it."""

"""Operators' algorithms, in processes of their own: what never ends, eats memory or crashes hurts nobody else.

A request of theirs goes as it came, bytes and deadline, to a process that reads and answers it as a worker would. The
processes are kept: what a plug-in loads at its first request is there for the next one. One that is late is killed.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from appliance.analysis import errors, run
from appliance.analysis.catalog import ByName, Catalog
from appliance.analysis.errors import Overdue
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import BY_TYPE
from appliance.analysis.plugin_classes import Failed
from appliance.analysis.run import Deadline
from appliance.host.nursery import Nursery
from appliance.protocol.documents import Body
from kernels.contract import AlgorithmError

EARLY_S = 0.2  # the answer that there is none must be there before its client hangs up
NICENESS = 10  # as of the threads that compute
QUESTION = struct.Struct("!dII")  # due, place of the kind, bytes of the body
ANSWER = struct.Struct("!BqI")  # verdict, rows of the result, bytes
ANSWERED, REFUSED, FAILED, NO_MEMORY = range(4)
PLACES = list(BY_TYPE)


class Guests:
    """The processes of one worker; made while it has a single thread.

    memory : bytes of data that each process may have.
    lost : called when no process can be made any more.
    """

    def __init__(self, catalog: Catalog, memory: int, lost: Callable[[], None] = lambda: None) -> None:
        self._lost = lost
        self._names = {(one.kind.wire_type, one.algorithm.name) for one in catalog.own}
        algorithms = {name: catalog.of_kind(name) for name, _ in self._names}
        self._nursery = Nursery(partial(_serve, algorithms, memory)) if self._names else None
        self._idle: list[_Guest] = []  # the one that was busy last is the next
        self._lock = threading.Lock()

    def have(self, kind: Kind[Any], name: str) -> bool:
        """Tell whether an algorithm is the operator's."""
        return (kind.wire_type, name) in self._names

    def run(self, kind: Kind[Any], name: str, body: Body, due: float) -> tuple[bytes, int]:
        """Return the reply to a request, and its rows.

        due : `time.monotonic` when the client gives up.

        Raises
        ------
        AlgorithmError : the algorithm refuses. Failed : it fails or ends its process. Overdue : it was too late.
        """
        guest = self._take()
        try:
            verdict, rows, told = guest.ask(kind, body, due)
        except TimeoutError:
            guest.end()
            raise Overdue(f"{name} did not answer in time, its process was ended") from None
        except OSError:
            guest.end()
            raise Failed(f"{name}: its process has ended: it crashed, was killed or had not enough memory") from None
        if verdict == NO_MEMORY:
            guest.end()
        else:
            with self._lock:
                self._idle.append(guest)
        if verdict == ANSWERED:
            return told, rows
        raise (AlgorithmError if verdict == REFUSED else Failed)(told.decode())

    def close(self) -> None:
        """End all processes."""
        while self._idle:
            self._idle.pop().end()
        if self._nursery:
            self._nursery.close()

    def _take(self) -> _Guest:
        while True:
            with self._lock:
                guest = self._idle.pop() if self._idle else None
            if guest is None:
                assert self._nursery is not None, "there are no algorithms of the operator's"
                try:
                    return _Guest(*self._nursery.child())
                except OSError as error:
                    self._lost()
                    raise Failed(f"no process can be started for it: {error}") from error
            if guest.lives():
                return guest
            guest.end()


class _Guest:
    """One process, as its worker sees it."""

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self._connection, self._pid = connection, pid

    def ask(self, kind: Kind[Any], body: Body, due: float) -> tuple[int, int, bytes]:
        """Return the verdict, the rows and the reply, or what is wrong; raises TimeoutError and OSError."""
        until = due - EARLY_S
        self._wait(until)
        self._connection.sendall(QUESTION.pack(due, PLACES.index(kind.wire_type), len(body)))
        self._connection.sendall(body)
        verdict, rows, size = ANSWER.unpack(self._receive(ANSWER.size, until))
        return verdict, rows, bytes(self._receive(size, until))

    def lives(self) -> bool:
        """Tell whether it is there; an idle one has nothing to say but its end."""
        ready = select.poll()
        ready.register(self._connection, select.POLLIN)
        return not ready.poll(0)

    def end(self) -> None:
        """End it, whatever it does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        self._connection.close()

    def _receive(self, size: int, until: float) -> bytearray:
        data = bytearray(size)
        room = memoryview(data)
        while room:
            self._wait(until)
            got = self._connection.recv_into(room)
            if got == 0:
                raise ConnectionResetError
            room = room[got:]
        return data

    def _wait(self, until: float) -> None:
        self._connection.settimeout(max(until - time.monotonic(), 0.001))


# --- in a process of theirs -----------------------------------------------------------------------------------------


def _serve(algorithms: Mapping[str, ByName], memory: int, connection: socket.socket) -> None:
    """Answer requests until the worker goes."""
    os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (memory if hard < 0 else min(memory, hard), hard))
    while head := connection.recv(QUESTION.size, socket.MSG_WAITALL):
        due, place, size = QUESTION.unpack(head)
        body = bytearray(size)
        connection.recv_into(body, size, socket.MSG_WAITALL)
        verdict, rows, told = _answer(BY_TYPE[PLACES[place]], algorithms[PLACES[place]], body, due)
        connection.sendall(ANSWER.pack(verdict, rows, len(told)))
        connection.sendall(told)


def _answer(kind: Kind[Any], algorithms: ByName, body: Body, due: float) -> tuple[int, int, bytes]:
    try:
        reply, rows = run.reply(kind, algorithms, kind.read(body, Deadline(due).out_of_time))
    except Exception as error:  # what is not an AlgorithmError is a bug of the algorithm's, logged in errors.message
        if isinstance(error, MemoryError) or isinstance(error.__cause__, MemoryError):
            return NO_MEMORY, 0, errors.message(error).encode()
        verdict = REFUSED if isinstance(error, AlgorithmError) and not isinstance(error, Failed) else FAILED
        return verdict, 0, errors.message(error).encode("utf-8", "replace")
    return ANSWERED, rows, reply

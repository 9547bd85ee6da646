"""Clients that ask one question after the other, think in between, sometimes hang up, and judge every answer."""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.soak.questions import JSON, Question, verdict

ANSWER_WITHIN_S = 180.0
CUT = 0.03  # of all requests: the client hangs up in the middle


@dataclass
class Lost:
    """A request without an answer: when it began and ended (monotonic), and what the client saw."""

    kind: str
    begun: float
    ended: float
    error: str


@dataclass
class Ledger:
    """What all clients saw. counts : by kind of question and verdict."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    lost: list[Lost] = field(default_factory=list)
    wrong: list[tuple[Question, int, bytes]] = field(default_factory=list)
    slowest_s: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, question: Question, said: str, seconds: float) -> None:
        """Count one request."""
        with self.lock:
            self.counts[question.kind, said] += 1
            self.slowest_s = max(self.slowest_s, seconds)


class Client(threading.Thread):
    """One client; with `keep` it uses a connection as long as it lasts, as curl does.

    think_s : mean of the pauses between its requests.
    """

    def __init__(
        self, address: tuple[str, int], questions: list[Question], ledger: Ledger, number: int, think_s: float
    ) -> None:
        super().__init__(daemon=True, name=f"client-{number}")
        self._address, self._questions, self._ledger = address, questions, ledger
        self._random, self._keep, self._think_s = random.Random(number), number % 3 == 0, think_s
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """Ask until told to stop."""
        while not self._ledger.stop.wait(self._random.expovariate(1 / self._think_s)):
            question = self._random.choice(self._questions)
            if self._random.random() < CUT:
                self._cut(question)
            else:
                self._ask(question)

    def _ask(self, question: Question) -> None:
        begun = time.monotonic()
        try:
            status, got = self._answer(question)
        except (OSError, http.client.HTTPException) as error:
            self._close()
            with self._ledger.lock:
                self._ledger.lost.append(Lost(question.kind, begun, time.monotonic(), repr(error)))
            return
        said = verdict(question, status, got)
        self._ledger.note(question, said, time.monotonic() - begun)
        if said == "wrong":
            with self._ledger.lock:
                self._ledger.wrong.append((question, status, got))
            print(f"WRONG: {question.path} {(question.body or b'')[-200:]!r}: {status} {got[:300]!r}", flush=True)

    def _answer(self, question: Question) -> tuple[int, bytes]:
        reused = self._connection is not None
        try:
            return self._exchange(question)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if not reused:
                raise
        self._close()  # the server closed it while it was idle: any client asks again on a new one
        self._ledger.note(question, "asked again on a new connection", 0.0)
        return self._exchange(question)

    def _exchange(self, question: Question) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(*self._address, timeout=ANSWER_WITHIN_S)
        self._connection.request("GET" if question.body is None else "POST", question.path, question.body, JSON)
        reply = self._connection.getresponse()
        got = reply.read()
        if reply.will_close or not self._keep:
            self._close()
        return reply.status, got

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _cut(self, question: Question) -> None:
        """Hang up somewhere between the first byte of the request and the first of the answer, perhaps by a reset."""
        body = question.body or b""
        message = f"POST {question.path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        message = message[: self._random.choice([1, 20, len(message) // 2, len(message)])]
        with contextlib.suppress(OSError), socket.create_connection(self._address, ANSWER_WITHIN_S) as cut:
            if self._random.random() < 0.5:
                cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            cut.sendall(message)
        self._ledger.note(question, "cut by the client", 0.0)

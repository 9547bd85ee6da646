"""HTTP to the model servers: kept-alive connections, and answers that are waited for no longer than allowed."""

from __future__ import annotations

import http.client
import queue
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from urllib.parse import SplitResult

CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 60.0  # taosd waits no longer
POLL_S = 0.02  # how often the caller's own deadline is looked at
MAX_ANSWER = 16 * 1024 * 1024  # bytes
KEPT = 8  # idle connections to one server

Address = tuple[str, int]
Answer = tuple[int, bytes]


class Unreachable(Exception):
    """No usable HTTP answer in time; the message says what happened, and with whom."""


class Client:
    """Sends requests; each is exchanged in a thread of its own, so that a server that stalls holds nobody up."""

    def __init__(self) -> None:
        self._idle: dict[Address, deque[http.client.HTTPConnection]] = defaultdict(deque)

    def post(
        self, url: SplitResult, body: bytes, out_of_time: Callable[[], bool], longest_s: float = ANSWER_TIMEOUT_S
    ) -> Answer:
        """Send JSON and return status and body.

        Raises
        ------
        Unreachable : no connection, no answer by the time `out_of_time` is true or within `longest_s`, one that is
            too long or not HTTP.
        """
        exchange = _Exchange(self._take(_address(url)), url, "POST", body)
        return self._wait(exchange, url, out_of_time, longest_s)

    def get(self, url: SplitResult, timeout_s: float) -> Answer:
        """Ask for a page, over a connection of its own."""
        exchange = _Exchange(None, url, "GET", None)
        return self._wait(exchange, url, lambda: False, timeout_s)

    def close(self) -> None:
        """Close the idle connections."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def _wait(self, exchange: _Exchange, url: SplitResult, out_of_time: Callable[[], bool], longest_s: float) -> Answer:
        begin = time.monotonic()
        threading.Thread(target=exchange.run, name="model-client", daemon=True).start()
        while True:
            try:
                answer = exchange.done.get(timeout=POLL_S)
            except queue.Empty:
                waited = time.monotonic() - begin
                if out_of_time() or waited > longest_s:
                    exchange.abandon()
                    raise Unreachable(f"{url.geturl()} did not answer within {waited:.1f} s") from None
            else:
                break
        if isinstance(answer, Unreachable):
            raise answer
        if exchange.reusable:
            self._keep(_address(url), exchange.connection)
        return answer

    def _keep(self, address: Address, connection: http.client.HTTPConnection) -> None:
        if len(self._idle[address]) < KEPT:
            self._idle[address].append(connection)
        else:
            connection.close()

    def _take(self, address: Address) -> http.client.HTTPConnection | None:
        try:
            return self._idle[address].pop()
        except IndexError:
            return None


class _Exchange:
    """One request and its answer."""

    def __init__(
        self, kept: http.client.HTTPConnection | None, url: SplitResult, method: str, body: bytes | None
    ) -> None:
        self._kept = kept is not None
        self._url, self._method, self._body = url, method, body
        self._abandoned = False
        self.connection = kept or self._new()
        self.done: queue.SimpleQueue[Answer | Unreachable] = queue.SimpleQueue()
        self.reusable = False

    def run(self) -> None:
        """Put the answer, or why there is none, into `done`."""
        try:
            try:
                answer = self._exchange()
            except (ConnectionError, http.client.BadStatusLine):
                if not self._kept or self._abandoned:
                    raise
                self.connection.close()  # the server had closed it meanwhile
                self.connection = self._new()
                answer = self._exchange()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.connection.close()
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            self.done.put(Unreachable(f"{self._url.geturl()}: {reason}"))
        else:
            if not self.reusable:
                self.connection.close()
            self.done.put(answer)

    def abandon(self) -> None:
        """Make `run` end soon: nobody waits for it any more."""
        self._abandoned = True
        sock = self.connection.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it is closed already

    def _new(self) -> http.client.HTTPConnection:
        host, port = _address(self._url)
        return http.client.HTTPConnection(host, port, timeout=CONNECT_TIMEOUT_S)

    def _exchange(self) -> Answer:
        if self.connection.sock is None:
            self.connection.connect()
        if self._abandoned:
            raise ConnectionAbortedError
        self.connection.sock.settimeout(ANSWER_TIMEOUT_S)
        path = self._url._replace(scheme="", netloc="", fragment="").geturl() or "/"
        headers = {"Content-Type": "application/json"} if self._body is not None else {"Connection": "close"}
        self.connection.request(self._method, path, self._body, headers)
        response = self.connection.getresponse()
        try:
            body = response.read(MAX_ANSWER + 1)
            if len(body) > MAX_ANSWER:
                raise ValueError(f"the answer is longer than {MAX_ANSWER} bytes")
            if response.length:
                raise ValueError("the answer ends too early")
            self.reusable = self._method == "POST" and response.isclosed() and not response.will_close
        finally:
            response.close()
        return response.status, body


def _address(url: SplitResult) -> Address:
    return url.hostname or "", url.port or 80

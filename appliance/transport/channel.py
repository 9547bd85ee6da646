"""A connection that is read and written within the time that a request has left.

The socket does not block. Whatever has to wait, waits here, and looks at the request's deadline now and then.
"""

from __future__ import annotations

import io
import os
import queue
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

POLL_S = 0.02  # how often the caller's own deadline is looked at

T = TypeVar("T")


class Late(Exception):
    """The time of the request is over."""


class Patience:
    """How long one request may still take."""

    def __init__(self, longest_s: float, out_of_time: Callable[[], bool]) -> None:
        self._begin = time.monotonic()
        self._due = self._begin + longest_s
        self._out_of_time = out_of_time

    def waited(self) -> float:
        """Return seconds since the request began."""
        return time.monotonic() - self._begin

    def next_look(self) -> float:
        """Return the seconds until the deadline must be looked at again, or raise Late."""
        left = self._due - time.monotonic()
        if left <= 0.0 or self._out_of_time():
            raise Late
        return min(left, POLL_S)

    def wait(self, sock: socket.socket, event: int, at_most_s: float = float("inf")) -> None:
        """Return when the socket is ready.

        Raises
        ------
        Late, TimeoutError : for `at_most_s`.
        """
        ready, end = select.poll(), time.monotonic() + at_most_s
        ready.register(sock, event)
        while not ready.poll(1000.0 * self.next_look()):
            if time.monotonic() > end:
                raise TimeoutError("timed out")


class Channel:
    """A connected socket, as `http.client` uses one, which waits as long as the request at hand has patience."""

    def __init__(self, sock: socket.socket, patience: Patience) -> None:
        self._socket, self.patience = sock, patience

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Speak TLS from here on; raises ssl.SSLError, OSError and Late."""
        secured = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
        self._socket = secured
        self.when_ready(secured.do_handshake, select.POLLIN)

    def when_ready(self, operate: Callable[[], T], event: int) -> T:
        """Return what an operation on the socket returns, as soon as it can be done."""
        while True:
            try:
                return operate()
            except ssl.SSLWantReadError:
                self.patience.wait(self._socket, select.POLLIN)
            except ssl.SSLWantWriteError:
                self.patience.wait(self._socket, select.POLLOUT)
            except BlockingIOError:
                self.patience.wait(self._socket, event)

    def sendall(self, data: bytes) -> None:
        """Send everything."""
        rest = memoryview(data)
        while rest:
            rest = rest[self.when_ready(partial(self._socket.send, rest), select.POLLOUT) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what reads one answer."""
        return io.BufferedReader(_Incoming(self))

    def receive(self, buffer: Any) -> int:
        """Fill a buffer with what comes first; return how many bytes, 0 at the end."""
        return self.when_ready(partial(self._socket.recv_into, buffer), select.POLLIN)

    def close(self) -> None:
        """Do nothing: `http.client` lets go of a connection before the last answer has been read."""

    def hang_up(self) -> None:
        """Close the socket."""
        self._socket.close()


class _Incoming(io.RawIOBase):
    """The bytes that come through a channel."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._channel.receive(buffer)


def connected(host: str, port: int, patience: Patience, connect_s: float) -> socket.socket:
    """Return a socket that does not block, connected to the first address of a host that can be.

    Raises
    ------
    OSError, ValueError, Late
    """
    failure: OSError = OSError(f"{host or 'an empty name'} has no address")
    for family, kind, protocol, _, address in _addresses(host, port, patience) if host else ():
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                sock.connect(address)
            except BlockingIOError:
                patience.wait(sock, select.POLLOUT, connect_s)
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code:
                    raise OSError(code, os.strerror(code)) from None
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure


def _addresses(host: str, port: int, patience: Patience) -> list[Any]:
    """Return the addresses of a host; the look-up of a name cannot be interrupted, so another thread waits for it."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, ValueError):
        found: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()
    looking = threading.Thread(target=_look_up, args=(host, port, found), name="name-look-up", daemon=True)
    try:
        looking.start()
    except RuntimeError as error:
        raise OSError(f"{host} cannot be looked up: {error}") from error
    while True:
        try:
            answer = found.get(timeout=patience.next_look())
        except queue.Empty:
            continue
        if isinstance(answer, Exception):
            raise answer
        return answer


def _look_up(host: str, port: int, found: queue.SimpleQueue[list[Any] | Exception]) -> None:
    try:
        found.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, ValueError) as error:  # ValueError: no host can have such a name
        found.put(error)

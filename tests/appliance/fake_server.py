"""A model server that answers as it is told: properly, late, wrongly or never."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fake:
    """Where it listens, what it was sent, and over how many connections."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ds_predict"


Behaviour = Callable[[Fake, socket.socket], None]


def answer(body: bytes | str, status: str = "200 OK", *, close: bool = False) -> Behaviour:
    """Read requests and give each the same answer, over one connection unless `close`."""
    data = body.encode() if isinstance(body, str) else body
    ending = "Connection: close\r\n" if close else ""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n{ending}\r\n".encode()

    def behave(fake: Fake, connection: socket.socket) -> None:
        while read_request(fake, connection):
            connection.sendall(head + data)
            if close:
                return

    return behave


def raw(data: bytes) -> Behaviour:
    """Answer a request with these bytes and hang up."""

    def behave(fake: Fake, connection: socket.socket) -> None:
        read_request(fake, connection)
        connection.sendall(data)

    return behave


def silent(fake: Fake, connection: socket.socket) -> None:
    """Take the request and say nothing."""
    read_request(fake, connection)
    fake.stop.wait(60)


def dripping(fake: Fake, connection: socket.socket) -> None:
    """Begin an answer and add a byte now and then, for ever."""
    read_request(fake, connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not fake.stop.wait(0.01):
        connection.sendall(b" ")


def dripping_head(fake: Fake, connection: socket.socket) -> None:
    """Send header after header, for ever."""
    read_request(fake, connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nA: ")
    while not fake.stop.wait(0.01):
        connection.sendall(b"x")


def unread(fake: Fake, connection: socket.socket) -> None:
    """Read nothing of the request."""
    fake.stop.wait(60)


def read_request(fake: Fake, connection: socket.socket) -> bool:
    """Read one request; return whether there was one."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return False
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(v) for k, v in _headers(head) if k == b"content-length"), 0)
    while len(body) < length:
        body += connection.recv(65536)
    fake.requests.append(body)
    return True


def _headers(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.strip().lower(), value.strip()


@contextmanager
def serving(behave: Behaviour) -> Iterator[Fake]:
    """Serve on a free port while the block runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    fake = Fake(listener.getsockname()[1])

    def handle(connection: socket.socket) -> None:
        with connection:
            try:
                behave(fake, connection)
            except OSError:
                return  # the client has gone

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if fake.stop.is_set():
                connection.close()
                return
            fake.connections += 1
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.stop.set()
        with socket.create_connection(("127.0.0.1", fake.port)):
            thread.join()
        listener.close()


def closed_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: Any = free.getsockname()[1]
        return int(port)

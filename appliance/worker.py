"""The worker process: gunicorn's threaded worker, with one difference.

gunicorn gives a connection to a thread as soon as its first byte is there, and the thread waits for the rest: a few
slow clients then hold every thread, and `/status` is not answered. Here the process's event loop collects each
request completely, costing a slow client nothing but memory, and only then gives it to a thread.
"""

from __future__ import annotations

import io
import re
import selectors
import socket
import time
from collections import deque
from concurrent import futures
from functools import partial
from typing import Any

from gunicorn.http.body import LengthReader
from gunicorn.http.errors import InvalidHeader
from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_END = b"\r\n\r\n"
MAX_HEAD = 64 * 1024
READ_SIZE = 256 * 1024
RECEIVE_TIMEOUT_S = 60.0  # a request must be complete by then
SEND_TIMEOUT_S = 30.0  # a client that does not read its answer is given up
MAX_BUFFERED = 256 * 1024 * 1024  # of all connections of one worker together

_EXPECT = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:[^\r\n]*chunked", re.IGNORECASE | re.MULTILINE)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Incoming:
    """The bytes of one request as they arrive; knows when it is complete.

    It looks no closer than it must: gunicorn's parser judges the request later. Whatever is malformed or too large
    counts as complete, so that it is refused at once instead of waited for.
    """

    def __init__(self, max_body: int) -> None:
        self.data = bytearray()
        self._max_body = max_body
        self._body_at: int | None = None
        self._needed: int | None = None  # total size, None while it is not known
        self._chunk_at = 0  # where the next chunk's size line begins
        self._refused = False  # too large, so not waited for
        self.wants_continue = False

    def feed(self, data: bytes) -> bool:
        """Add bytes; return whether the request is complete."""
        self.data += data
        if self._body_at is None and not self._read_head():
            return len(self.data) > MAX_HEAD
        if self._needed is not None:
            return len(self.data) >= self._needed
        return self._chunks_complete()

    def split(self) -> tuple[bytes, bytes | None, bytes]:
        """Return the head, the body, and what came of the next request.

        The body is None where it must be read by gunicorn's parser: chunked, or refused and never received.
        """
        if self._needed is None or self._refused or len(self.data) < self._needed:
            return bytes(self.data), None, b""
        view = memoryview(self.data)
        body_at = self._body_at or 0
        return bytes(view[:body_at]), bytes(view[body_at : self._needed]), bytes(view[self._needed :])

    def _read_head(self) -> bool:
        end = self.data.find(HEAD_END)
        if end < 0:
            return False
        head = bytes(self.data[: end + 2])
        if _EXPECT.search(head):
            # answered by the event loop; a thread would answer it once more
            head = _EXPECT.sub(b"", head)
            self.data[: end + 2] = head
            self.wants_continue = True
        self._body_at = self._chunk_at = len(head) + 2
        length = _LENGTH.search(head)
        if length:
            size = int(length.group(1))
            if size > self._max_body:
                self.wants_continue, self._refused = False, True
                size = 0
            self._needed = self._body_at + size
        elif not _CHUNKED.search(head):
            self._needed = self._body_at
        return True

    def _chunks_complete(self) -> bool:
        """Follow a chunked body from size line to size line (RFC 9112, section 7.1)."""
        while True:
            if self._chunk_at - (self._body_at or 0) > self._max_body:
                return True
            line_end = self.data.find(b"\r\n", self._chunk_at)
            if line_end < 0:
                return len(self.data) - self._chunk_at > MAX_HEAD
            try:
                size = int(self.data[self._chunk_at : line_end].split(b";")[0], 16)
            except ValueError:
                return True
            if size <= 0:
                return size < 0 or self.data.find(HEAD_END, line_end) >= 0
            self._chunk_at = line_end + 2 + size + 2
            if self._chunk_at > len(self.data):
                return self._chunk_at - (self._body_at or 0) > self._max_body


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is not typed
    """gthread whose event loop receives whole requests."""

    max_body = 64 * 1024 * 1024  # set by the server before the fork

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._receiving: deque[TConn] = deque()  # oldest first
        self._buffered = 0

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection and begin to receive its first request."""
        try:
            client, address = listener.accept()
        except OSError:  # another worker was faster, or the client has gone already
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and self._receiving:
            self._drop(self._receiving[0])  # the one that has kept us waiting longest
        self._receive(TConn(self.cfg, client, address, listener.getsockname()), b"")

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Begin to receive the next request of a kept-alive connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._receive(conn, b"")

    def finish_request(self, conn: TConn, future: futures.Future[Any]) -> None:
        """Close or keep a connection; what it already sent of its next request is received like any other."""
        ahead = conn.parser.unreader.take_buffered() + conn.ahead if conn.parser is not None else b""
        if ahead and not future.cancelled() and future.exception() is None and future.result():
            self._receive(conn, ahead)
        else:
            super().finish_request(conn, future)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close what has been idle, or incomplete, for too long."""
        super().murder_keepalived(force)
        now = time.monotonic()
        while self._receiving and (force or self._receiving[0].timeout <= now):
            self._drop(self._receiving[0])

    def handle(self, conn: TConn) -> Any:
        """Serve one received request; runs in a thread."""
        conn.init()
        conn.sock.settimeout(SEND_TIMEOUT_S)
        head, conn.body, conn.ahead = conn.incoming.split()
        conn.incoming = None
        conn.parser.unreader.unread(head)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Give the application the body as one piece; gunicorn's reader would copy it again for every part."""
        if conn.body is not None:
            reader = req.body.reader
            if not isinstance(reader, LengthReader) or reader.length != len(conn.body):
                raise InvalidHeader("CONTENT-LENGTH", req)  # the parser saw another framing than we did
            req.body = io.BytesIO(conn.body)
            conn.body = None
        return super().handle_request(req, conn)

    def _receive(self, conn: TConn, ahead: bytes) -> None:
        conn.sock.setblocking(False)
        conn.incoming = Incoming(self.max_body)
        conn.timeout = time.monotonic() + RECEIVE_TIMEOUT_S
        self._receiving.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_data, conn))
        if ahead:
            self._feed(conn, ahead)

    def _on_data(self, conn: TConn, client: socket.socket) -> None:
        try:
            data = client.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._feed(conn, data)
        else:  # closed before the request was complete: there is nobody to answer
            self._drop(conn)

    def _feed(self, conn: TConn, data: bytes) -> None:
        self._buffered += len(data)
        complete = conn.incoming.feed(data)
        if conn.incoming.wants_continue and not complete:
            conn.incoming.wants_continue = False
            try:
                conn.sock.send(_CONTINUE)
            except OSError:
                self._drop(conn)
                return
        if complete:
            self._forget(conn)
            conn.data_ready = True
            self.enqueue_req(conn)
        elif self._buffered > MAX_BUFFERED:
            self._drop(conn)

    def _forget(self, conn: TConn) -> None:
        self._receiving.remove(conn)
        self._buffered -= len(conn.incoming.data)
        self.poller.unregister(conn.sock)

    def _drop(self, conn: TConn) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

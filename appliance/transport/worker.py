"""The worker process: gunicorn's threaded worker, with one difference.

gunicorn gives a connection to a thread as soon as its first byte is there, and the thread waits for the rest: a few
slow clients then hold every thread, and `/status` is not answered. Here the process's event loop collects each
request completely, costing a slow client nothing but memory, and only then gives it to a thread.
"""

from __future__ import annotations

import logging
import os
import re
import selectors
import socket
import struct
import time
from collections import deque
from concurrent import futures
from functools import partial
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.http.body import LengthReader
from gunicorn.http.errors import InvalidHeader
from gunicorn.workers.gthread import TConn, ThreadWorker

from appliance.transport.gate import Gate
from appliance.transport.threads import Threads

log = logging.getLogger(__name__)

HEAD_END = b"\r\n\r\n"
MAX_HEAD = 64 * 1024
READ_SIZE = 256 * 1024
RECEIVE_TIMEOUT_S = 60.0  # a request must be complete by then
STALLED_S = 30  # a client that keeps a thread waiting so long, to read its answer or to send, is given up
MAX_BUFFERED = 256 * 1024 * 1024  # of all connections of one worker together

_EXPECT = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:[^\r\n]*chunked", re.IGNORECASE | re.MULTILINE)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Incoming:
    """The bytes of one request as they arrive; knows when it is complete.

    It looks no closer than it must: gunicorn's parser judges the request later. Whatever is malformed or too large
    counts as complete, so that it is refused at once instead of waited for.

    head : what came first; without a `body` of its own, all that came.
    body : as long as the client announced, filled up to `filled`; None for other framings and refused lengths.
    ahead : what came of the next request.
    """

    def __init__(self, max_body: int) -> None:
        self.head = bytearray()
        self.body: bytearray | None = None
        self.filled = 0
        self.ahead = b""
        self.wants_continue = False
        self._max_body = max_body
        self._body_at: int | None = None
        self._chunk_at: int | None = None  # where the next chunk's size line begins

    def __len__(self) -> int:
        return len(self.head) + self.filled + len(self.ahead)

    def room(self) -> memoryview | None:
        """Return where the rest of the body belongs, so that the socket can write there; None before that is known."""
        return None if self.body is None else memoryview(self.body)[self.filled :]

    def advance(self, size: int) -> bool:
        """Note that `size` bytes were written to `room`; return whether the request is complete."""
        self.filled += size
        return self.body is not None and self.filled == len(self.body)

    def feed(self, data: bytes) -> bool:
        """Add bytes; return whether the request is complete."""
        room = self.room()
        if room is not None:
            size = min(len(data), len(room))
            room[:size] = data[:size]
            self.ahead += data[size:]
            return self.advance(size)
        self.head += data
        if self._body_at is None:
            return self._read_head() or (self._body_at is None and len(self.head) > MAX_HEAD)
        return self._chunk_at is None or self._chunks_complete()

    def _read_head(self) -> bool:
        end = self.head.find(HEAD_END)
        if end < 0:
            return False
        head = bytes(self.head[: end + 2])
        if _EXPECT.search(head):
            # answered by the event loop; a thread would answer it once more
            head = _EXPECT.sub(b"", head)
            self.head[: end + 2] = head
            self.wants_continue = True
        self._body_at = len(head) + 2
        length = _LENGTH.search(head)
        if length:
            return self._expect_body(int(length.group(1)))
        if _CHUNKED.search(head):
            self._chunk_at = self._body_at
            return self._chunks_complete()
        return self._expect_body(0)

    def _expect_body(self, size: int) -> bool:
        if size > self._max_body:
            self.wants_continue = False
            return True
        rest = bytes(self.head[self._body_at :])
        del self.head[self._body_at :]
        self.body = bytearray(size)  # the system backs it with memory only as it fills
        return self.feed(rest)

    def _chunks_complete(self) -> bool:
        """Follow a chunked body from size line to size line (RFC 9112, section 7.1)."""
        at, begin = self._chunk_at or 0, self._body_at or 0
        while at <= len(self.head):
            self._chunk_at = at
            line_end = self.head.find(b"\r\n", at)
            if line_end < 0:
                return len(self.head) - at > MAX_HEAD
            try:
                size = int(self.head[at:line_end].split(b";")[0], 16)
            except ValueError:
                return True
            if size <= 0:  # trailers are as long as a head may be
                return size < 0 or self.head.find(HEAD_END, line_end) >= 0 or len(self.head) - at > MAX_HEAD
            at = line_end + 2 + size + 2
            if at - begin > self._max_body:
                return True
        return False


class WholeBody:
    """`wsgi.input` of a body that is already here, given out without a copy when asked for whole."""

    def __init__(self, data: bytearray) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int = -1) -> bytes | bytearray:
        """Return the next `size` bytes, or all that is left."""
        begin, end = self._at, len(self._data) if size < 0 else min(self._at + size, len(self._data))
        self._at = end
        return self._data if end - begin == len(self._data) else bytes(self._data[begin:end])


def run_to_the_end(application: BaseApplication) -> int:
    """Run gunicorn until it ends and return the exit code; gunicorn itself has more of them than we document."""
    master = os.getpid()
    try:
        application.run()
    except SystemExit as end:
        if os.getpid() != master:
            raise  # a worker, whose code tells the master what to do
        return 1 if end.code else 0
    return 0


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is not typed
    """gthread whose event loop receives whole requests."""

    max_body = 64 * 1024 * 1024  # set by the server before the fork
    not_yet: tuple[type[OSError], ...] = (BlockingIOError,)
    gate: Gate | None = None  # set in the worker's process, None where everybody may come in

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._receiving: deque[TConn] = deque()  # oldest first
        self._buffered = 0

    def get_thread_pool(self) -> Threads:
        """Return the threads that serve requests."""
        return Threads(self.cfg.threads).start_all()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Begin or cease to accept; a worker that stops takes what waits already, or it would be reset."""
        if not (enabled or self.alive):
            for listener in self.sockets:
                while self.accept(listener):
                    pass
        super().set_accept_enabled(enabled)

    def accept(self, listener: socket.socket) -> bool:
        """Take a new connection and begin to receive its first request; say whether there was one."""
        try:
            client, address = listener.accept()
        except OSError:  # another worker was faster, or the client has gone already
            return False
        if self.gate is not None and not self.gate.admits(address[0]):
            client.close()
            return True
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for limit in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):  # kept by the kernel: gunicorn undoes `settimeout`
            client.setsockopt(socket.SOL_SOCKET, limit, struct.pack("ll", STALLED_S, 0))
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and self._receiving:
            self._drop(self._receiving[0])  # the one that has kept us waiting longest
        try:
            client = self.secured(client)
        except OSError:  # the client has gone already
            client.close()
            self.nr_conns -= 1
            return True
        self._receive(TConn(self.cfg, client, address, listener.getsockname()), b"")
        return True

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Do what is to be done now; what there is no memory for does not end the worker."""
        try:
            super().wait_for_and_dispatch_events(timeout)
        except MemoryError:
            log.warning("not enough memory for a connection")

    def secured(self, client: socket.socket) -> socket.socket:
        """Return an accepted connection as it is: over plain HTTP there is nothing to secure."""
        return client

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Begin to receive the next request of a kept-alive connection."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._receive(conn, b"")

    def finish_request(self, conn: TConn, future: futures.Future[Any]) -> None:
        """Close or keep a connection; what it already sent of its next request is received like any other."""
        ahead = conn.parser.unreader.take_buffered() + conn.incoming.ahead if conn.parser is not None else b""
        conn.incoming = None
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

    def run(self) -> None:
        """Serve until told to stop, then end: a thread that never comes back would keep the process for ever."""
        super().run()
        self.log.info("Worker exiting (pid: %s)", self.pid)
        os._exit(0)

    def handle(self, conn: TConn) -> Any:
        """Serve one received request; runs in a thread."""
        conn.init()
        conn.parser.unreader.unread(bytes(conn.incoming.head))
        return super().handle(conn)

    def handle_error(self, req: Any, client: socket.socket, address: Any, error: BaseException) -> None:
        """Answer what is no HTTP; without memory the connection is closed, as a page of gunicorn's is no answer."""
        if isinstance(error, MemoryError):
            log.warning("not enough memory to read a request, its connection is closed")
        else:
            super().handle_error(req, client, address, error)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Give the application the body as one piece; gunicorn's reader would copy it again for every part."""
        body = conn.incoming.body
        if body is not None:
            reader = req.body.reader
            if not isinstance(reader, LengthReader) or reader.length != len(body):
                raise InvalidHeader("CONTENT-LENGTH", req)  # the parser saw another framing than we did
            req.body = WholeBody(body)
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
        room = conn.incoming.room()
        data = b""
        try:
            if room is None:
                data = client.recv(READ_SIZE)
                size = len(data)
            else:
                size = client.recv_into(room)
        except self.not_yet:
            return
        except (OSError, MemoryError):
            size = 0
        if size == 0:  # closed before the request was complete: there is nobody to answer
            self._drop(conn)
        elif room is None:
            self._feed(conn, data)
        else:
            self._buffered += size
            self._go_on(conn, conn.incoming.advance(size))

    def _feed(self, conn: TConn, data: bytes) -> None:
        before, complete = len(conn.incoming), None
        try:
            complete = conn.incoming.feed(data)
        except MemoryError:  # costs this client its connection, and nobody else theirs
            log.warning("not enough memory to receive a request, its connection is closed")
        self._buffered += len(conn.incoming) - before
        if complete is None:
            self._drop(conn)
        else:
            self._go_on(conn, complete)

    def _go_on(self, conn: TConn, complete: bool) -> None:
        if complete:
            self._forget(conn)
            conn.data_ready = True
            self.enqueue_req(conn)
            return
        if self._buffered > MAX_BUFFERED:
            self._drop(conn)
        elif conn.incoming.wants_continue:
            conn.incoming.wants_continue = False
            try:
                conn.sock.send(_CONTINUE)
            except OSError:
                self._drop(conn)

    def _forget(self, conn: TConn) -> None:
        self._receiving.remove(conn)
        self._buffered -= len(conn.incoming)
        self.poller.unregister(conn.sock)

    def _drop(self, conn: TConn) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

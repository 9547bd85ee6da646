"""The worker process: gunicorn's threaded worker, with one difference.

gunicorn gives a connection to a thread as soon as its first byte is there, and the thread waits for the rest, and then
for the client to read its answer; the event loop waits for a client that does not close. A few slow clients then hold
up all others, and `/status` is not answered. Here the event loop collects each request completely, costing a slow
client nothing but memory, and only then gives it to a thread; and it sends what the client does not take at once.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent import futures
from functools import partial
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import InvalidChunkSize, InvalidHeader
from gunicorn.workers.gthread import TConn, ThreadWorker

from appliance.transport.gate import Gate
from appliance.transport.incoming import Incoming, TooLong, WholeBody
from appliance.transport.outgoing import Outgoing
from appliance.transport.threads import Threads

log = logging.getLogger(__name__)

READ_SIZE = 32 * 1024  # at once, where it does not go to its place: chunks of a byte each take their time
RECEIVE_TIMEOUT_S = 60.0  # a request must be complete by then
STALLED_S = 30.0  # a client that has taken nothing of its answer for so long is given up
LEAVING_S = 5.0  # a client that does not close is closed after that
MAX_BUFFERED = 256 * 1024 * 1024  # of all connections of one worker together, in each direction

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


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


def unless_closed(react: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return what does nothing for a connection that was closed after the poller told of it, among others."""

    def reacts(client: Any) -> None:
        if client.fileno() >= 0:
            react(client)

    return reacts


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is not typed
    """gthread whose event loop receives whole requests and sends whole answers."""

    max_body = 64 * 1024 * 1024  # set by the server before the fork
    not_yet: tuple[type[OSError], ...] = (BlockingIOError,)  # nothing to read, or no room to write
    gate: Gate | None = None  # set in the worker's process, None where everybody may come in

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._receiving: deque[TConn] = deque()  # oldest first, as the next ones
        self._sending: deque[TConn] = deque()
        self._leaving: deque[TConn] = deque()
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
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections:
            self._drop_oldest()
        try:
            client = self.secured(client)
        except OSError:  # the client has gone already
            client.close()
            self.nr_conns -= 1
            return True
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.outgoing = Outgoing(client, self.not_yet)
        self._receive(conn, b"")
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
        """Send what the client has not taken of its answer, then close or keep the connection."""
        if not conn.outgoing or conn.sock.fileno() < 0:  # gunicorn has closed it, after an error
            self._finish(conn, future)
            return
        conn.timeout = time.monotonic() + STALLED_S
        self._sending.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_WRITE, unless_closed(partial(self._on_room, conn, future)))
        while len(self._sending) > 1 and sum(len(one.outgoing) for one in self._sending) > MAX_BUFFERED:
            self._end(self._sending, self._sending[0])

    def murder_keepalived(self, force: bool = False) -> None:
        """Close what has been idle, incomplete, or not read for too long; a worker that stops waits for no close."""
        super().murder_keepalived(force)
        now = time.monotonic()
        while self._receiving and (force or self._receiving[0].timeout <= now):
            self._drop(self._receiving[0])
        while self._sending and (force or self._sending[0].timeout <= now):
            self._end(self._sending, self._sending[0])
        while self._leaving and (force or not self.alive or self._leaving[0].timeout <= now):
            self._end(self._leaving, self._leaving[0])

    def run(self) -> None:
        """Serve until told to stop, then end: a thread that never comes back would keep the process for ever."""
        super().run()
        self.log.info("Worker exiting (pid: %s)", self.pid)
        os._exit(0)

    def handle(self, conn: TConn) -> Any:
        """Serve one received request; runs in a thread."""
        conn.sock = conn.outgoing
        try:
            conn.init()
            conn.parser.unreader.unread(bytes(conn.incoming.head))
            return super().handle(conn)
        finally:
            conn.sock = conn.outgoing.sock

    def handle_error(self, req: Any, client: socket.socket, address: Any, error: BaseException) -> None:
        """Answer what is no HTTP; without memory the connection is closed, as a page of gunicorn's is no answer."""
        if isinstance(error, MemoryError):
            log.warning("not enough memory to read a request, its connection is closed")
        else:
            super().handle_error(req, client, address, error)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Give the application the body as one piece; gunicorn's reader would copy it again for every part."""
        incoming, reader = conn.incoming, req.body.reader
        if incoming.malformed:
            raise InvalidChunkSize(b"")
        if incoming.too_long:
            req.body = TooLong()
            req.force_close()  # what follows is the body, and no request
        else:
            seen = reader.length if isinstance(reader, LengthReader) else type(reader)
            if seen != (ChunkedReader if incoming.chunked else len(incoming.body)):
                raise InvalidHeader("CONTENT-LENGTH", req)  # the parser saw another framing than we did
            req.body = WholeBody(incoming.body)
        return super().handle_request(req, conn)

    def _receive(self, conn: TConn, ahead: bytes) -> None:
        conn.sock.setblocking(False)
        conn.incoming = Incoming(self.max_body)
        conn.timeout = time.monotonic() + RECEIVE_TIMEOUT_S
        self._receiving.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, unless_closed(partial(self._on_data, conn)))
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
        self._buffered -= len(conn.incoming)
        self._end(self._receiving, conn)

    def _drop_oldest(self) -> None:
        """Close a connection that waits for its client, and has done so longest."""
        if self._leaving:
            self._end(self._leaving, self._leaving[0])
        elif self._receiving:
            self._drop(self._receiving[0])
        elif self._sending:
            self._end(self._sending, self._sending[0])

    def _on_room(self, conn: TConn, future: futures.Future[Any], client: socket.socket) -> None:
        try:
            conn.outgoing.send_on()
        except OSError:  # the client has gone
            self._end(self._sending, conn)
            return
        self._sending.remove(conn)
        if conn.outgoing:
            conn.timeout = time.monotonic() + STALLED_S
            self._sending.append(conn)
        else:
            self.poller.unregister(conn.sock)
            self._finish(conn, future)

    def _finish(self, conn: TConn, future: futures.Future[Any]) -> None:
        """Close or keep a connection; what it already sent of its next request is received like any other."""
        ahead = conn.parser.unreader.take_buffered() + conn.incoming.ahead if conn.parser is not None else b""
        conn.incoming = None
        if future.cancelled() or future.exception() is not None or not future.result():
            self._leave(conn)
        elif ahead:
            self._receive(conn, ahead)
        else:
            super().finish_request(conn, future)

    def _leave(self, conn: TConn) -> None:
        """Let the client close first, whatever it still sends: it might lose its answer otherwise (RFC 9112, 9.6)."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:  # it has closed already
            self.nr_conns -= 1
            conn.close()
            return
        conn.timeout = time.monotonic() + LEAVING_S
        self._leaving.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, unless_closed(partial(self._on_rest, conn)))

    def _on_rest(self, conn: TConn, client: socket.socket) -> None:
        try:
            gone = not client.recv(READ_SIZE)
        except self.not_yet:
            return
        except (OSError, MemoryError):
            gone = True
        if gone:
            self._end(self._leaving, conn)

    def _end(self, waiting: deque[TConn], conn: TConn) -> None:
        waiting.remove(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

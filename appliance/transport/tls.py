"""The worker process where connections are secured: the event loop shakes hands, the rest is as without.

A class of its own, so that plain HTTP pays nothing for it.
"""

from __future__ import annotations

import functools
import logging
import selectors
import socket
import ssl
from concurrent import futures
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn

from appliance.transport import worker
from appliance.transport.worker import Worker

log = logging.getLogger(__name__)

REMEMBERED = 4096  # complaints


class TlsWorker(Worker):
    """Receives whole requests over TLS."""

    context: ssl.SSLContext  # set by the server before the fork
    not_yet = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._complain = functools.lru_cache(REMEMBERED)(self._log)

    def secured(self, client: socket.socket) -> socket.socket:
        """Return an accepted connection as one that will be secured."""
        return self.context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)

    def _finish(self, conn: TConn, future: futures.Future[Any]) -> None:
        """Close or keep a connection; the selector does not see what OpenSSL holds of its next request."""
        try:
            while conn.sock.pending():
                conn.incoming.ahead += conn.sock.recv(worker.READ_SIZE)
        except (OSError, ValueError):  # lost meanwhile
            pass
        super()._finish(conn, future)

    def _on_data(self, conn: TConn, client: Any) -> None:
        if not getattr(conn, "secure", False):
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                self._wait_for(conn, selectors.EVENT_READ)
                return
            except ssl.SSLWantWriteError:
                self._wait_for(conn, selectors.EVENT_WRITE)
                return
            except OSError as error:  # also who speaks plain HTTP, or has no certificate that we trust
                self._complain(conn.client[0], getattr(error, "reason", None) or str(error))
                self._drop(conn)
                return
            conn.secure = True
            self._wait_for(conn, selectors.EVENT_READ)
        super()._on_data(conn, client)

    def _wait_for(self, conn: TConn, event: int) -> None:
        self.poller.modify(conn.sock, event, worker.unless_closed(partial(self._on_data, conn)))

    def _log(self, host: str, reason: str) -> None:
        """Tell of an address and its trouble once, not for each of its connections."""
        log.warning("connections from %s cannot be secured: %s", host, reason)

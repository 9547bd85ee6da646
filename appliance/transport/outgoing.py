"""One answer as it goes out: what the client does not take at once is kept for the event loop to send."""

from __future__ import annotations

import socket
from collections import deque
from typing import Any


class Outgoing:
    """A connection, for the thread that answers: it never waits for the client, neither to read nor to write.

    sock : does not block.
    full : what it raises where the client takes no more for now.
    """

    def __init__(self, sock: socket.socket, full: tuple[type[OSError], ...]) -> None:
        self.sock, self._full = sock, full
        self._rest: deque[memoryview] = deque()

    def __len__(self) -> int:
        """Return how many bytes the client has not taken yet."""
        return sum(map(len, self._rest))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sock, name)

    def setblocking(self, flag: bool) -> None:
        """Leave it as it is."""

    def recv(self, size: int) -> bytes:
        """Return nothing: a request that is answered has come."""
        return b""

    def sendall(self, data: bytes | bytearray) -> None:
        """Send what the client takes, keep the rest; raises OSError."""
        if not data:
            return
        self._rest.append(memoryview(data))
        if len(self._rest) == 1:
            self.send_on()

    def send_on(self) -> None:
        """Send what the client takes of what was kept; raises OSError, and keeps nothing for a client that has gone."""
        while self._rest:
            try:
                sent = self.sock.send(self._rest[0])
            except self._full:
                return
            except OSError:
                self._rest.clear()
                raise
            self._rest[0] = self._rest[0][sent:]
            if not self._rest[0]:
                self._rest.popleft()

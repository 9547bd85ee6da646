"""Tells systemd how the node is, and means it (protocol: sd_notify(3)).

gunicorn would report READY before there is a worker; here READY is told once a request has been answered.

The listening socket is handed to systemd as well, which gives it back at the next start: while the node restarts, is
upgraded or has crashed, connections wait for it instead of being refused. `systemctl stop` ends that.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Sequence

from appliance.host import addresses

KEPT = "http"  # the listening socket's name in systemd's store, see FileDescriptorStoreMax= of our unit
FIRST_INHERITED = 3  # number of the first file descriptor that systemd hands over, sd_listen_fds(3)
FORGOTTEN_WITHIN_S = 1.0


class Systemd:
    """The manager that started this process, if one did and wants to hear from it."""

    def __init__(self) -> None:
        # taken out of the environment: gunicorn must not report for us, nor may what we start
        self._address = os.environ.pop("NOTIFY_SOCKET", "")
        # what a socket unit hands over comes anew at each start, without being kept
        self._keeps = os.environ.get("LISTEN_FDNAMES", KEPT) == KEPT

    @property
    def listens(self) -> bool:
        """Whether there is one."""
        return bool(self._address)

    def tell(self, state: str) -> None:
        """Send a state such as ``READY=1``; does nothing where nobody listens."""
        self._send(state)

    def keep(self, listening: socket.socket) -> None:
        """Let the manager have a listening socket too; one with another address is to be forgotten first."""
        if self._keeps:
            self._send(f"FDSTORE=1\nFDNAME={KEPT}", [listening.fileno()])

    def forget(self) -> None:
        """Have the manager close the socket it keeps; returns when it has, so that its address is free."""
        if not self._address:
            return
        self._send(f"FDSTOREREMOVE=1\nFDNAME={KEPT}")
        reading, writing = os.pipe()
        with open(reading, "rb") as done:
            self._send("BARRIER=1", [writing])
            os.close(writing)
            closed = select.poll()  # which systemd does with its end of the pipe when it comes to this message
            closed.register(done, select.POLLHUP)
            closed.poll(1000 * FORGOTTEN_WITHIN_S)

    def inherited(self, address: tuple[str, int]) -> bool:
        """Say whether this process was given the socket to listen on, which gunicorn then uses.

        One that was kept, but for another address than this, is closed: the configuration has changed.
        """
        if os.environ.get("LISTEN_PID") != str(os.getpid()):
            return False
        if not self._keeps:
            return True  # of a socket unit: the operator's choice
        with socket.socket(fileno=FIRST_INHERITED) as kept:
            if addresses.listens_on(kept, *address):
                kept.detach()
                return True
        del os.environ["LISTEN_PID"], os.environ["LISTEN_FDS"]
        self.forget()
        return False

    def elsewhere(self, address: tuple[str, int]) -> str | None:
        """Say where a socket unit listens if that is another address than this; only where one was `inherited`."""
        with socket.socket(fileno=FIRST_INHERITED) as given:
            found, same = given.getsockname(), addresses.listens_on(given, *address)
            given.detach()
        if same:
            return None
        return addresses.host_port(*found[:2]) if isinstance(found, tuple) else str(found)

    def _send(self, state: str, descriptors: Sequence[int] = ()) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.connect(address)
            if descriptors:
                socket.send_fds(channel, [state.encode()], descriptors)
            else:
                channel.send(state.encode())

"""Stops to listen without a reset.

The kernel establishes connections by itself, before anybody accepts them; those that wait to be accepted when the last
process closes the listening socket are reset, although their clients have sent a request already. So the socket first
takes no more connections, then those that have begun are accepted and answered, and only then it is closed.
"""

from __future__ import annotations

import ctypes
import logging
import signal
import socket
import struct
import time

from gunicorn.arbiter import Arbiter

log = logging.getLogger(__name__)

HANDSHAKE_S = 0.1  # what a connection that has begun gets to be established: a round trip, and far more in a cluster

SO_ATTACH_FILTER = 26  # from asm-generic/socket.h
# Classic BPF, see socket(7): the flags of a TCP header are its byte 13; a packet with SYN, 2, among them is dropped
NO_SYN = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in ((0x30, 0, 0, 13), (0x45, 0, 1, 2), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
)


def take_no_more(listening: socket.socket) -> None:
    """Let no connection begin any more, in all processes that have the socket; returns once the begun ones are there.

    Who tries is refused when the socket is closed: its system asks again after a second.
    """
    instructions = ctypes.create_string_buffer(NO_SYN, len(NO_SYN))
    program = struct.pack("HP", len(NO_SYN) // 8, ctypes.addressof(instructions))
    try:
        listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    except OSError as error:  # a kernel without: requests of the last moment may be reset
        log.warning("connections may be reset, the listening socket takes no filter: %s", error)
        return
    time.sleep(HANDSHAKE_S)


STOPS = (signal.SIGQUIT, signal.SIGINT, signal.SIGTERM)  # the most urgent first


class Master(Arbiter):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn's master, which stops to listen before its workers stop to accept.

    It does not let a stop wait for reloads, either.
    """

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        """Return what is to be done: a stop before anything else, and one reload for however many were asked for.

        A reload takes until the old workers have finished. gunicorn does one for each SIGHUP, and stops after the last.
        """
        told = super().wait_for_signals(timeout)
        stop = next((number for number in STOPS if number in told), None)
        if stop is not None:
            return [stop]
        return [number for i, number in enumerate(told) if number != signal.SIGHUP or number not in told[:i]]

    def murder_workers(self) -> None:
        """End workers that show no sign of life, and those that the application finds too large."""
        super().murder_workers()
        self.app.look_after(self)

    def stop(self, graceful: bool = True) -> None:
        """End the workers; gracefully means that they answer every connection that has begun."""
        others_listen = self.systemd or self.reexec_pid or self.master_pid or self.app.socket_is_kept
        if graceful and not others_listen:
            for listener in self.LISTENERS:
                take_no_more(listener.sock)
        super().stop(graceful)

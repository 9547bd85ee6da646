"""Tells systemd how the node is, and means it (protocol: sd_notify(3)).

gunicorn would report READY before there is a worker. Here READY follows an answered request.
"""

from __future__ import annotations

import http.client
import ipaddress
import os
import socket
import threading
import time
from collections.abc import Callable

ANSWER_WITHIN_S = 1.0
ASK_AGAIN_AFTER_S = 0.02


class Systemd:
    """The manager that started this process, if one did and wants to hear from it."""

    def __init__(self) -> None:
        # taken out of the environment: gunicorn must not report for us, nor may what we start
        self._address = os.environ.pop("NOTIFY_SOCKET", "")

    @property
    def listens(self) -> bool:
        """Whether there is one."""
        return bool(self._address)

    def tell(self, state: str) -> None:
        """Send a state such as ``READY=1``; does nothing where nobody listens."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.sendto(state.encode(), address)


def when_answering(address: tuple[str, int], then: Callable[[], None]) -> threading.Thread:
    """Ask the node for its status until it answers, then call `then`; runs beside the caller.

    Parameters
    ----------
    address : where the node listens; of all interfaces, the loopback one is asked.
    """
    thread = threading.Thread(target=_ask_until_answered, args=(address, then), name="readiness", daemon=True)
    thread.start()
    return thread


def _ask_until_answered(address: tuple[str, int], then: Callable[[], None]) -> None:
    host, port = _reachable(address[0]), address[1]
    while not _answers(host, port):
        time.sleep(ASK_AGAIN_AFTER_S)
    then()


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/status")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    try:
        given = ipaddress.ip_address(host)
    except ValueError:
        return host
    if given.is_unspecified:
        return "127.0.0.1" if given.version == 4 else "::1"
    return host

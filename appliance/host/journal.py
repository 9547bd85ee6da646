"""Logging into systemd's journal, record by record with its fields (protocol: systemd.io/JOURNAL_NATIVE_PROTOCOL).

What a service writes to standard error gets there too, as text alone; sent like this, `journalctl ALGORITHM=arima` and
`journalctl -o json` know of what a line tells.
"""

from __future__ import annotations

import array
import errno
import fcntl
import logging
import os
import socket
import sys
from collections.abc import Mapping

SOCKET = "/run/systemd/journal/socket"
PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}  # syslog(3)
SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
FIELDS = "fields"  # of a record: name of a field -> value


def listens() -> bool:
    """Say whether standard error is the journal, as systemd announces it: by device and inode."""
    try:
        standard_error = os.fstat(2)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{standard_error.st_dev}:{standard_error.st_ino}"


class Journal(logging.Handler):
    """Sends records to the journal; forked processes may share one.

    The fields of a record are what `extra={"fields": {...}}` gave it, besides those that every program has.
    """

    def __init__(self, address: str = SOCKET) -> None:
        super().__init__()
        self._address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; where the journal does not take it, standard error gets the line."""
        message = self.format(record)
        fields = {
            "MESSAGE": message,
            "PRIORITY": PRIORITIES.get(record.levelno, 6),
            "SYSLOG_IDENTIFIER": "taosanoded",
            "LOGGER": record.name,
            **getattr(record, FIELDS, {}),
        }
        try:
            self._send(encoded(fields))
        except OSError as error:
            sys.stderr.write(f"{message}\n(the journal does not take fields: {error})\n")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        super().close()

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendto(data, self._address)
        except OSError as error:
            if error.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                raise
            self._send_as_file(data)

    def _send_as_file(self, data: bytes) -> None:
        """Send what is too long for a datagram, a long traceback: in memory that nobody can change any more."""
        file = os.memfd_create("journal", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            with open(file, "wb", closefd=False) as whole:
                whole.write(data)
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, SEALS)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))
            self._socket.sendmsg([], [rights], 0, self._address)  # socket.send_fds would forget the address
        finally:
            os.close(file)


def encoded(fields: Mapping[str, object]) -> bytes:
    """Return fields as the journal reads them: ``NAME=value``, or for several lines the length before the value."""
    lines = []
    for name, value in fields.items():
        text = str(value).encode("utf-8", "backslashreplace")
        if b"\n" in text:
            lines.append(name.encode() + b"\n" + len(text).to_bytes(8, "little") + text)
        else:
            lines.append(name.encode() + b"=" + text)
    return b"\n".join(lines) + b"\n"

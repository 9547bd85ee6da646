"""Logging of all processes of the node into two logs: the server's and the application's.

Several processes append to one file. Each line is one `write` to a file opened for appending, which the kernel keeps
whole; whoever finds the file full moves it aside, and the others notice that by its name leading to another file.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from gunicorn import glogging

from appliance.host import journal, paths
from appliance.host.settings import Settings
from appliance.host.wording import on_one_line

# What concerns processes and sockets; everything else is about requests and algorithms.
SERVER_LOGGERS = (
    "gunicorn.error",
    "appliance.commands",
    "appliance.node.server",
    "appliance.node.stats",
    "appliance.transport",
)
APPLICATION = ("appliance.", "models.")  # below these
TELL_EVERY_S = 60.0  # while a log cannot be written; a traceback for every request would fill the journal as well
FORMAT = "%(asctime)s [%(process)d] %(levelname)s %(message)s"


def configure(settings: Settings) -> None:
    """Send the logs where the settings say; once more after a reload.

    The server's log has everything from INFO on. `log_level` is that of the application's log; libraries, which know
    nothing of what may be logged, have a say in it from WARNING on.

    Raises
    ------
    OSError : a log file cannot be written. Everything stays as it was.
    """
    server = _handler(settings.logto, settings)
    same = settings.app_log is not None and settings.app_log == settings.logto
    try:
        application = server if same else _handler(settings.app_log, settings)
    except OSError:
        server.close()
        raise
    for name in SERVER_LOGGERS:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.INFO)
        _replace_handler(logger, server)
    for name in APPLICATION:
        logging.getLogger(name.rstrip(".")).setLevel(settings.log_level)
    root = logging.getLogger()
    root.setLevel(max(logging.WARNING, logging.getLevelName(settings.log_level)))
    _replace_handler(root, application)


def quoted(text: str, longest: int) -> str:
    """Return a client's text fit for a line of the log: quoted, control characters escaped, cut to a length."""
    return repr(text if len(text) <= longest else text[:longest] + "...")


class SharedFile(logging.Handler):
    """A log file that several processes write to, rotated at a size.

    path : the file; its predecessors are ``path.1``, the newest, to ``path.<backups>``.
    """

    def __init__(self, path: Path, max_bytes: int, backups: int) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes
        self._backups = backups
        paths.make_folder_of(path)
        self._file = _append_to(path)
        self._missing, self._torn, self._tell_at = 0, False, 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Append one record, to a new file if this one is full or somebody moved it."""
        try:
            line = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
            if self._full(self._file, len(line)):
                self._rotate(len(line))
            self._follow()
            if self._missing:
                begin = "\n" if self._torn else ""
                line = f"{begin}{self._missing} lines that belong here could not be written\n".encode() + line
            written = os.write(self._file, line)
            if 0 < written < len(line):  # the last that the disk could take
                self._torn = True
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._missing, self._torn = 0, False
        except OSError as error:  # a full disk must not fail the request that is being logged
            self._tell(error)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Close the file."""
        with self.lock:  # type: ignore[union-attr]  # made by logging.Handler
            if self._file >= 0:
                os.close(self._file)
                self._file = -1
        super().close()

    def _tell(self, error: OSError) -> None:
        """Count a line that could not be written, and say so on standard error now and then."""
        self._missing += 1
        if time.monotonic() >= self._tell_at:
            self._tell_at = time.monotonic() + TELL_EVERY_S
            with contextlib.suppress(OSError, ValueError):  # that is on the same disk, or closed
                sys.stderr.write(f"{self._path} cannot be written, lines are missing: {error}\n")

    def _full(self, file: int, more: int) -> bool:
        size = os.fstat(file).st_size
        return size > 0 and size + more > self._max_bytes

    def _follow(self) -> None:
        """Open the file anew if its name leads elsewhere by now."""
        if self._is_current(self._file):
            return
        opened = _append_to(self._path)
        os.close(self._file)
        self._file = opened

    def _rotate(self, more: int) -> None:
        """Move the file aside, unless another process just did.

        The lock is on the full file itself. Nobody can begin to rotate its successor before there is one, and moving
        the file aside is the last step, so two rotations never overlap.
        """
        try:
            full = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)  # own, not the one shared with forked processes
        except FileNotFoundError:
            return
        try:
            fcntl.flock(full, fcntl.LOCK_EX)
            if self._is_current(full) and self._full(full, more):
                self._shift()
        finally:
            os.close(full)

    def _shift(self) -> None:
        for number in range(self._backups - 1, 0, -1):
            if self._old(number).exists():
                self._old(number).replace(self._old(number + 1))
        if self._backups:
            self._path.replace(self._old(1))
        else:
            self._path.unlink()

    def _is_current(self, file: int) -> bool:
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(file))
        except FileNotFoundError:
            return False

    def _old(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class GunicornLogger(glogging.Logger):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn's logger, without handlers of its own: `configure` has seen to those."""

    def setup(self, cfg: Any) -> None:
        """Take over gunicorn's configuration, which says nothing about logs here."""
        self.cfg = cfg
        self._access_log_enabled = False

    def reopen_files(self) -> None:
        """Do nothing: `SharedFile` notices by itself."""

    def close_on_exec(self) -> None:
        """Do nothing: the files are opened that way."""


class _Formatter(logging.Formatter):
    """Keeps a message on one line, whatever a client put into it; only tracebacks have several."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # named by logging
        return on_one_line(super().formatMessage(record))


def _handler(path: Path | None, settings: Settings) -> logging.Handler:
    handler: logging.Handler
    if path is not None:
        handler = SharedFile(path, settings.log_max_bytes, settings.log_backups)
    else:
        handler = journal.Journal() if journal.listens() else logging.StreamHandler()
    # the journal knows when, who and how bad it is
    handler.setFormatter(_Formatter("%(message)s" if isinstance(handler, journal.Journal) else FORMAT))
    handler.set_name(f"taosanode:{path or 'stderr'}")
    return handler


def _replace_handler(logger: logging.Logger, handler: logging.Handler) -> None:
    previous = [h for h in logger.handlers if (h.name or "").startswith("taosanode:")]
    logger.addHandler(handler)
    for old in previous:
        logger.removeHandler(old)
        old.close()


def _append_to(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)

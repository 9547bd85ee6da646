"""Files and folders that the configuration names: what the node needs of them, asked the same way by whoever asks."""

from __future__ import annotations

import os
import socket
import stat
import struct
from pathlib import Path

PROC = Path("/proc")
LONGEST_SOCKET = 107  # bytes of the path of a UNIX socket, unix(7)


def unwritable(path: Path) -> str | None:
    """Say why a file cannot be written, None if it can; folders that are missing will be made."""
    if path.is_dir():
        return f"{path} is a folder, a file is needed"
    if path.exists():
        return None if os.access(path, os.W_OK) else f"{path} cannot be written"
    return unmakeable(path)


def unmakeable(path: Path) -> str | None:
    """Say why a file cannot be made at a path, None if it can; folders that are missing will be made.

    A link to what is not there yet is one to where the file will be: a package links its pid file into /run.
    """
    folder = next(parent for parent in Path(os.path.realpath(path)).parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return f"{path} cannot be made: no right to write to {folder}"
    return None


def make_folder_of(path: Path) -> None:
    """Make the folder of a file, if there is none; raises OSError."""
    Path(os.path.realpath(path)).parent.mkdir(parents=True, exist_ok=True)


def unreadable_folder(path: Path) -> str | None:
    """Say why a folder cannot be read, None if it can or is not there."""
    if not path.exists() or (path.is_dir() and os.access(path, os.R_OK | os.X_OK)):
        return None
    return f"{path} is not a folder that can be read"


def pid_in(path: Path | None) -> int | None:
    """Return the process that a pid file names if it runs, None if there is none."""
    try:
        pid = int(path.read_text()) if path else 0
    except (OSError, ValueError):
        return None
    return pid if pid > 0 and (PROC / str(pid)).exists() else None


def unusable_pid_file(path: Path, own: int | None = None) -> str | None:
    """Say why a process cannot write its pid file, None if it can; `own` may be in it already."""
    if path.is_dir():
        return f"{path} is a folder, a file is needed"
    if path.exists() and not os.access(path, os.R_OK):
        return f"{path} cannot be read"
    pid = pid_in(path)
    if pid is not None and pid != own:
        return f"{path} names process {pid} ({command(pid)}), which is running"
    return unmakeable(path)  # it is made beside and moved there


def command(pid: int) -> str:
    """Return the name of a process's program, "" if it has ended."""
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def command_line(pid: int) -> str:
    """Return how a process was called, "" if it has ended."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def unusable_socket(path: Path, own: int | None = None) -> str | None:
    """Say why a UNIX socket cannot be listened on, None if it can; `own` may be listening already."""
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        return f"{path} is too long for a socket, at most {LONGEST_SOCKET} bytes"
    if path.exists() and not stat.S_ISSOCK(path.stat().st_mode):
        return f"{path} is there and no socket"
    pid = _listener(path)
    if pid is not None and pid != own:
        return f"{path} is in use by process {pid} ({command(pid)})"
    return unmakeable(path)


def _listener(path: Path) -> int | None:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return None
        pid: int = struct.unpack("3i", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
        return pid

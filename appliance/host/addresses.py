"""Addresses: how they are written, whether one can be listened on, and who has it if not."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

PROC = Path("/proc")  # where Linux tells who listens
LISTENING = "0A"  # state of a socket in /proc/net/tcp


def host_port(host: str, port: int) -> str:
    """Return an address as it stands in a url: an IPv6 host in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def local_url(host: str, port: int) -> str:
    """Return the url of a server of this machine; one that listens everywhere is asked at the loopback address."""
    try:
        given = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host_port(host, port)}"
    loopback = "127.0.0.1" if given.version == 4 else "::1"
    return f"http://{host_port(loopback if given.is_unspecified else host, port)}"


def is_loopback(host: str) -> bool:
    """Tell whether an address is one that other machines cannot reach."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def unusable(host: str, port: int) -> str | None:
    """Say why the address cannot be listened on, and who has it; None if it can."""
    error = _refusal(host, port)
    if error is None:
        return None
    shown = host_port(host, port)
    if error.errno != errno.EADDRINUSE:
        return f"{shown} cannot be listened on: {error.strerror or error}"
    who = ", ".join(f"process {pid} ({command})" for pid, command in sorted(owners(port).items()))
    return f"{shown} is in use by {who or 'a process of another user'}"


def listens_on(listening: socket.socket, host: str, port: int) -> bool:
    """Say whether a socket listens on this very address."""
    try:
        return bool(listening.getsockname() == _resolved(host, port)[-1])
    except OSError:  # there is no such host
        return False


def _refusal(host: str, port: int) -> OSError | None:
    try:
        family, kind, protocol, address = _resolved(host, port)
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, socket.SocketKind, int, tuple[Any, ...]]:
    """Return family, kind and protocol of the socket for an address, and what it is bound to."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return family, kind, protocol, address


def owners(port: int) -> dict[int, str]:
    """Return the processes that listen on a port, pid -> command, as far as this user may see them."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(port)}
    found = {}
    for process in PROC.glob("[0-9]*"):
        if not wanted.isdisjoint(_open_files(process)):
            with suppress(FileNotFoundError):  # it ended meanwhile
                found[int(process.name)] = (process / "comm").read_text().strip()
    return found


def _open_files(process: Path) -> Iterator[str]:
    """Yield what a process has open; nothing for one that ended, or of another user."""
    with suppress(FileNotFoundError, PermissionError):
        for number in os.listdir(process / "fd"):
            with suppress(FileNotFoundError):  # closed meanwhile
                yield os.readlink(process / "fd" / number)


def _inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:  # IPv6 is switched off
            continue
        for fields in map(str.split, lines):
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]

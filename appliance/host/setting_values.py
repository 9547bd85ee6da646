"""Text of a configuration file to values. Every reader takes stripped text and raises ValueError."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from urllib.parse import urlsplit

from models import table

UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
LEVELS = {name: name for name in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")} | {"WARN": "WARNING"}
SWITCH = dict.fromkeys(("yes", "true", "on", "1"), True) | dict.fromkeys(("no", "false", "off", "0"), False)
ALL_DETAILS = "all"
FURTHER_DETAILS = ("imputation", "correlation", "classification", "regression")  # in the order they are announced
BY_NAME_ONLY = ("regression",)  # no release of TDengine is known to know it
ALGORITHM_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")  # taosd keeps 63 bytes
HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?", re.IGNORECASE)
ANYWHERE = "0.0.0.0"  # noqa: S104  (what an operator means by an empty host)


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds."""

    def read(text: str) -> int:
        number = int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None
        if number is None or not low <= number <= high:
            raise ValueError(text)
        return number

    return read


def size(low: str, high: str) -> Callable[[str], int]:
    """Return a reader of byte counts such as ``64M``, ``50k`` or ``1048576`` within bounds."""

    def read(text: str) -> int:
        number = _bytes(text)
        if not _bytes(low) <= number <= _bytes(high):
            raise ValueError(text)
        return number

    return read


def memory(text: str) -> int:
    """Read the most memory that a process may have; nothing, 0, means what suits the machine."""
    return size("512M", "1024G")(text) if text else 0


def _bytes(text: str) -> int:
    match = re.fullmatch(r"([0-9]{1,15})\s*([kmg]?)(?:i?b)?", text.lower())
    if match is None:
        raise ValueError(text)
    return int(match[1]) * UNITS[match[2]]


def path(text: str) -> Path | None:
    """Read a path; nothing means none. Links and placeholders are left as they are."""
    if "\ufffd" in text or "\0" in text:
        raise ValueError("not UTF-8")
    return Path(text) if text else None


def address(text: str) -> tuple[str, int]:
    """Read ``host:port``; an empty host or ``*`` means every interface, IPv6 addresses stand in brackets."""
    host, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ValueError(text)
    if host in ("", "*"):
        return ANYWHERE, int(port)
    return _host(host), int(port)


def stats(text: str) -> tuple[str, int] | str | None:
    """Read ``host:port`` or the path of a UNIX socket; nothing means none."""
    if not text:
        return None
    if text.startswith("/"):
        return text
    return address(text)


def log_level(text: str) -> str:
    """Read a level of the logs, upper or lower case."""
    if text.upper() not in LEVELS:
        raise ValueError(text)
    return LEVELS[text.upper()]


def yes_or_no(text: str) -> bool:
    """Read a switch."""
    if text.lower() not in SWITCH:
        raise ValueError(text)
    return SWITCH[text.lower()]


def detail_types(text: str) -> tuple[str, ...]:
    """Read the further detail types to announce, in announcing order; ``all`` means all that TDengine knows."""
    given = {word.lower() for word in _words(text)}
    if not given <= {ALL_DETAILS, *FURTHER_DETAILS}:
        raise ValueError(text)
    told = {name for name in FURTHER_DETAILS if name not in BY_NAME_ONLY} if ALL_DETAILS in given else set()
    return tuple(name for name in FURTHER_DETAILS if name in given | told)


def hosts(text: str) -> tuple[str, ...]:
    """Read host names or addresses."""
    return tuple(_host(word) for word in _words(text))


def host_names(text: str) -> tuple[str, ...]:
    """Read names of this node as browsers write them, in small letters."""
    return tuple(name.lower() for name in hosts(text))


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses and networks such as ``127.0.0.1, 10.0.0.0/8``; nothing means everybody."""
    words = _words(text)
    if text and not words:
        raise ValueError(text)
    return tuple(ipaddress.ip_network(word.strip("[]")) for word in words)


def tls_version(text: str) -> str:
    """Read the oldest version of TLS, in the spelling of Python or of OpenSSL."""
    version = text.lower().replace("_", ".")
    if version not in ("tlsv1.2", "tlsv1.3"):
        raise ValueError(text)
    return f"TLSv{version[-3:]}"


def algorithm_name(text: str) -> str:
    """Read the wire name of an algorithm."""
    if not ALGORITHM_NAME.fullmatch(text):
        raise ValueError("an algorithm name of at most 63 lower-case letters, digits, _ . -")
    return text


def url(text: str) -> str:
    """Read the URL of a model service."""
    allowed = f"a URL as in {table.MODELS[0].url}"
    parts = urlsplit(text)
    try:
        port_is_fine = parts.port != 0
    except ValueError:
        port_is_fine = False
    if parts.scheme != "http" or not parts.hostname or not port_is_fine or re.search(r"[\s\ufffd]", text):
        raise ValueError(allowed)
    return text


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", text) if word]


def _host(text: str) -> str:
    if text.startswith("[") and text.endswith("]"):
        return str(ipaddress.IPv6Address(text[1:-1]))
    if ":" in text:
        return str(ipaddress.IPv6Address(text))
    if not HOST_NAME.fullmatch(text):
        raise ValueError(text)
    return text

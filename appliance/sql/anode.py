"""Asking a node for its algorithms and its status, with the limits and checks of TDengine's management node.

A node has 100 ms for everything: the name look-up, the connection and the whole answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from appliance.protocol import fields
from appliance.sql import answers
from appliance.sql.answers import SqlError
from appliance.transport.http import Client, Failed

PATIENCE_S = 0.1
MAX_NAME_BYTES = 63
MAX_BODY = 4 * 1024 * 1024
STATUS_BYTES = 9
OFFLINE = "offline"
# In the order in which SHOW ANODES FULL lists them.
TYPES = ("anomaly-detection", "forecast", "imputation", "correlation", "classification", "motif")


Result = TypeVar("Result")


class Algorithm(NamedTuple):
    """One line of SHOW ANODES FULL."""

    type: str
    name: str


def listings(urls: Iterable[str]) -> dict[str, list[Algorithm] | SqlError]:
    """Ask all nodes at once for their algorithms."""

    def ask(url: str) -> list[Algorithm] | SqlError:
        try:
            return read_listing(_get(url, "list"))
        except SqlError as error:
            return error

    return _at_once(urls, ask)


def statuses(urls: Iterable[str]) -> dict[str, str]:
    """Ask all nodes at once for their status."""

    def ask(url: str) -> str:
        try:
            status = _document(_get(url, "status")).get(fields.STATUS)
        except SqlError:
            return OFFLINE
        return status.encode()[:STATUS_BYTES].decode(errors="ignore") if isinstance(status, str) and status else OFFLINE

    return _at_once(urls, ask)


def read_listing(body: bytes) -> list[Algorithm]:
    """Check the answer of `/list`: all of it is good, or nothing is registered."""
    document = _document(body)
    if _thousandths(document, fields.PROTOCOL) not in (100, 1000):
        raise SqlError(answers.BAD_PROTOCOL, "Anode invalid protocol")
    if _thousandths(document, fields.VERSION) <= 0:
        raise SqlError(answers.BAD_VERSION, "Anode invalid version")
    found: dict[Algorithm, None] = {}
    for detail in _items(document, fields.DETAILS):
        kind = _text(detail, fields.TYPE)
        if kind not in TYPES:
            raise SqlError(answers.BAD_TYPE, f"Anode invalid algorithm type: {_shown(kind)}")
        for entry in _items(detail, fields.ALGO):
            name = _text(entry, fields.NAME)
            if not 0 < len(name.encode()) <= MAX_NAME_BYTES or not name.isprintable():
                raise SqlError(answers.LONG_NAME, f"Anode algorithm name too long: {_shown(name)}")
            found[Algorithm(kind, name)] = None
    return sorted(found, key=lambda algorithm: TYPES.index(algorithm.type))  # stable: else the node's order


def _at_once(urls: Iterable[str], ask: Callable[[str], Result]) -> dict[str, Result]:
    """Ask each node in a thread of its own; all have the same time."""
    wanted = list(dict.fromkeys(urls))
    with ThreadPoolExecutor(max(len(wanted), 1), thread_name_prefix="anode") as pool:
        return dict(zip(wanted, pool.map(ask, wanted), strict=True))


def _get(url: str, path: str) -> bytes:
    """GET as libcurl is used by TDengine: http unless the url says otherwise, no redirects, no proxy."""
    client = Client(connect_s=PATIENCE_S, max_answer=MAX_BODY, kept=0)
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        place = parts._replace(path=f"{parts.path.rstrip('/')}/{path}", query="")
        body = client.request("GET", place, longest_s=PATIENCE_S).body
    except (Failed, ValueError) as error:  # ValueError: no url
        raise SqlError(answers.NO_ACCESS, "Analysis service can't access") from error
    if not body:
        raise SqlError(answers.EMPTY_RESPONSE, "Analysis service response is NULL")
    return body


class _FirstWins(dict[str, Any]):
    """A JSON object as TDengine reads it: keys without regard to case, the first of a name."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__((key.lower(), value) for key, value in reversed(pairs))


def _document(body: bytes) -> _FirstWins:
    try:
        document = json.loads(body, object_pairs_hook=_FirstWins)
    except (ValueError, RecursionError) as error:
        if body.startswith(b"<"):
            raise SqlError(answers.RETURN_ERROR, "Analysis failed since anode return error") from error
        raise _invalid() from error
    if not isinstance(document, _FirstWins):
        raise _invalid()
    return document


def _thousandths(document: _FirstWins, key: str) -> int:
    value = document.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e9:
        raise _invalid()
    return int(value * 1000)


def _items(value: Any, key: str) -> list[Any]:
    found = value.get(key) if isinstance(value, _FirstWins) else None
    if not isinstance(found, list):
        raise _invalid()
    return found


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, _FirstWins) else None
    if not isinstance(found, str) or not found.isascii():
        raise _invalid()
    return found


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}...")


def _invalid() -> SqlError:
    return SqlError(answers.INVALID_JSON, "Invalid json format")

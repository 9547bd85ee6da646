"""A running node behind the part of falcon's test client that our tests use, so that they can run against either."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """Named as in `falcon.testing.Result`; header names are in lower case."""

    status_code: int
    status: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class WireClient:
    """Sends each request on a connection of its own."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address

    def simulate_get(self, path: str) -> Answer:
        return self._ask("GET", path, None, {})

    def simulate_head(self, path: str) -> Answer:
        return self._ask("HEAD", path, None, {})

    def simulate_post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return self._ask("POST", path, body, headers)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        with contextlib.closing(http.client.HTTPConnection(*self._address, timeout=60)) as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before it was all sent
                client.request(method, path, body, dict(headers))
            got = client.getresponse()
            named = {name.lower(): value for name, value in got.getheaders()}
            return Answer(got.status, f"{got.status} {got.reason}", named, got.read())

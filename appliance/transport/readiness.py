"""Waits until a server answers: gunicorn calls itself ready before there is a worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from appliance.transport.http import Client, Failed

ANSWER_WITHIN_S = 1.0
ASK_AGAIN_AFTER_S = 0.02
MAX_ANSWER = 64 * 1024  # bytes


def when_answering(url: str, then: Callable[[], None]) -> threading.Thread:
    """Ask a server for its status until it answers, then call `then`; runs beside the caller."""
    return when(lambda: status(url) is not None, then)


def when(ready: Callable[[], bool], then: Callable[[], None]) -> threading.Thread:
    """Call `then` once something is the case; runs beside the caller."""
    thread = threading.Thread(target=_wait, args=(ready, then), name="readiness", daemon=True)
    thread.start()
    return thread


def status(url: str) -> bytes | None:
    """Return what a server says of its status, None unless it answers well at once."""
    client = Client(connect_s=ANSWER_WITHIN_S, max_answer=MAX_ANSWER, kept=0)
    try:
        answer = client.request("GET", urlsplit(f"{url}/status"), longest_s=ANSWER_WITHIN_S)
    except Failed:
        return None
    return answer.body if answer.status == HTTPStatus.OK else None


def silent(url: str, within_s: float) -> str | None:
    """Say why nobody answers at a URL, None where somebody does, whatever the answer."""
    client = Client(connect_s=within_s, max_answer=MAX_ANSWER, kept=0)
    try:
        client.request("GET", urlsplit(url), longest_s=within_s)
    except Failed as error:
        return error.reason
    return None


def _wait(ready: Callable[[], bool], then: Callable[[], None]) -> None:
    while not ready():
        time.sleep(ASK_AGAIN_AFTER_S)
    then()

"""Exceptions to replies, in one table: the only place where the service catches what an analysis raises."""

from __future__ import annotations

import logging

from kernels.contract import AlgorithmError

log = logging.getLogger(__name__)


class ClientGone(Exception):
    """Nobody waits for the answer any more; nothing was started."""


class Overdue(AlgorithmError):
    """There is no answer in time, by no fault of the request's."""


def message(error: BaseException) -> str:
    """Return what the client is told of an error.

    Expected errors speak for themselves. Anything else is a bug of ours: it goes to the log with its traceback, and
    the client learns no more than that.
    """
    if isinstance(error, AlgorithmError):
        return str(error)
    if isinstance(error, ClientGone):
        return "the client hung up while its request was waiting"
    if isinstance(error, MemoryError):
        return "not enough memory for this request"
    log.error("bug: %s", error, exc_info=error)
    return f"internal error: {type(error).__name__}"

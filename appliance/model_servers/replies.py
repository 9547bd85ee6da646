"""What model servers answer, whatever they were asked: JSON, numbers, and what went wrong."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import orjson

from kernels.contract import AlgorithmError, Series

ERROR = "error"
MAX_REASON = 300  # characters of a server's own words that are passed on


class ServiceError(AlgorithmError):
    """The model server cannot be reached, fails or answers what it should not: no fault of the request's."""


class Refusal(AlgorithmError):
    """The model server says that the request is at fault."""


class Load(NamedTuple):
    """Requests that a model server has accepted and not answered; of these, those that wait for their turn."""

    in_flight: int
    queue: int


def read_load(body: bytes) -> Load | None:
    """Return what a status tells of the load; None for a server that tells nothing of it."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    counts = [told.get(name) for name in Load._fields] if isinstance(told, dict) else [None]
    return Load(*counts) if all(type(count) is int and count >= 0 for count in counts) else None


def document(body: bytes, needed: str) -> dict[str, Any]:
    """Return an answer that has a certain field; raises ServiceError."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ServiceError("failed to request the service, its answer is not JSON") from error
    if not isinstance(told, dict) or needed not in told:
        raise ServiceError(f"failed to request the service, its answer has no {needed}")
    return told


def numbers(values: Any, rows: int) -> Series:
    """Return so many finite numbers as float64; raises ServiceError."""
    if not isinstance(values, list) or not all(type(v) in (int, float) and math.isfinite(v) for v in values):
        raise ServiceError("failed to request the service, its answer holds what is not a number")
    if len(values) != rows:
        raise ServiceError(f"result length is not identical, ts rows:{rows}  res rows:{len(values)}")
    return np.array(values, dtype=np.float64)


def failure(message: str) -> bytes:
    """Return the body of an answer that says what is wrong."""
    return orjson.dumps({"status": "error", ERROR: message})


def read_failure(body: bytes) -> str:
    """Return a server's own words about a failure, or what there is of them."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = None
    words = told.get(ERROR) if isinstance(told, dict) else None
    text = words if isinstance(words, str) else body[: 4 * MAX_REASON].decode(errors="replace")
    return " ".join(text.split())[:MAX_REASON] or "without a reason"

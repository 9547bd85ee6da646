"""What is said between the node and a model server: the question, the answer, and how a server words a failure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import orjson

from kernels.contract import AlgorithmError, Forecast, Horizon, Series, as_series

WIDEST_CONF = 0.9999  # servers take a coverage below 1
MAX_REASON = 300  # characters of a server's own words that are passed on


class ServiceError(AlgorithmError):
    """The model server cannot be reached, refuses the request or answers what it should not."""


def question(series: Series, horizon: Horizon) -> bytes:
    """Return the body that asks for a forecast."""
    return orjson.dumps(
        {
            "input": as_series(series),
            "next_len": horizon.rows,
            "past_dynamic_real": [],
            "dynamic_real": [],
            "conf_interval": min(horizon.conf, WIDEST_CONF),
        },
        option=orjson.OPT_SERIALIZE_NUMPY,
    )


def read(body: bytes, rows: int) -> Forecast:
    """Check an answer; without bounds the interval has no width.

    Raises
    ------
    ServiceError
    """
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ServiceError("failed to request the service, its answer is not JSON") from error
    if not isinstance(answer, dict) or "output" not in answer:
        raise ServiceError("failed to request the service, its answer has no output")
    value = _numbers(answer["output"], rows)
    if answer.get("lower") is None or answer.get("upper") is None:
        return Forecast(value, value, value)
    low, high = _numbers(answer["lower"], rows), _numbers(answer["upper"], rows)
    return Forecast(value, np.minimum(low, value), np.maximum(high, value))


def reason(body: bytes) -> str:
    """Return a server's own words about a failure, or what there is of them."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    words = answer.get("error") if isinstance(answer, dict) else None
    text = words if isinstance(words, str) else body[: 4 * MAX_REASON].decode(errors="replace")
    return " ".join(text.split())[:MAX_REASON] or "without a reason"


def _numbers(values: Any, rows: int) -> Series:
    if not isinstance(values, list) or not all(type(v) in (int, float) and math.isfinite(v) for v in values):
        raise ServiceError("failed to request the service, its answer holds what is not a number")
    if len(values) != rows:
        raise ServiceError(f"result length is not identical, ts rows:{rows}  res rows:{len(values)}")
    return np.array(values, dtype=np.float64)

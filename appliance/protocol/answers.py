"""Answers as the database expects them: arrays to JSON, without a Python object per value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from appliance.protocol.requests import ForecastRequest, Times

PROTOCOL, VERSION = 1.0, 0.1
MAX_MSG_BYTES = 999  # taosd copies msg into 1024 bytes on its stack


def dump(answer: Mapping[str, Any]) -> bytes:
    """Write an answer; contiguous numpy arrays are written without a Python object per value."""
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be sent")


def error(message: str) -> bytes:
    """Write an error so that every release of taosd survives it."""
    text = " ".join(message.split()) or "internal error"
    cut = text.encode("utf-8", "replace")[:MAX_MSG_BYTES].decode("utf-8", "ignore")
    return dump({"rows": -1, "msg": cut})


def windows(times: Times, codes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the anomaly windows: maximal runs of one and the same code other than 1.

    Returns
    -------
    int64 (windows, 2), first and last time of each run, both inclusive; and the code of each run.
    """
    if len(times) != len(codes):
        return np.empty((0, 2), np.int64), codes[:0]
    ends = np.flatnonzero(np.append(codes[1:] != codes[:-1], True))
    starts = np.concatenate(([0], ends[:-1] + 1))
    anomalous = codes[starts] != 1
    starts, ends = starts[anomalous], ends[anomalous]
    return np.column_stack((times[starts], times[ends])), codes[starts]


def times_ahead(request: ForecastRequest) -> Times:
    """Return the times of the forecast."""
    return request.start + request.every * np.arange(request.forecast_rows, dtype=np.int64)


def listing(details: Iterable[Mapping[str, Any]]) -> bytes:
    """Write `/list`."""
    return dump({"protocol": PROTOCOL, "version": VERSION, "details": list(details)})

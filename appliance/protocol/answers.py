"""Answers as the database expects them: arrays to JSON, without a Python object per value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import orjson

from appliance.protocol import fields

PROTOCOL, VERSION = 1.0, 0.1
MAX_MSG_BYTES = 999  # taosd copies msg into 1024 bytes on its stack


def dump(answer: Mapping[str, Any]) -> bytes:
    """Write an answer; contiguous numpy arrays are written without a Python object per value."""
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be sent")


def error(message: str, nothing: Mapping[str, Any] | None = None) -> bytes:
    """Write an error so that every release of taosd survives it.

    nothing : what an answer without rows has, to answer with that besides the message: some releases that read
        ``rows`` of -1 free the answer twice.
    """
    text = " ".join(message.split()) or "internal error"
    cut = text.encode("utf-8", "replace")[:MAX_MSG_BYTES].decode("utf-8", "ignore")
    return dump({fields.ROWS: -1 if nothing is None else 0, **(nothing or {}), fields.MESSAGE: cut})


def listing(details: Iterable[Mapping[str, Any]]) -> bytes:
    """Write `/list`."""
    return dump({fields.PROTOCOL: PROTOCOL, fields.VERSION: VERSION, fields.DETAILS: list(details)})

"""Imputation: what a MOMENT service is asked, and what it answers."""

from __future__ import annotations

import numpy as np
import orjson

from appliance.model_servers import replies
from appliance.model_servers.replies import ServiceError
from kernels.contract import IMPUTATION, Filling, Task, as_series

KIND = IMPUTATION
# the service counts in units of its own, the largest that divides a step is taken
UNITS = {"D": 86_400 * 10**9, "H": 3600 * 10**9, "T": 60 * 10**9, "S": 10**9, "L": 10**6, "U": 10**3, "N": 1}
NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
TARGET, TIMES, MASK = "target", "ts", "mask"


def question(task: Task) -> bytes:
    """Return the body that asks for the gaps of a series to be filled."""
    step = task.step * NANOSECONDS[task.unit]
    unit = next(unit for unit, nanoseconds in UNITS.items() if step % nanoseconds == 0)
    asked = {
        "input": as_series(task.series),
        TIMES: task.times,
        "precision": task.unit,
        "freq": f"{step // UNITS[unit]}{unit}",
    }
    return orjson.dumps(asked, option=orjson.OPT_SERIALIZE_NUMPY)


def read_answer(body: bytes, task: Task) -> Filling:
    """Check an answer; the rows that were given keep their values.

    Raises
    ------
    ServiceError
    """
    told = replies.document(body, TARGET)
    moments, mask = told.get(TIMES), told.get(MASK)
    if not isinstance(moments, list) or not isinstance(mask, list) or len(moments) != len(mask):
        raise ServiceError(f"failed to request the service, its answer has no {TIMES} and {MASK} of one length")
    times = replies.numbers(moments, len(moments))
    value = replies.numbers(told[TARGET], len(moments))
    axis = times.astype(np.int64)
    if not (np.diff(axis) > 0).all() or not np.isin(task.times, axis).all():
        raise ServiceError("failed to request the service, its answer has not the times that were given")
    given = np.searchsorted(axis, task.times)
    filled = np.ones(len(axis), np.bool_)  # all that was not given, whatever the service's mask says
    filled[given], value[given] = False, task.series
    return Filling(axis, value, filled)

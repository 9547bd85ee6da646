"""What is said between the node and a model server: questions and answers, both written and read here.

It is the protocol that analysis nodes and model services have always spoken; every field is spelt in this file alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from kernels.contract import AlgorithmError, Forecast, Horizon, Series, as_series

INPUT, INPUTS = "input", "inputs"  # one series, or several
ROWS, CONF = "next_len", "conf_interval"
ONE, SEVERAL = ("output", "lower", "upper"), ("outputs", "lowers", "uppers")  # of an answer: forecast and bounds
ERROR = "error"

MAX_SERIES = 64  # in one question
MAX_ROWS = 4096  # steps ahead
DEFAULT_CONF = 0.95
WIDEST_CONF = 0.9999  # servers take a coverage below 1
MAX_REASON = 300  # characters of a server's own words that are passed on

NO_INPUT = f'Invalid input, please provide "{INPUT}" field in JSON'


class BadQuestion(ValueError):
    """The question is not one a server answers; the message says why."""


class ServiceError(AlgorithmError):
    """The model server cannot be reached, refuses the request or answers what it should not."""


@dataclass(frozen=True, slots=True)
class Question:
    """Raw series as they came, several or one, and what is wanted of each."""

    raw: list[list[float]]
    several: bool
    horizon: Horizon


def question(series: Series, horizon: Horizon) -> bytes:
    """Return the body that asks for a forecast."""
    return orjson.dumps(
        {
            INPUT: as_series(series),
            ROWS: horizon.rows,
            "past_dynamic_real": [],
            "dynamic_real": [],
            CONF: min(horizon.conf, WIDEST_CONF),
        },
        option=orjson.OPT_SERIALIZE_NUMPY,
    )


def read_question(body: bytes) -> Question:
    """Check what a server is asked.

    Raises
    ------
    BadQuestion, AlgorithmError
    """
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadQuestion(f"the body is not valid JSON (which knows no NaN): {error}") from error
    if not isinstance(asked, dict) or not (INPUT in asked or INPUTS in asked):
        raise BadQuestion(NO_INPUT)
    several = INPUTS in asked
    if several and INPUT in asked:
        raise BadQuestion(f"{INPUT} and {INPUTS} exclude each other")
    raw = asked[INPUTS] if several else [asked[INPUT]]
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_SERIES:
        raise BadQuestion(f"{INPUTS} must be a list of 1 to {MAX_SERIES} series")
    for one in raw:
        _check_series(one)
    rows = _number(asked, ROWS)
    if rows != int(rows) or not 1 <= rows <= MAX_ROWS:
        raise BadQuestion(f"{ROWS} must be a whole number from 1 to {MAX_ROWS}, got {rows}")
    conf = DEFAULT_CONF if asked.get(CONF) is None else _number(asked, CONF)
    conf = conf / 100 if 1 < conf <= 100 else conf  # older callers give percent
    return Question(raw, several, Horizon(int(rows), conf))


def answer(asked: Question, forecasts: list[Forecast]) -> bytes:
    """Return the body of an answer; a constant series is continued with its own value, an int as an int."""
    answers = []
    for raw, forecast in zip(asked.raw, forecasts, strict=True):
        if raw.count(raw[0]) == len(raw):
            flat = [raw[0]] * asked.horizon.rows
            answers.append((flat, flat, flat))
        else:
            answers.append((forecast.value.tolist(), forecast.low.tolist(), forecast.high.tolist()))
    keys = SEVERAL if asked.several else ONE
    columns = [list(column) for column in zip(*answers, strict=True)]
    told = {key: column if asked.several else column[0] for key, column in zip(keys, columns, strict=True)}
    return orjson.dumps({**told, CONF: asked.horizon.conf, "status": "success"})


def read_answer(body: bytes, rows: int) -> Forecast:
    """Check an answer; without bounds the interval has no width.

    Raises
    ------
    ServiceError
    """
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ServiceError("failed to request the service, its answer is not JSON") from error
    output, lower, upper = ONE
    if not isinstance(told, dict) or output not in told:
        raise ServiceError(f"failed to request the service, its answer has no {output}")
    value = _numbers(told[output], rows)
    if told.get(lower) is None or told.get(upper) is None:
        return Forecast(value, value, value)
    low, high = _numbers(told[lower], rows), _numbers(told[upper], rows)
    return Forecast(value, np.minimum(low, value), np.maximum(high, value))


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


def _check_series(one: Any) -> None:
    if not isinstance(one, list) or not one:
        raise BadQuestion(f"{INPUT} must be a list of at least one number")
    kinds = set(map(type, one))
    if not kinds <= {int, float}:
        wrong = next(i for i, value in enumerate(one) if type(value) not in (int, float))
        raise BadQuestion(f"{INPUT} must hold numbers only, got {orjson.dumps(one[wrong])[:40].decode()} at {wrong}")


def _number(asked: dict[str, Any], key: str) -> float:
    value: Any = asked.get(key)
    if type(value) not in (int, float) or not math.isfinite(value):
        raise BadQuestion(f"{key} must be a number" + ("" if key in asked else ", it is missing"))
    return float(value)


def _numbers(values: Any, rows: int) -> Series:
    if not isinstance(values, list) or not all(type(v) in (int, float) and math.isfinite(v) for v in values):
        raise ServiceError("failed to request the service, its answer holds what is not a number")
    if len(values) != rows:
        raise ServiceError(f"result length is not identical, ts rows:{rows}  res rows:{len(values)}")
    return np.array(values, dtype=np.float64)

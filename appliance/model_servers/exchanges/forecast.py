"""Forecasts: questions and answers, both written and read here by node and model server.

It is the protocol that analysis nodes and model services have always spoken; every field is spelt in this file alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson

from appliance.model_servers import replies
from kernels.contract import FORECAST, Forecast, Horizon, Task, as_series

KIND = FORECAST
INPUT, INPUTS = "input", "inputs"  # one series, or several
TIMES = "ts"  # of its rows, which only servers of others look at
ROWS, CONF = "next_len", "conf_interval"
PAST, KNOWN = "past_dynamic_real", "dynamic_real"  # covariates: of the rows alone, and of those ahead too
ONE, SEVERAL = ("output", "lower", "upper"), ("outputs", "lowers", "uppers")  # of an answer: forecast and bounds

MAX_SERIES = 64  # in one question
MAX_ROWS = 4096  # steps ahead
DEFAULT_CONF = 0.95
WIDEST_CONF = 0.9999  # servers take a coverage below 1

NO_INPUT = f'Invalid input, please provide "{INPUT}" field in JSON'


class BadQuestion(ValueError):
    """The question is not one a server answers; the message says why."""


@dataclass(frozen=True, slots=True)
class Question:
    """Raw series as they came, several or one, and what is wanted of each."""

    raw: list[list[float]]
    several: bool
    horizon: Horizon


def question(task: Task) -> bytes:
    """Return the body that asks for a forecast."""
    return orjson.dumps(
        {
            INPUT: as_series(task.series),
            **({TIMES: np.ascontiguousarray(task.times)} if len(task.times) else {}),
            ROWS: task.rows,
            PAST: [as_series(values) for values in task.past.values()],
            KNOWN: [as_series(values) for values in task.known.values()],
            CONF: min(task.levels[0], WIDEST_CONF),
        },
        option=orjson.OPT_SERIALIZE_NUMPY,
    )


def newest(task: Task, most: int | None) -> Task:
    """Return the task of the newest rows, with their covariates; None keeps all."""
    if most is None or len(task.series) <= most:
        return task
    return replace(
        task,
        columns={name: values[-most:] for name, values in task.columns.items()},
        times=task.times[-most:],
        past={name: values[-most:] for name, values in task.past.items()},
        known={name: values[-most - task.rows :] for name, values in task.known.items()},
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
    if asked.get(PAST) or asked.get(KNOWN):
        raise BadQuestion("covariate forecast is not supported yet: this model looks at one series alone")
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


def read_answer(body: bytes, task: Task) -> Forecast:
    """Check an answer; without bounds the interval has no width.

    Raises
    ------
    ServiceError
    """
    output, lower, upper = ONE
    told = replies.document(body, output)
    value = replies.numbers(told[output], task.rows)
    if told.get(lower) is None or told.get(upper) is None:
        return Forecast(value, value, value)
    low, high = replies.numbers(told[lower], task.rows), replies.numbers(told[upper], task.rows)
    return Forecast(value, np.minimum(low, value), np.maximum(high, value))


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

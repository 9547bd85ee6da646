"""Requests as the database sends them: JSON to arrays. Their field names are spelt nowhere else.

The numbers of a body go from the parser's own buffers into numpy arrays; no Python object is made per value. Only a
body that is not quite JSON (the client prints ``nan`` and ``inf`` with ``%f``) takes a slower way, to be refused
with the place of the bad value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

import numpy as np
import simdjson
from numpy.typing import NDArray

from appliance.protocol import options
from kernels.contract import AlgorithmError, Series

Body = bytes | bytearray
Times = NDArray[np.int64]

MIN_ROWS, MAX_ROWS = 10, 40_000
MAX_FORECAST_ROWS = 10_000
MAX_COLUMNS = 4096
PRECISIONS = ("ms", "us", "ns")
DEFAULT_DETECTOR, DEFAULT_FORECASTER = "ksigma", "holtwinters"
INT64 = np.iinfo(np.int64)


class BadRequest(AlgorithmError):
    """The request breaks the contract; the message is the contracted one."""


@dataclass(frozen=True, slots=True)
class Request:
    """What every analysis request holds.

    columns : name -> float64 (rows,) of the data columns in schema order, the time column left out.
    options, option_text : the user's options, parsed and verbatim.
    """

    algo: str
    option_text: str
    options: Mapping[str, str]
    precision: str
    wncheck: bool
    times: Times
    columns: Mapping[str, Series]

    @property
    def rows(self) -> int:
        """Number of input rows."""
        return len(self.times)

    def option(self, name: str, default: int) -> int:
        """Return an integer option that concerns the service rather than an algorithm."""
        if name not in self.options:
            return default
        try:
            return options.whole_number(self.options[name])
        except ValueError:
            raise BadRequest(f"{name} must be an integer, got {self.options[name]!r}") from None


@dataclass(frozen=True, slots=True)
class AnomalyRequest(Request):
    """A request to `/anomaly-detect`."""


@dataclass(frozen=True, slots=True)
class ForecastRequest(Request):
    """A request to `/forecast`: `forecast_rows` values from `start`, `every` apart, bounds at `conf` if wanted.

    covariates : name -> float64; ``past_dynamic_real...`` as long as the history, ``dynamic_real...`` longer.
    """

    forecast_rows: int
    start: int
    every: int
    conf: float
    return_conf: bool
    covariates: Mapping[str, Series]


def read_anomaly(body: Body) -> AnomalyRequest:
    """Read the body of `/anomaly-detect`; raises BadRequest."""
    document = _document(body)
    return _anomaly(document, *_table(document, body))


def read_forecast(body: Body) -> ForecastRequest:
    """Read the body of `/forecast`; raises BadRequest."""
    document = _document(body)
    return _forecast(document, *_table(document, body))


def anomaly(fields: Mapping[str, Any], times: Times, columns: Mapping[str, Series]) -> AnomalyRequest:
    """Build the request that a body with these fields and columns would be; raises BadRequest."""
    _check_lengths([len(times), *map(len, columns.values())], ["ts", *columns])
    return _anomaly(fields, times, columns)


def forecast(fields: Mapping[str, Any], times: Times, columns: Mapping[str, Series]) -> ForecastRequest:
    """Build the request that a body with these fields and columns would be; raises BadRequest."""
    _check_lengths([len(times), *map(len, columns.values())], ["ts", *columns])
    return _forecast(fields, times, columns)


def _anomaly(document: Mapping[str, Any], times: Times, columns: Mapping[str, Series]) -> AnomalyRequest:
    if len({len(column) for column in columns.values()}) > 1:
        raise BadRequest("multiple dimensions of data for anomaly detection are not equal")
    return AnomalyRequest(**_common(document, DEFAULT_DETECTOR), times=times, columns=columns)


def _forecast(document: Mapping[str, Any], times: Times, columns: Mapping[str, Series]) -> ForecastRequest:
    common = _common(document, DEFAULT_FORECASTER)
    given = common["options"]
    start, every, rows = (_integer(document, name) for name in ("start", "every", "forecast_rows"))
    if start is None or every is None or rows is None:
        raise BadRequest("params are missing, start_ts, time_step, rows are all required")
    if every <= 0:
        raise BadRequest(f"time_step should be greater than 0, got {every}")
    if rows <= 0:
        raise BadRequest("forecast rows is not specified yet")
    if rows > MAX_FORECAST_ROWS:
        raise BadRequest(f"forecast rows should be at most {MAX_FORECAST_ROWS}, got {rows}")
    if not INT64.min <= start + rows * every <= INT64.max:
        raise BadRequest(f"forecast times leave the range of a timestamp: start {start}, every {every}, rows {rows}")
    _check_period(given, len(times))
    return ForecastRequest(
        **common,
        times=times,
        columns=columns,
        forecast_rows=rows,
        start=start,
        every=every,
        conf=confidence(document, given),
        return_conf=bool(_integer(document, "return_conf") or 0),
        covariates={name: column for name, column in columns.items() if "dynamic_real" in name},
    )


def _document(body: Body) -> Mapping[str, Any]:
    try:
        document: Any = simdjson.Parser().parse(body)
    except (ValueError, RuntimeError, UnicodeDecodeError, MemoryError):
        document = _lenient_document(body)
    if not hasattr(document, "keys"):
        raise BadRequest("invalid request format")
    found: Mapping[str, Any] = document
    return found


_STRING_OR_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[+-]?\b(?:nan|inf(?:inity)?)\b', re.IGNORECASE)


def _lenient_document(body: Body) -> Any:
    """Parse a body that holds nan or inf as bare words; raises BadRequest for all other defects."""

    def spelled_for_json(match: re.Match[bytes]) -> bytes:
        token = match.group()
        if token.startswith(b'"'):
            return token
        sign = b"-" if token.startswith(b"-") else b""
        return sign + b"Infinity" if b"inf" in token.lower() else b"NaN"

    try:
        return json.loads(_STRING_OR_TOKEN.sub(spelled_for_json, body))
    except (ValueError, RecursionError):
        raise BadRequest("invalid request format") from None


def _table(document: Mapping[str, Any], body: Body) -> tuple[Times, dict[str, Series]]:
    """Return the time column and the data columns by name, checked in the contracted order."""
    data = document.get("data")
    if data is None:
        raise BadRequest('"data" does not exist in request json')
    if not _is_array(data) or not all(_is_array(column) for column in data):
        raise BadRequest("invalid request format: data must be a list of columns, each a list of numbers")
    if len(data) <= 1:
        raise BadRequest("only one column provided, more columns are expected")
    if len(data) > MAX_COLUMNS:
        raise BadRequest(f"too many columns, at most {MAX_COLUMNS} are allowed, got {len(data)}")
    names = _names(document.get("schema"))
    _check_lengths([len(column) for column in data], names)
    _check_schema(document, names, len(data))
    # simdjson's buffers flatten a list inside a column silently; without surplus brackets there is none
    flat = _brackets(body, 3 + 2 * len(data)) <= 2 + 2 * len(data)
    columns = {name: _floats(column, name, flat) for name, column in zip(names, data, strict=True) if name != "ts"}
    return _integers(data[names.index("ts")], flat), columns


def _brackets(body: Body, enough: int) -> int:
    """Count opening brackets up to `enough`; a search for each is far faster than `count` where they are few."""
    count, at = 0, body.find(b"[")
    while at >= 0 and count < enough:
        count, at = count + 1, body.find(b"[", at + 1)
    return count


def _check_lengths(lengths: Sequence[int], names: Sequence[str]) -> None:
    # covariates known ahead go on into the forecast: they alone may be longer than the history
    known_ahead = {column for column, name in enumerate(names) if name.startswith("dynamic_real")}
    plain = [n for column, n in enumerate(lengths) if column not in known_ahead]
    rows = plain[0] if plain else 0
    if any(n != rows for n in plain) or any(n < rows for n in lengths):
        raise BadRequest("data inconsistent, number of rows in different columns are not identical")
    if not MIN_ROWS <= rows <= MAX_ROWS:
        raise BadRequest(f"number of rows should between {MIN_ROWS} and {MAX_ROWS}, actual {rows} rows")
    if max(lengths) > MAX_ROWS + MAX_FORECAST_ROWS:
        raise BadRequest(f"a covariate has {max(lengths)} rows, at most {MAX_ROWS + MAX_FORECAST_ROWS} are allowed")


def _check_schema(document: Mapping[str, Any], names: Sequence[str], columns: int) -> None:
    if document.get("schema") is None:
        raise BadRequest("schema is missing")
    for name, meaning in (("val", "data"), ("ts", "timestamp")):
        if name not in names:
            raise BadRequest(f"invalid schema info, {meaning} column is missing")
    if len(names) != columns:
        raise BadRequest(f"invalid schema info, {len(names)} columns are described, data has {columns}")
    if len(set(names)) != len(names):
        raise BadRequest("invalid schema info, a column name appears twice")


def _names(schema: Any) -> list[str]:
    """Return the column names of a schema, none if there is no schema."""
    if schema is None:
        return []
    if not _is_array(schema):
        raise BadRequest("invalid schema info, a list of [name, type, bytes] is expected")
    names = []
    for entry in schema:
        if not _is_array(entry) or len(entry) == 0 or not isinstance(entry[0], str):
            raise BadRequest("invalid schema info, a list of [name, type, bytes] is expected")
        names.append(entry[0])
    return names


def _is_array(value: Any) -> bool:
    return isinstance(value, (simdjson.Array, list))


def _floats(column: Any, name: str, flat: bool) -> Series:
    """Copy one column of numbers into an own array, refusing everything but finite numbers."""
    values = _buffer(column, "d", np.float64) if flat else None
    if values is None:
        values = _slow_floats(list(column), name)
    finite = np.isfinite(values)
    if not finite.all():
        row = int(finite.argmin())
        raise BadRequest(f"column {name}, row {row}: {values[row]} is not a finite number")
    return values


def _buffer(column: Any, kind: Literal["d", "i"], dtype: type[Any]) -> NDArray[Any] | None:
    """Return the parser's own copy of a column as an array, None if not all of it is of that kind."""
    if not isinstance(column, simdjson.Array):
        return None
    try:
        return np.frombuffer(column.as_buffer(of_type=kind), dtype=dtype)
    except (ValueError, TypeError):
        return None


def _slow_floats(column: list[Any], name: str) -> Series:
    for row, value in enumerate(column):
        if not isinstance(value, (int, float)):
            raise BadRequest(f"column {name}, row {row}: a number is expected, got {_kind(value)}")
    try:
        return np.array(column, dtype=np.float64)
    except OverflowError:
        raise BadRequest(f"column {name} holds a number that is out of range") from None


def _integers(column: Any, flat: bool) -> Times:
    """Copy the time column exactly: nanoseconds do not survive a detour through floats."""
    times = _buffer(column, "i", np.int64) if flat else None
    if times is not None:
        return times
    column = list(column)  # a float or worse among them: looked at one by one
    for row, value in enumerate(column):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
            raise BadRequest(f"column ts, row {row}: an integer is expected, got {_kind(value)}")
        if not INT64.min <= value <= INT64.max:
            raise BadRequest(f"column ts, row {row}: {value} is not a timestamp")
    return np.array([int(value) for value in column], dtype=np.int64)


def _kind(value: Any) -> str:
    """Name a JSON value in a message, without repeating what may be long."""
    if value is None or isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return "text" if isinstance(value, str) else "a list or object"


def _common(document: Mapping[str, Any], default_algo: str) -> dict[str, Any]:
    text = _text(document, "option", "")
    precision = _text(document, "prec", "ms")
    if precision not in PRECISIONS:
        raise BadRequest(f"prec must be one of {', '.join(PRECISIONS)}, got {precision!r}")
    wncheck = _integer(document, "wncheck")
    return {
        "algo": _text(document, "algo", default_algo).strip().lower() or default_algo,
        "option_text": text,
        "options": options.parse(text),
        "precision": precision,
        "wncheck": wncheck is None or wncheck != 0,
    }


def _text(document: Mapping[str, Any], name: str, default: str) -> str:
    value = document.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a string")
    return value.encode("utf-8", "replace").decode()  # a lone surrogate could not be sent back


def _number(document: Mapping[str, Any], name: str) -> int | float | None:
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, (int, float)) or not isfinite(value):
        raise BadRequest(f"{name} must be a number")
    return value


def _integer(document: Mapping[str, Any], name: str) -> int | None:
    value = _number(document, name)
    if value is None:
        return None
    if value != int(value):
        raise BadRequest(f"{name} must be an integer, got {value}")
    return int(value)


def confidence(document: Mapping[str, Any], given: Mapping[str, str]) -> float:
    """Return the coverage that is asked for, from a request's fields or its options; raises BadRequest."""
    conf = _number(document, "conf")
    if conf is None and "conf" in given:
        try:
            conf = options.finite_number(given["conf"])
        except ValueError:
            conf = -1.0
    if conf is None:
        return 0.95
    share = conf / 100.0 if conf > 1.0 else float(conf)
    if not 0.0 < share <= 1.0:
        raise BadRequest(f"invalid value of conf, should between 0 and 1.0, got {conf}")
    return share


def _check_period(given: Mapping[str, str], rows: int) -> None:
    try:
        period = options.finite_number(given.get("period", "0"))
    except ValueError:
        return  # a word such as auto: the algorithm knows
    if period < 0:
        raise BadRequest(f"periods should be greater than 0, got {given['period']}")
    if period > rows:
        raise BadRequest(f"number of input data is less than the periods, {rows} rows, period {given['period']}")

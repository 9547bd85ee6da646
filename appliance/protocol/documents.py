"""Bodies of requests: JSON to fields and arrays.

The numbers of a body go from the parser's own buffers into numpy arrays; no Python object is made per value. Only a
body that is not quite JSON (the client prints ``nan`` and ``inf`` with ``%f``) takes a slower way, to be refused
with the place of the bad value.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import simdjson
from numpy.typing import NDArray

from appliance.protocol import fields, options
from appliance.protocol.mending import Mended, mend
from kernels.contract import AlgorithmError, Series, Times

Body = bytes | bytearray
Document = Mapping[str, Any]

MIN_ROWS, MAX_ROWS = 10, 40_000
MAX_FORECAST_ROWS = 10_000
MAX_COLUMNS = 4096
INT64 = np.iinfo(np.int64)
# columns that a schema may have to name, and what they are called in a refusal
DATA_COLUMN, TIMESTAMPS = (fields.VALUE_COLUMN, "data"), (fields.TIME_COLUMN, "timestamp")


class BadRequest(AlgorithmError):
    """The request breaks the contract; the message is the contracted one."""


def parse(body: Body) -> Document:
    """Read a body; raises BadRequest if it is no JSON object."""
    try:
        document: Any = simdjson.Parser().parse(body)
    except (ValueError, RuntimeError, UnicodeDecodeError, MemoryError):
        document = _lenient(body)
    if not hasattr(document, "keys"):
        raise BadRequest("invalid request format")
    found: Document = document
    return found


def read(body: Body) -> tuple[Document, Mended | None]:
    """Read a body, also one that TDengine's server has broken; raises BadRequest if it is no JSON object."""
    try:
        return parse(body), None
    except BadRequest:
        mended = mend(body)
        if mended is None:
            raise
        return parse(mended.body), mended


def table(document: Document, body: Body) -> tuple[Times, dict[str, Series]]:
    """Return the time column and the data columns by name, checked in the contracted order."""
    data = document.get(fields.DATA)
    if data is None:
        raise BadRequest('"data" does not exist in request json')
    if not is_array(data) or not all(is_array(column) for column in data):
        raise BadRequest("invalid request format: data must be a list of columns, each a list of numbers")
    if len(data) <= 1:
        raise BadRequest("only one column provided, more columns are expected")
    if len(data) > MAX_COLUMNS:
        raise BadRequest(f"too many columns, at most {MAX_COLUMNS} are allowed, got {len(data)}")
    names = _names(document.get(fields.SCHEMA))
    check_lengths([len(column) for column in data], names)
    _check_schema(document, names, len(data), (DATA_COLUMN, TIMESTAMPS))
    # simdjson's buffers flatten a list inside a column silently; without surplus brackets there is none
    flat = _brackets(body, 3 + 2 * len(data)) <= 2 + 2 * len(data)
    columns = {
        name: _floats(column, name, flat)
        for name, column in zip(names, data, strict=True)
        if name != fields.TIME_COLUMN
    }
    return _integers(data[names.index(fields.TIME_COLUMN)], flat), columns


def columns(document: Document, body: Body) -> tuple[Times, dict[str, Series]]:
    """Return the data columns by name, of any lengths, and the times, empty if there are none; raises BadRequest."""
    data = document.get(fields.DATA)
    if data is None:
        raise BadRequest('"data" does not exist in request json')
    if not is_array(data) or not all(is_array(column) for column in data):
        raise BadRequest("invalid request format: data must be a list of columns, each a list of numbers")
    if len(data) > MAX_COLUMNS:
        raise BadRequest(f"too many columns, at most {MAX_COLUMNS} are allowed, got {len(data)}")
    names = _names(document.get(fields.SCHEMA))
    _check_schema(document, names, len(data), (DATA_COLUMN,))
    flat = _brackets(body, 3 + 2 * len(data)) <= 2 + 2 * len(data)
    by_name = dict(zip(names, data, strict=True))
    times = by_name.pop(fields.TIME_COLUMN, None)
    moments = np.empty(0, np.int64) if times is None else _integers(times, flat)
    return moments, {name: _floats(column, name, flat) for name, column in by_name.items()}


def numbers(value: Any, name: str) -> Series:
    """Return a list of finite numbers; raises BadRequest."""
    if not is_array(value):
        raise BadRequest(f"{name} must be a list of numbers")
    found = _buffer(value, "d", np.float64)
    return _floats(value, name, flat=found is not None and len(found) == len(value))


def moments(value: Any) -> Times:
    """Return a list of times; raises BadRequest."""
    if not is_array(value):
        raise BadRequest(f"{fields.TIME_COLUMN} must be a list of integers")
    found = _buffer(value, "i", np.int64)
    return _integers(value, flat=found is not None and len(found) == len(value))


def is_array(value: Any) -> bool:
    """Tell whether a part of a document is a list."""
    return isinstance(value, (simdjson.Array, list))


def plain(value: Any) -> Any:
    """Return a part of a document as lists and dictionaries."""
    if isinstance(value, simdjson.Array):
        return value.as_list()
    return value.as_dict() if isinstance(value, simdjson.Object) else value


def check_lengths(lengths: Sequence[int], names: Sequence[str]) -> None:
    """Refuse columns of unequal length, and too few or too many rows; raises BadRequest."""
    if len(set(lengths)) == 1 and MIN_ROWS <= lengths[0] <= MAX_ROWS:
        return
    # covariates known ahead go on into the forecast: they alone may be longer than the history
    known_ahead = {column for column, name in enumerate(names) if name.startswith(fields.KNOWN_COVARIATE)}
    plain = [n for column, n in enumerate(lengths) if column not in known_ahead]
    rows = plain[0] if plain else 0
    if any(n != rows for n in plain) or any(n < rows for n in lengths):
        raise BadRequest("data inconsistent, number of rows in different columns are not identical")
    if not MIN_ROWS <= rows <= MAX_ROWS:
        raise BadRequest(f"number of rows should between {MIN_ROWS} and {MAX_ROWS}, actual {rows} rows")
    if max(lengths) > MAX_ROWS + MAX_FORECAST_ROWS:
        raise BadRequest(f"a covariate has {max(lengths)} rows, at most {MAX_ROWS + MAX_FORECAST_ROWS} are allowed")


def text(document: Document, name: str, default: str) -> str:
    """Return a field that is text; raises BadRequest."""
    value = document.get(name)
    if value is None:
        return default
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a string")
    return value.encode("utf-8", "replace").decode()  # a lone surrogate could not be sent back


def number(document: Document, name: str) -> int | float | None:
    """Return a field that is a finite number, or text that is one, None if it is absent; raises BadRequest."""
    value = document.get(name)
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return options.finite_number(value)
        except ValueError:
            raise BadRequest(f"{name} must be a number, got {value[:20]!r}") from None
    if not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
        raise BadRequest(f"{name} must be a number")
    return value


def integer(document: Document, name: str) -> int | None:
    """Return a field that is a whole number, None if it is absent; raises BadRequest."""
    value = number(document, name)
    if value is None:
        return None
    if value != int(value):
        raise BadRequest(f"{name} must be an integer, got {value}")
    return int(value)


_ALGO = re.compile(rb'"%b"\s*:\s*"([^"\\]{0,200})"' % fields.ALGO.encode())
_ROWS = re.compile(rb'"%b"\s*:\s*(\d{1,9})\b' % fields.ROWS.encode())


def named(body: Body) -> tuple[str, int]:
    """Return the algorithm and the rows that a body names, "" and 0 for what it does not; it need not be JSON."""
    algo, rows = _last(_ALGO, fields.ALGO, body), _last(_ROWS, fields.ROWS, body)
    return algo.decode(errors="replace").strip().lower(), int(rows or 0)


def _last(pattern: re.Pattern[bytes], name: str, body: Body) -> bytes:
    """Return the value of the last field of a name; the client writes the data first, and they may be long."""
    at = body.rfind(b'"%b"' % name.encode())
    found = pattern.match(body, at) if at >= 0 else None
    return found[1] if found else b""


# text that nobody closes counts to the end of the body: else every quote in it would be tried as a beginning anew
_STRING_OR_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[+-]?\b(?:nan|inf(?:inity)?)\b', re.IGNORECASE | re.DOTALL)


def _lenient(body: Body) -> Any:
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


def _brackets(body: Body, enough: int) -> int:
    """Count opening brackets up to `enough`; a search for each is far faster than `count` where they are few."""
    count, at = 0, body.find(b"[")
    while at >= 0 and count < enough:
        count, at = count + 1, body.find(b"[", at + 1)
    return count


def _check_schema(document: Document, names: Sequence[str], columns: int, needed: Sequence[tuple[str, str]]) -> None:
    if document.get(fields.SCHEMA) is None:
        raise BadRequest("schema is missing")
    for name, meaning in needed:
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
    if not is_array(schema):
        raise BadRequest("invalid schema info, a list of [name, type, bytes] is expected")
    names = []
    for entry in schema:
        if not is_array(entry) or len(entry) == 0 or not isinstance(entry[0], str):
            raise BadRequest("invalid schema info, a list of [name, type, bytes] is expected")
        names.append(entry[0])
    return names


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

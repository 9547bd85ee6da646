"""How taosd reads a node's answers: cJSON's view of the bytes, and the checks taosd makes.

Whatever taosd refuses raises `Rejected`; what it silently takes for something else is listed in `silent` of the
result.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, field
from typing import Any

MAX_MSG_BYTES = 999  # taosd copies msg into 1024 bytes on its stack, with a few words before it
MAX_NAME_BYTES = 63
STATUS_BYTES = 9  # of the 10 that the column has

# error codes of taosd
EMPTY_RESPONSE = 0x80000440
NO_ACCESS = 0x80000441
NOT_LOADED = 0x80000443
RETURN_ERROR = 0x80000445
INVALID_JSON = 0x8000011B
INVALID_ANODE = 0x80000000  # whatever mnode says when CREATE ANODE fails; the numbers are not known


class Rejected(Exception):
    """Taosd shows its user an error."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(f"0x{code:08X} {why}")
        self.code = code
        self.why = why


class Crashed(Exception):
    """Taosd overwrites its own stack."""


@dataclass(frozen=True)
class Release:
    """Where the releases of taosd differ.

    types : detail types of `/list` it knows.
    option_bytes : where the option text is cut.
    percent : conf is sent as a whole percentage.
    errors_lost : an anomaly answer with rows < 0 is read as "no anomalies".
    inclusive : the end of an anomaly window belongs to it.
    doubles : a forecast is kept as DOUBLE, not cast to the column's type (its bounds to FLOAT).
    masks : the mask of the anomaly windows is read.
    """

    types: frozenset[str]
    option_bytes: int
    percent: bool
    errors_lost: bool
    inclusive: bool
    doubles: bool
    masks: bool


OLD = Release(frozenset({"anomaly-detection", "forecast"}), 128, True, True, False, False, False)  # 3.3.6
MID = Release(OLD.types, 512, False, False, False, False, True)  # 3.3.7, 3.3.8
NEW = Release(OLD.types | {"imputation", "correlation", "classification", "motif"}, 512, False, False, True, True, True)


# --- cJSON ----------------------------------------------------------------------------------------------------------


MISSING = object()


class Object(list[tuple[str, Any]]):
    """A JSON object as cJSON keeps it: pairs in order, looked up without regard to case, the first one found."""

    def item(self, name: str) -> Any:
        """Return the value of a key, MISSING if there is none."""
        return next((value for key, value in self if key.lower() == name.lower()), MISSING)


def parse(raw: bytes) -> Object:
    """Parse an answer; numbers become doubles, what follows the document is not looked at."""
    if not raw:
        raise Rejected(EMPTY_RESPONSE, "empty body")
    try:
        text = raw.decode("utf-8", "surrogateescape").removeprefix("\ufeff").lstrip(" \t\r\n")
        document, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        if raw.startswith(b"<"):
            raise Rejected(RETURN_ERROR, "anode return error") from error
        raise Rejected(INVALID_JSON, f"invalid json format: {error}: {raw[:200]!r}") from error
    if not isinstance(document, Object):
        raise Rejected(INVALID_JSON, f"not an object: {raw[:200]!r}")
    return document


def _refuse(token: str) -> float:
    raise ValueError(f"{token} is not a number")


def _double(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)  # C's cast of an infinity is not defined


_DECODER = json.JSONDecoder(
    object_pairs_hook=Object, parse_int=_double, parse_float=_double, parse_constant=_refuse, strict=False
)


# --- answers --------------------------------------------------------------------------------------------------------


@dataclass
class Reading:
    """How taosd reads the numbers of one answer; `silent` lists what it misreads without a word."""

    document: Object
    silent: list[str] = field(default_factory=list)

    def number(self, name: str) -> float:
        """Return a number; a missing one is 0."""
        value = self.document.item(name)
        if value is MISSING:
            self.silent.append(f"{name} is missing, read as 0")
            return 0.0
        if not _is_number(value):
            raise Rejected(INVALID_JSON, f"{name} is not a number: {value!r}")
        return float(value)

    def array(self, name: str, size: int | None = None) -> list[Any]:
        """Return an array, of that size."""
        return self.checked(self.document.item(name), name, size)

    def checked(self, value: Any, name: str, size: int | None = None) -> list[Any]:
        """Refuse what is not an array of that size."""
        if not isinstance(value, list) or isinstance(value, Object):
            raise Rejected(INVALID_JSON, f"{name} is not an array: {value!r}")
        if size is not None and len(value) != size:
            raise Rejected(INVALID_JSON, f"{name} has {len(value)} elements, {size} are expected")
        return value

    def doubles(self, values: list[Any], name: str) -> list[float]:
        """Return the numbers of an array; anything else in it is 0."""
        self.silent += [f"{name}[{i}] = {v!r}, read as 0" for i, v in enumerate(values) if not _is_number(v)]
        return [float(v) if _is_number(v) else 0.0 for v in values]

    def rows(self) -> int:
        """Return the number of rows; a negative one comes with a message."""
        rows = int(self.number("rows"))
        if rows < 0:
            message = self.document.item("msg")
            if not isinstance(message, str):
                message = ""
            if len(message.encode("utf-8", "surrogateescape")) > MAX_MSG_BYTES:
                raise Crashed(f"msg has more than {MAX_MSG_BYTES} bytes: {message[:80]}...")
            raise Rejected(RETURN_ERROR, message)
        return rows


def _is_number(value: Any) -> bool:
    return isinstance(value, float)  # parse() leaves no other numbers; True and False are not numbers for cJSON


@dataclass(frozen=True)
class Windows:
    """What ANOMALY_WINDOW makes of an answer: windows [start, end] and, where read, the class of each."""

    windows: list[tuple[int, int]]
    mask: list[int] | None
    silent: list[str]


def read_windows(raw: bytes, release: Release = NEW) -> Windows:
    """Read the answer of `/anomaly-detect`."""
    reading = Reading(parse(raw))
    try:
        rows = reading.rows()
    except Rejected as error:
        if not release.errors_lost or error.code != RETURN_ERROR:
            raise
        return Windows([], None, [f"error lost: {error.why}"])
    if rows == 0:
        return Windows([], None, reading.silent)
    windows = []
    for i, pair in enumerate(reading.array("res", rows)):
        start, end = reading.doubles(reading.checked(pair, f"res[{i}]", 2), f"res[{i}]")
        windows.append((int(start), int(end) if end > start else int(start) + 1))
    mask = None
    if release.masks and reading.document.item("mask") is not MISSING:
        mask = [int(code) for code in reading.doubles(reading.array("mask", rows), "mask")]
    return Windows(windows, mask, reading.silent)


@dataclass(frozen=True)
class Predicted:
    """What FORECAST makes of an answer: _frowts, the value, _flow and _fhigh; None where not selected."""

    times: list[int] | None
    value: list[float]
    low: list[float] | None
    high: list[float] | None
    silent: list[str]


def read_forecast(
    raw: bytes, bounds: bool = True, times: bool = True, type: str = "DOUBLE", release: Release = NEW
) -> Predicted:
    """Read the answer of `/forecast` for a column of that type, with the pseudo-columns that were selected."""
    reading = Reading(parse(raw))
    rows = reading.rows()
    res = reading.array("res", 4 if bounds else 2)

    def used(index: int) -> list[float]:
        name = f"res[{index}]"
        return reading.doubles(reading.checked(res[index], name, rows), name)

    value = used(1)
    low, high = (used(2), used(3)) if bounds else (None, None)
    if not release.doubles:
        value = [_cast(v, type) for v in value]
        low, high = ([as_float(v) for v in bound] if bound else bound for bound in (low, high))
    return Predicted([int(t) for t in used(0)] if times else None, value, low, high, reading.silent)


def _cast(value: float, type: str) -> float:
    if type == "DOUBLE":
        return value
    return as_float(value) if type == "FLOAT" else float(int(value))


@dataclass(frozen=True)
class Registered:
    """What mnode keeps of a `/list`: ``type:name`` of every algorithm."""

    algorithms: frozenset[str]
    silent: list[str]

    def find(self, type: str, name: str) -> str:
        """Return the algorithm a query asks for; the query side lowercases its name."""
        key = f"{type}:{name.lower()}"
        if key not in self.algorithms:
            raise Rejected(NOT_LOADED, f"algorithm not loaded: {key}")
        return key


def read_listing(raw: bytes, release: Release = NEW) -> Registered:
    """Read the answer of `/list` as CREATE ANODE does: all or nothing."""
    reading = Reading(parse(raw))
    if int(reading.number("protocol") * 1000) not in (100, 1000):
        raise Rejected(INVALID_ANODE, "invalid protocol")
    if int(reading.number("version") * 1000) <= 0:
        raise Rejected(INVALID_ANODE, "invalid version")
    found: set[str] = set()
    for detail in reading.array("details"):
        kind = _text(detail, "type")
        if kind not in release.types:
            raise Rejected(INVALID_ANODE, f"invalid algorithm type {kind!r}")
        for algorithm in reading.checked(detail.item("algo"), "algo"):
            name = _text(algorithm, "name")
            if not 0 < len(name.encode("utf-8", "surrogateescape")) <= MAX_NAME_BYTES:
                raise Rejected(INVALID_ANODE, f"algorithm name empty or too long: {name!r}")
            if name != name.lower():
                reading.silent.append(f"{name} can never be asked for: queries are lowercased")
            found.add(f"{kind}:{name}")
    return Registered(frozenset(found), reading.silent)


def read_status(raw: bytes) -> str:
    """Read the answer of `/status` into the column of SHOW ANODES."""
    return _text(parse(raw), "status")[:STATUS_BYTES]


def _text(value: Any, name: str) -> str:
    found = value.item(name) if isinstance(value, Object) else MISSING
    if not isinstance(found, str):
        raise Rejected(INVALID_JSON, f"{name} is not a string: {found!r}")
    return found


def as_float(value: float) -> float:
    """Cast to C's float, which overflows to infinity."""
    try:
        narrowed: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return narrowed

"""The client side of the contract: speaks to a node and reads its answers exactly as taosd does.

Requests have taosd's byte layout and go through libcurl. Limits that taosd puts on its user (numbers of rows and the
like) are not enforced. How answers are read is in `taosd_answers`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NamedTuple

import pycurl

from tests.appliance.taosd_answers import (
    NEW,
    NO_ACCESS,
    Predicted,
    Registered,
    Rejected,
    Release,
    Windows,
    as_float,
    read_forecast,
    read_listing,
    read_status,
    read_windows,
)

GET_TIMEOUT_MS = 100
PATIENT_MS = 10_000  # a busy machine must not make a live node look dead
POST_TIMEOUT_S = 60
EXPECT_ABOVE = 1024  # bytes of body above which libcurl asks before it sends; newer ones wait for a megabyte

WIDTHS = {
    "TIMESTAMP": 8,
    "BOOL": 1,
    **{f"{name}{sign}": n for name, n in (("TINYINT", 1), ("SMALLINT", 2), ("INT", 4)) for sign in ("", " UNSIGNED")},
    **{f"BIGINT{sign}": 8 for sign in ("", " UNSIGNED")},
    "FLOAT": 4,
    "DOUBLE": 8,
}


# --- requests -------------------------------------------------------------------------------------------------------


class Column(NamedTuple):
    """One column as SQL selects it; None among the values is NULL."""

    name: str
    type: str
    values: Sequence[Any]


def table(times: Sequence[int], *series: Sequence[Any], type: str = "DOUBLE") -> list[Column]:
    """Return the time column and data columns `val`, `val1`, ... of one type."""
    named = [Column(f"val{i or ''}", type, values) for i, values in enumerate(series)]
    return [Column("ts", "TIMESTAMP", times), *named]


def layout(columns: Sequence[Column], fields: Iterable[tuple[str, Any]]) -> bytes:
    """Write a request body: column by column, then the fields, with nothing escaped."""
    schema = ",\n".join(f'  ["{c.name}", "{c.type}", {WIDTHS[c.type]}]' for c in columns)
    data = ",\n".join("[\n" + ",\n".join(_printed(c.type, v) for v in c.values) + "\n]" for c in columns)
    rows = len(next((c for c in columns if c.name == "ts"), columns[0]).values)
    rest = "".join(f'"{key}": {_field(value)},\n' for key, value in [*fields, ("rows", rows)])
    text = f'{{\n"schema": [\n{schema}\n],\n"data": [\n{data}\n],\n{rest}"protocol": 1.0\n}}'
    return text.encode("utf-8", "surrogateescape")


def anomaly_body(
    columns: Sequence[Column], option: str = "algo=iqr", prec: str = "ms", release: Release = NEW
) -> bytes:
    """Write the request of ``ANOMALY_WINDOW(columns, 'option')``."""
    user = _user_options(option)
    fields = [
        ("option", _cut(option, release)),
        ("algo", user.get("algo", "iqr")),
        ("prec", prec),
        ("wncheck", int(user.get("wncheck", 1))),
    ]
    return layout(columns, fields)


def forecast_body(
    columns: Sequence[Column],
    option: str = "algo=holtwinters",
    prec: str = "ms",
    bounds: bool = True,
    release: Release = NEW,
) -> bytes:
    """Write the request of ``FORECAST(columns, 'option')``; `bounds`: _flow or _fhigh is selected."""
    user = _user_options(option)
    times = next(c.values for c in columns if c.name == "ts")
    every = int(user.get("every", 0)) or (max(times) - min(times)) // (len(times) - 1)
    conf = float(user.get("conf", 0.95))
    covariates = any("dynamic_real" in c.name for c in columns)
    fields = [
        ("option", _cut(option, release)),
        ("algo", user.get("algo", "holtwinters")),
        ("prec", prec),
        ("wncheck", int(user.get("wncheck", 1))),
        ("return_conf", int(bounds)),
        ("forecast_rows", int(user.get("rows", 10))),
        ("conf", round(conf * 100 if conf <= 1 else conf) if release.percent else conf),
        ("every", every),
        ("start", int(user.get("start", max(times) + every))),
        *([("type", "covariate")] if covariates else []),
    ]
    return layout(columns, fields)


def _user_options(option: str) -> dict[str, str]:
    pairs = (piece.split("=", 1) for piece in option.split(",") if "=" in piece)
    return {key.strip(): value.strip() for key, value in pairs}


def _cut(option: str, release: Release) -> str:
    return option.encode("utf-8", "surrogateescape")[: release.option_bytes].decode("utf-8", "surrogateescape")


def _field(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:f}" if isinstance(value, float) else str(value)


def _printed(type: str, value: Any) -> str:
    """Print one value; NULL is printed as the bytes of its empty slot."""
    if type in ("FLOAT", "DOUBLE"):
        number = float(value or 0.0)
        number = as_float(number) if type == "FLOAT" else number
        text = f"{number:f}"
        return f"-{text}" if math.isnan(number) and math.copysign(1.0, number) < 0 else text
    return str(int(value or 0))


# --- transport ------------------------------------------------------------------------------------------------------


class Reply(NamedTuple):
    """What libcurl hands over: the body, and whether the server answered `Expect: 100-continue`."""

    body: bytes
    continued: bool


def get(url: str, path: str, timeout_ms: int = PATIENT_MS) -> Reply:
    """GET as taosd does, but for its patience."""
    curl = pycurl.Curl()
    curl.setopt(pycurl.TIMEOUT_MS, timeout_ms)
    return _perform(curl, f"{url}/{path}")


def post(url: str, path: str, body: bytes, timeout_s: int = POST_TIMEOUT_S) -> Reply:
    """POST as taosd does."""
    curl = pycurl.Curl()
    curl.setopt(pycurl.TIMEOUT, timeout_s)
    headers = ["Content-Type:application/json;charset=UTF-8"]
    if len(body) > EXPECT_ABOVE:
        headers.append("Expect: 100-continue")
    curl.setopt(pycurl.HTTPHEADER, headers)
    curl.setopt(pycurl.POST, 1)
    curl.setopt(pycurl.POSTFIELDS, body)
    return _perform(curl, f"{url}/{path}")


def _perform(curl: pycurl.Curl, url: str) -> Reply:
    received = BytesIO()
    lines: list[bytes] = []
    curl.setopt(pycurl.URL, url)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.NOPROXY, "*")
    curl.setopt(pycurl.WRITEDATA, received)
    curl.setopt(pycurl.HEADERFUNCTION, lines.append)
    try:
        curl.perform()
    except pycurl.error as error:
        raise Rejected(NO_ACCESS, f"can't access {url}: {error.args[1]}") from error
    finally:
        curl.close()
    continued = any(line.startswith(b"HTTP/1.1 100") for line in lines)
    return Reply(received.getvalue(), continued)


# --- statements -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taosd:
    """A server that knows one node; `url` is host:port as in CREATE ANODE, without a scheme."""

    url: str
    release: Release = NEW

    def create_anode(self) -> Registered:
        """CREATE ANODE 'url'."""
        return read_listing(get(self.url, "list").body, self.release)

    def show_anodes(self) -> str:
        """Return the status column of SHOW ANODES."""
        try:
            return read_status(get(self.url, "status").body)
        except Rejected:
            return "offline"

    def anomaly_window(self, columns: Sequence[Column], option: str = "algo=iqr", prec: str = "ms") -> Windows:
        """SELECT ... ANOMALY_WINDOW(columns, 'option')."""
        body = anomaly_body(columns, option, prec, self.release)
        return read_windows(post(self.url, "anomaly-detect", body, _patience(option)).body, self.release)

    def forecast(
        self, columns: Sequence[Column], option: str = "algo=holtwinters", prec: str = "ms", bounds: bool = True
    ) -> Predicted:
        """SELECT _frowts, [_flow, _fhigh,] FORECAST(columns, 'option')."""
        body = forecast_body(columns, option, prec, bounds, self.release)
        raw = post(self.url, "forecast", body, _patience(option)).body
        kind = next((c.type for c in columns if c.name == "val"), "DOUBLE")
        return read_forecast(raw, bounds, type=kind, release=self.release)


def _patience(option: str) -> int:
    asked = _user_options(option).get("timeout", "")
    return int(asked) if asked.isdigit() and 1 <= int(asked) <= 1200 else POST_TIMEOUT_S

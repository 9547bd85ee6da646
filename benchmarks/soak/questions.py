"""What the clients ask: real requests of every kind, and bodies that no client should send; and the right answers.

The right answer of a request is the one that the same application gives in this process, byte by byte.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from falcon import testing

from appliance.analysis import catalog
from appliance.host.settings import Settings
from appliance.node.app import create_app
from appliance.node.guests import Guests
from appliance.node.metrics import Metrics
from appliance.node.observer import Observer
from appliance.node.resources.metrics import MetricsText
from appliance.node.scoreboard import Scoreboard
from appliance.node.slots import Slots

JSON = {"Content-Type": "application/json;charset=UTF-8"}
DETECTORS = (
    "algo=iqr",
    "algo=ksigma,k=2",
    "algo=ksigma",
    "algo=grubbs,alpha=0.05",
    "algo=lof,neighbors=10",
    "algo=shesd,period=24",
    "algo=shesd,period=24,max_anoms=0.05,direction=pos",
    "algo=iqr,wncheck=1",
    "algo=sample_ad_model",
    "algo=ksigma,k=99",
)
FORECASTERS = (
    "algo=holtwinters",
    "algo=holtwinters,period=24,seasonal=add",
    "algo=holtwinters,trend=auto,seasonal=auto,period=24",
    "algo=arima,start_p=1,max_p=2,start_q=0,max_q=1",
    "algo=arima,period=12,max_p=1,max_q=1",
    "algo=arima,p=1,d=1,q=1",
    "algo=holtwinters,trend=none",
)
MODELS = ("algo=timemoe-fc", "algo=tdtsfm_1")
FILLERS = ("algo=linear", "algo=kalman", "algo=kalman,period=24")
BAD = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"data": 1}',
    b"\x00\xff",
    b'{"rows": 1e400}',
    b"{" * 5000,
    b'{"schema": [], "data": []}',
)


@dataclass(frozen=True)
class Question:
    """One request. kind : what it is counted as; answer : the right one."""

    kind: str
    path: str
    body: bytes | None
    answer: bytes


def application(settings: Settings) -> testing.TestClient:
    """Return what the node answers with, in this process."""
    found = catalog.build(settings)
    scoreboard, metrics = Scoreboard(), Metrics()
    number = scoreboard.reserve()
    row = scoreboard.take(number)
    observer = Observer(row, metrics.recorder(number), found.names)
    guests = Guests(found, settings.memory_limit)
    app = create_app(found, settings, Slots(1, 1, row.slots), guests, observer, MetricsText(metrics, scoreboard))
    return testing.TestClient(app)


def corpus(settings: Settings, seed: int = 1) -> list[Question]:
    """Return all questions with their answers; the model servers must be up."""
    client = application(settings)

    def ask(kind: str, path: str, body: bytes | None) -> Question:
        answer = client.simulate_request("GET" if body is None else "POST", path, body=body, headers=JSON)
        assert answer.status_code == 200, answer
        return Question(kind, path, body, answer.content)

    return [ask(*one) for one in _asked(np.random.default_rng(seed))]


def _asked(rng: np.random.Generator) -> Iterator[tuple[str, str, bytes | None]]:
    """Yield kind, path and body of every request."""
    for path in ("/status", "/list", "/models"):
        yield path, path, None
    for rows in (10, 60, 300, 1000):
        for option in DETECTORS:
            for columns in (1, 3) if "lof" in option else (1,):
                yield "anomaly", "/anomaly-detect", _body(rng, option, rows, columns)
        for option in FORECASTERS if rows <= 300 else FORECASTERS[:3]:
            yield "forecast", "/forecast", _body(rng, option, rows, **_horizon(rng, rows))
        for option in MODELS:
            yield "model", "/forecast", _body(rng, option, rows, **_horizon(rng, rows))
        for option in FILLERS:
            yield "imputation", "/imputation", _body(rng, option, rows, gaps=True, freq="S")
    yield "anomaly", "/anomaly-detect", _body(rng, "algo=iqr", 40_000)
    good = _body(rng, "algo=iqr", 100)
    for path in ("/anomaly-detect", "/forecast", "/imputation"):
        for bad in (*BAD, good[:-30], good.replace(b'"rows": 100', b'"rows": 99'), good.replace(b"[", b"{", 1)):
            yield "bad", path, bad


def _horizon(rng: np.random.Generator, rows: int) -> dict[str, Any]:
    return {
        "forecast_rows": int(rng.integers(1, 60)),
        "return_conf": int(rng.integers(2)),
        "conf": float(rng.choice([0.9, 0.95, 95])),
        "every": 1000,
        "start": 1_700_000_000_000 + 1000 * rows,
    }


def _body(rng: np.random.Generator, option: str, rows: int, columns: int = 1, gaps: bool = False, **more: Any) -> bytes:
    times = 1_700_000_000_000 + 1000 * np.arange(rows, dtype=np.int64)
    if gaps:
        times = np.delete(times, rng.choice(np.arange(1, rows - 1), max(1, rows // 20), replace=False))
        rows = len(times)
    names = ["val", *(f"val{i}" for i in range(1, columns))]
    season = 5 * np.sin(2 * np.pi * np.arange(rows) / 24)
    values = [100 + season + rng.normal(0, 0.3, rows).cumsum() + rng.standard_t(3, rows) for _ in names]
    document = {
        "schema": [["ts", "TIMESTAMP", 8], *([name, "DOUBLE", 8] for name in names)],
        "data": [times.tolist(), *(np.round(column, 6).tolist() for column in values)],
        "option": option,
        "algo": option.partition(",")[0].partition("=")[2],
        "prec": "ms",
        "wncheck": 0,
        "rows": rows,
        "protocol": 1.0,
        **more,
    }
    return json.dumps(document).encode()


def verdict(question: Question, status: int, got: bytes) -> str:
    """Say what an answer is: ``right``, ``wrong``, or the honest refusal that it is."""
    if status == 200 and got == question.answer:
        return "right"
    try:
        reply = json.loads(got)
    except ValueError:
        return "wrong"
    if status != 200 or not isinstance(reply, dict):
        return "wrong"
    if question.kind == "/list" and _without_status(reply) == _without_status(json.loads(question.answer)):
        return "right"  # models that are away at the moment are told as such
    message = str(reply.get("msg", "")) if reply.get("rows") == -1 else ""
    if message.startswith("the node is busy"):
        return "refused: busy"
    if question.kind == "model" and message.startswith("failed to request the service"):
        return "refused: model server away"
    if message == "not enough memory for this request":
        return "refused: no memory"
    return "wrong"


def _without_status(listing: dict[str, Any]) -> dict[str, Any]:
    for detail in listing.get("details", []):
        for entry in detail["algo"]:
            entry.pop("status", None)
    return listing

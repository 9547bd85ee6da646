"""The foundation models as forecasters of this node: each passes its series to a model server over HTTP.

Nothing here imports torch. Whether a server is up is asked in the background, so no request ever waits for that.
"""

from __future__ import annotations

import functools
import math
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import numpy as np
import orjson

from appliance.host.settings import Settings
from appliance.model_servers import control
from appliance.model_servers.client import ANSWER_TIMEOUT_S, Client, Unreachable
from kernels.contract import (
    AlgorithmError,
    BadParameter,
    Forecast,
    Forecaster,
    Horizon,
    Series,
    as_series,
    option,
)
from models import table
from models.files import CheckpointError, describe

READY, UNAVAIL = "READY", "UNAVAIL"
PROBE_EVERY_S = 5.0
PROBE_TIMEOUT_S = 1.0
SILENT_S = 5.0  # a server that did not answer the last probe holds a request no longer than this
WIDEST_CONF = 0.9999  # servers take a coverage below 1
MAX_REASON = 300  # characters of a server's own words that are passed on


class ServiceError(AlgorithmError):
    """The model server cannot be reached, refuses the request or answers what it should not."""


@dataclass(frozen=True, slots=True)
class Params:
    """Options of a foundation model."""

    host: str = option("", "URL of another model server; its host must be one of tsfm-hosts in taosanode.ini")


class Services:
    """The configured model servers, what is known of each, and the connections to them."""

    def __init__(self, settings: Settings) -> None:
        self.urls: Mapping[str, SplitResult] = {name: urlsplit(url) for name, url in settings.tsfm.items()}
        self.allowed = tuple(host.lower() for host in settings.tsfm_allowed_hosts)
        self.client = Client()
        self._up: dict[str, bool] = {}  # what the last probe saw
        self._prober: int | None = None  # the process that has one
        self._starting = threading.Lock()

    def status(self, name: str) -> str | None:
        """Return what was last seen, at once; the first call in a process starts the looking."""
        if self._prober != os.getpid():
            with self._starting:
                if self._prober != os.getpid():
                    self._prober = os.getpid()
                    threading.Thread(target=self._probe_for_ever, name="tsfm-probe", daemon=True).start()
        return None if name not in self.urls else READY if self._up.get(name) else UNAVAIL

    def probe(self) -> None:
        """Ask every server; whatever it answers over HTTP, it is there."""
        for name, url in self.urls.items():
            try:
                self.client.get(url, PROBE_TIMEOUT_S)
            except Unreachable:
                self._up[name] = False
            else:
                self._up[name] = True

    def _probe_for_ever(self) -> None:
        pause = threading.Event()
        while True:
            self.probe()
            pause.wait(PROBE_EVERY_S)

    def where(self, name: str, host: str) -> SplitResult:
        """Return the URL to call: the configured one, or what the request's ``host=`` names if that is allowed.

        Raises
        ------
        BadParameter
        """
        configured = self.urls[name]
        if not host:
            return configured
        if not re.fullmatch(r"[\x21-\x7e]+", host):
            raise BadParameter("invalid host url")
        text = host if "://" in host else f"http://{host}"
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError as error:
            raise BadParameter(f"invalid host url: {error}") from error
        if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc:
            raise BadParameter("invalid host url")
        if url.hostname not in self.allowed:
            raise BadParameter(f"host {url.hostname} is not allowed, only tsfm-hosts: {', '.join(self.allowed)}")
        shown = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        netloc = shown if port is None else f"{shown}:{port}"
        path = url.path if url.path.strip("/") else configured.path
        return SplitResult("http", netloc, path, url.query, "")

    def forecast(self, name: str, series: Series, horizon: Horizon, params: Params) -> Forecast:
        """Ask a model server."""
        url = self.where(name, params.host)
        question = orjson.dumps(
            {
                "input": as_series(series),
                "next_len": horizon.rows,
                "past_dynamic_real": [],
                "dynamic_real": [],
                "conf_interval": min(horizon.conf, WIDEST_CONF),
            },
            option=orjson.OPT_SERIALIZE_NUMPY,
        )
        silent = not params.host and self._up.get(name) is False
        longest_s = SILENT_S if silent else ANSWER_TIMEOUT_S
        try:
            status, body = self.client.post(url, question, horizon.out_of_time, longest_s)
        except Unreachable as error:
            raise ServiceError(f"failed to request the service, {error}") from error
        if status == 404:
            raise ServiceError(f"invalid host url {url.geturl()}")
        if status != 200:
            raise ServiceError(f"failed to request the service, {_reason(body)} (HTTP {status})")
        return _read(body, horizon.rows)


_current: Services | None = None


def forecasters(settings: Settings) -> list[Forecaster]:
    """Return one forecaster for each line of `[tsfm-service]` that forecasts; from now on `status` speaks of these."""
    global _current
    services = _current = Services(settings)
    return [
        Forecaster(name, _desc(name, url), Params, functools.partial(services.forecast, name))
        for name, url in services.urls.items()
        if table.kind(name) == table.FORECAST
    ]


def _desc(name: str, url: SplitResult) -> str:
    row = table.of_algorithm(name)
    return row.desc if row else f"the model server at {url.geturl()}"


def close() -> None:
    """Close the idle connections of this process."""
    if _current:
        _current.client.close()


def statuses() -> dict[str, str]:
    """Return the status of every foundation model. Never waits."""
    services = _current
    return {name: services.status(name) or UNAVAIL for name in services.urls} if services else {}


def status(name: str) -> str | None:
    """Return READY or UNAVAIL for a foundation model, None for any other name. Never waits."""
    return _current.status(name) if _current else None


def models(settings: Settings) -> list[dict[str, Any]]:
    """Return what `/models` tells of the foundation models whose weights are here, read from the files' headers."""
    found = []
    for algorithm in settings.tsfm:
        name = control.server_name(algorithm)
        entry: dict[str, Any] = {"name": name, "algo": algorithm, "type": table.kind(algorithm)}
        entry["status"] = status(algorithm) or UNAVAIL
        try:
            weights = describe(settings.model_dir / name)
        except CheckpointError as error:
            if (settings.model_dir / name).is_dir():
                found.append({**entry, "size": None, "dtype": None, "error": str(error)})
        else:
            found.append({**entry, "size": weights.size, "dtype": weights.dtype})
    return found


def _read(body: bytes, rows: int) -> Forecast:
    """Check an answer; without bounds the interval has no width."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ServiceError("failed to request the service, its answer is not JSON") from error
    if not isinstance(answer, dict) or "output" not in answer:
        raise ServiceError("failed to request the service, its answer has no output")
    value = _numbers(answer["output"], rows)
    if answer.get("lower") is None or answer.get("upper") is None:
        return Forecast(value, value, value)
    low, high = _numbers(answer["lower"], rows), _numbers(answer["upper"], rows)
    return Forecast(value, np.minimum(low, value), np.maximum(high, value))


def _numbers(values: Any, rows: int) -> Series:
    if not isinstance(values, list) or not all(type(v) in (int, float) and math.isfinite(v) for v in values):
        raise ServiceError("failed to request the service, its answer holds what is not a number")
    if len(values) != rows:
        raise ServiceError(f"result length is not identical, ts rows:{rows}  res rows:{len(values)}")
    return np.array(values, dtype=np.float64)


def _reason(body: bytes) -> str:
    """Return a server's own words about a failure, or what there is of them."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = None
    words = answer.get("error") if isinstance(answer, dict) else None
    text = words if isinstance(words, str) else body[: 4 * MAX_REASON].decode(errors="replace")
    return " ".join(text.split())[:MAX_REASON] or "without a reason"

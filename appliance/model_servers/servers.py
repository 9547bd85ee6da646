"""The foundation models as algorithms of this node: each passes its series to a model server over HTTP.

Nothing here imports torch. Whether a server is up is asked in the background, so no request ever waits for that.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from appliance.host.settings import Settings
from appliance.model_servers import control, replies
from appliance.model_servers.exchanges import BY_KIND, forecast
from appliance.model_servers.replies import Load, Refusal, ServiceError
from appliance.transport.http import Client, Failed
from kernels.contract import Algorithm, BadParameter, Needs, Task
from kernels.options import Options, option
from models import table
from models.files import CheckpointError, describe, weights_file

READY, UNAVAIL = "READY", "UNAVAIL"
CONNECT_S = 2.0
ANSWER_S = 60.0  # taosd waits no longer
MAX_ANSWER = 16 * 1024 * 1024  # bytes
JSON = {"Content-Type": "application/json"}
REFUSALS = (400, 413, 422)  # HTTP statuses that find fault with the request
PROBE_EVERY_S = 5.0
PROBE_TIMEOUT_S = 1.0
SILENT_S = 5.0  # a server that did not answer the last probe holds a request no longer than this


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of a foundation model."""

    host: str = option("", "URL of another model server; its host must be one of tsfm-hosts in taosanode.ini")


class ModelServers:
    """The configured model servers, what is known of each, and the connections to them.

    answered : told of every question: model, "ok", "refused" or "error", and the seconds it took. May be changed.
    """

    answered: Callable[[str, str, float], None]

    def __init__(self, settings: Settings) -> None:
        self.urls: Mapping[str, SplitResult] = {name: urlsplit(url) for name, url in settings.tsfm.items()}
        self.allowed = tuple(host.lower() for host in settings.tsfm_allowed_hosts)
        self.client = Client(connect_s=CONNECT_S, max_answer=MAX_ANSWER)
        self.answered = lambda model, outcome, seconds: None
        self._model_dir = settings.model_dir
        self._up: dict[str, bool] = {}  # what the last probe saw
        self._load: dict[str, Load | None] = {}  # likewise; None: it tells nothing of it
        self._prober: int | None = None  # the process that has one
        self._starting = threading.Lock()
        self._closed = threading.Event()

    def statuses(self) -> dict[str, str]:
        """Return READY or UNAVAIL for every model, as last seen; the first call in a process starts the looking."""
        if self._prober != os.getpid():
            with self._starting:
                if self._prober != os.getpid():
                    with contextlib.suppress(
                        RuntimeError
                    ):  # the system has no thread to give; the next call tries again
                        threading.Thread(target=self._probe_until_closed, name="tsfm-probe", daemon=True).start()
                        self._prober = os.getpid()
        return {name: READY if self._up.get(name) else UNAVAIL for name in self.urls}

    def seen(self) -> dict[str, bool]:
        """Return whether each model server answered at the last look, but for those not looked at yet."""
        self.statuses()
        return {name: self._up[name] for name in self.urls if name in self._up}

    def load(self) -> dict[str, Load]:
        """Return the load that the model servers told of at the last look, but for those that told nothing."""
        return {name: load for name in self.urls if (load := self._load.get(name))}

    def probe(self) -> None:
        """Ask every server; whatever it answers over HTTP, it is there. One that has a status tells its load."""
        looking = Client(connect_s=PROBE_TIMEOUT_S, max_answer=MAX_ANSWER, kept=0)
        for name, url in self.urls.items():
            try:
                looking.request("GET", url, longest_s=PROBE_TIMEOUT_S)
            except Failed:
                self._up[name], self._load[name] = False, None
            else:
                self._up[name] = True
                self._load[name] = _load(looking, url)

    def _probe_until_closed(self) -> None:
        self.probe()
        while not self._closed.wait(PROBE_EVERY_S):
            self.probe()

    def where(self, name: str, host: str) -> SplitResult:
        """Return the URL to call: the configured one, or what the request's ``host=`` names if that is allowed.

        Raises
        ------
        BadParameter
        """
        return located(self.urls[name], host, self.allowed)

    def ask(self, name: str, task: Task, params: Params) -> Any:
        """Return what a model server answers, as the kind of its model has it; raises AlgorithmError."""
        outcome, began = "error", time.perf_counter()
        try:
            answer = self._answer(name, task, params)
            outcome = "ok"
            return answer
        except (BadParameter, Refusal):
            outcome = "refused"
            raise
        finally:
            self.answered(name, outcome, time.perf_counter() - began)

    def _answer(self, name: str, task: Task, params: Params) -> Any:
        exchange = BY_KIND[table.kind(name)]
        url = self.where(name, params.host)
        question = exchange.question(forecast.newest(task, table.NEWEST_ROWS.get(name)))
        silent = not params.host and self._up.get(name) is False
        longest_s = SILENT_S if silent else ANSWER_S
        try:
            status, body = self.client.request(
                "POST", url, question, JSON, longest_s=longest_s, out_of_time=task.out_of_time
            )
        except Failed as error:
            raise ServiceError(f"failed to request the service, {error}{self._instead(name)}") from error
        if status == 404:
            raise (Refusal if params.host else ServiceError)(f"invalid host url {url.geturl()}")
        if status != 200:
            told = Refusal if status in REFUSALS else ServiceError
            raise told(f"failed to request the service, {replies.read_failure(body)} (HTTP {status})")
        return exchange.read_answer(body, task)

    def _instead(self, name: str) -> str:
        """Return what to do where a model of ours has no weights here."""
        row = table.of_algorithm(name)
        if row is None or not row.files:
            return ""
        try:
            weights_file(self._model_dir / row.name)
        except CheckpointError:
            return f"; no weights in {self._model_dir / row.name}: {table.WITHOUT_WEIGHTS}"
        return ""

    def algorithms(self) -> list[Algorithm]:
        """Return one algorithm for each line of `[tsfm-service]`."""
        return [
            Algorithm(
                *(name, _desc(name, url), table.kind(name), Params, functools.partial(self.ask, name)),
                Needs(covariates=table.takes_covariates(name)),
            )
            for name, url in self.urls.items()
            if table.kind(name) in BY_KIND
        ]

    def models(self) -> Iterator[dict[str, Any]]:
        """Yield what `/models` tells of the models whose weights are here, read from the files' headers."""
        for algorithm, status in self.statuses().items():
            name = control.server_name(algorithm)
            folder = self._model_dir / name
            kind = table.kind(algorithm)
            entry = {"name": name, "algo": algorithm, "type": kind, "status": status, "path": str(folder)}
            try:
                weights = describe(folder)
            except CheckpointError as error:
                if folder.is_dir():
                    yield {**entry, "size": None, "dtype": None, "error": str(error)}
            else:
                yield {**entry, "size": weights.size, "dtype": weights.dtype}

    def close(self) -> None:
        """Stop looking, and close the idle connections of this process."""
        self._closed.set()
        self.client.close()


def located(configured: SplitResult, host: str, allowed: tuple[str, ...]) -> SplitResult:
    """Return the URL to call: the configured one, or what ``host=`` names if it is one of those allowed.

    Raises
    ------
    BadParameter
    """
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
    if url.hostname not in allowed:
        raise BadParameter(f"host {url.hostname} is not allowed, only tsfm-hosts: {', '.join(allowed)}")
    shown = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    netloc = shown if port is None else f"{shown}:{port}"
    path = url.path if url.path.strip("/") else configured.path
    return SplitResult("http", netloc, path, url.query, "")


def _load(looking: Client, url: SplitResult) -> Load | None:
    """Ask a server that is up for its load."""
    try:
        status, body = looking.request("GET", url._replace(path="/status", query=""), longest_s=PROBE_TIMEOUT_S)
    except Failed:
        return None
    return replies.read_load(body) if status == 200 else None


def _desc(name: str, url: SplitResult) -> str:
    row = table.of_algorithm(name)
    return row.desc if row else f"the model server at {url.geturl()}"

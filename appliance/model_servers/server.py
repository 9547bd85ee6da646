"""The server of one pretrained model: one process that holds the weights and answers over HTTP.

It speaks the protocol of the model services that taosd's analysis nodes have always called, on all of their paths.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NoReturn

import falcon
import numpy as np
import orjson
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from appliance.host import addresses
from appliance.host.systemd import Systemd
from appliance.model_servers import control
from appliance.model_servers.control import Plan
from appliance.transport.readiness import when_answering
from appliance.transport.worker import Worker
from kernels.contract import AlgorithmError, Forecast, Horizon, Series
from models import table

log = logging.getLogger(__name__)

MAX_BODY = 32 * 1024 * 1024  # bytes
MAX_SERIES = 64  # in one request
MAX_ROWS = 4096  # steps ahead
DEFAULT_CONF = 0.95
IN_FLIGHT = 8  # requests accepted at once: one is computed, the others wait
PATIENCE_S = 60.0  # a request that has not had its turn by then is refused

NO_INPUT = 'Invalid input, please provide "input" field in JSON'

Predict = Callable[[list[Series], Horizon], list[Forecast]]


class BadRequest(ValueError):
    """The request is not one the server answers; the message says why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: raw series as they came, several or one, and what is wanted of each."""

    raw: list[list[float]]
    several: bool
    horizon: Horizon


class Engine:
    """Runs one forecast after the other in a thread of its own, which alone calls torch."""

    def __init__(self, predict: Predict, executor: ThreadPoolExecutor) -> None:
        self._predict = predict
        self._executor = executor
        self._places = threading.BoundedSemaphore(IN_FLIGHT)

    def answer(self, series: list[Series], horizon: Horizon) -> list[Forecast]:
        """Wait for a turn and forecast.

        Raises
        ------
        falcon.HTTPServiceUnavailable : too many requests wait already, or this one has waited too long.
        """
        if not self._places.acquire(blocking=False):
            raise falcon.HTTPServiceUnavailable(description="too many requests at once", retry_after=1)
        turn = self._executor.submit(self._predict, series, horizon)
        turn.add_done_callback(lambda _: self._places.release())
        try:
            return turn.result(PATIENCE_S)
        except TimeoutError as error:
            turn.cancel()
            description = f"no answer within {PATIENCE_S:.0f} s"
            raise falcon.HTTPServiceUnavailable(description=description, retry_after=1) from error


class Predictions:
    """POST: forecasts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer one request."""
        ask = read(_body(req))
        forecasts = self._engine.answer([np.array(one, dtype=np.float64) for one in ask.raw], ask.horizon)
        resp.data = write(ask, forecasts)


class Status:
    """GET `/status`: what is served; it answers only once the model is loaded."""

    def __init__(self, about: dict[str, Any]) -> None:
        self._about = orjson.dumps({"status": "ready", **about})

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer."""
        resp.data = self._about


def create_app(engine: Engine, about: dict[str, Any]) -> falcon.App[Any, Any]:
    """Build the application of one model."""
    app = falcon.App()
    predictions = Predictions(engine)
    for path in table.server_paths():
        app.add_route(path, predictions)
    app.add_route("/status", Status(about))
    app.add_error_handler(Exception, _bug)
    app.add_error_handler(falcon.HTTPError, _http_error)
    app.add_error_handler(BadRequest, _refused)
    app.add_error_handler(AlgorithmError, _refused)
    return app


def read(body: bytes) -> Ask:
    """Check a request body.

    Raises
    ------
    BadRequest, AlgorithmError
    """
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is not valid JSON (which knows no NaN): {error}") from error
    if not isinstance(asked, dict) or not ("input" in asked or "inputs" in asked):
        raise BadRequest(NO_INPUT)
    several = "inputs" in asked
    if several and "input" in asked:
        raise BadRequest("input and inputs exclude each other")
    raw = asked["inputs"] if several else [asked["input"]]
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_SERIES:
        raise BadRequest(f"inputs must be a list of 1 to {MAX_SERIES} series")
    for one in raw:
        _check_series(one)
    rows = _number(asked, "next_len")
    if rows != int(rows) or not 1 <= rows <= MAX_ROWS:
        raise BadRequest(f"next_len must be a whole number from 1 to {MAX_ROWS}, got {rows}")
    conf = DEFAULT_CONF if asked.get("conf_interval") is None else _number(asked, "conf_interval")
    conf = conf / 100 if 1 < conf <= 100 else conf  # older callers give percent
    return Ask(raw, several, Horizon(int(rows), conf))


def write(ask: Ask, forecasts: list[Forecast]) -> bytes:
    """Return the body of an answer; a constant series is continued with its own value, an int as an int."""
    answers = []
    for raw, forecast in zip(ask.raw, forecasts, strict=True):
        if raw.count(raw[0]) == len(raw):
            flat = [raw[0]] * ask.horizon.rows
            answers.append((flat, flat, flat))
        else:
            answers.append((forecast.value.tolist(), forecast.low.tolist(), forecast.high.tolist()))
    keys = ("outputs", "lowers", "uppers") if ask.several else ("output", "lower", "upper")
    columns = [list(column) for column in zip(*answers, strict=True)]
    told = {key: column if ask.several else column[0] for key, column in zip(keys, columns, strict=True)}
    return orjson.dumps({**told, "conf_interval": ask.horizon.conf, "status": "success"})


def _check_series(one: Any) -> None:
    if not isinstance(one, list) or not one:
        raise BadRequest("input must be a list of at least one number")
    kinds = set(map(type, one))
    if not kinds <= {int, float}:
        wrong = next(i for i, value in enumerate(one) if type(value) not in (int, float))
        raise BadRequest(f"input must hold numbers only, got {orjson.dumps(one[wrong])[:40].decode()} at {wrong}")


def _number(asked: dict[str, Any], key: str) -> float:
    value: Any = asked.get(key)
    if type(value) not in (int, float) or not math.isfinite(value):
        raise BadRequest(f"{key} must be a number" + ("" if key in asked else ", it is missing"))
    return float(value)


def _body(req: falcon.Request) -> bytes:
    length = req.content_length
    stream = req.stream if length is None else req.bounded_stream
    if (length or 0) > MAX_BODY:
        raise falcon.HTTPContentTooLarge(description=f"the body may have {MAX_BODY} bytes, got {length}")
    body: bytes = stream.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise falcon.HTTPContentTooLarge(description=f"the body may have {MAX_BODY} bytes")
    return body


def _refused(req: falcon.Request, resp: falcon.Response, error: Exception, _: Any) -> None:
    _reply(resp, falcon.HTTP_400, str(error))


def _http_error(req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError, _: Any) -> None:
    resp.set_headers(error.headers or {})
    _reply(resp, error.status, error.description or f"{error.status}: {req.method} {req.path}")


def _bug(req: falcon.Request, resp: falcon.Response, error: Exception, _: Any) -> None:
    log.error("bug: %s", error, exc_info=error)
    _reply(resp, falcon.HTTP_500, f"internal error: {type(error).__name__}")


def _reply(resp: falcon.Response, status: str | int, message: str) -> None:
    resp.status = status
    resp.data = orjson.dumps({"status": "error", "error": message})


def serve(plan: Plan) -> None:
    """Serve in this process until told to stop; it holds the pid file, unless systemd watches over it.

    Raises
    ------
    ControlError : there are no weights, or another server holds the pid file.
    """
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    control.check_weights(plan)
    systemd = Systemd()
    if systemd.listens:
        control.check_not_running(plan)
        ModelServer(plan, systemd).run()
    else:
        with control.held(plan.pidfile):
            ModelServer(plan, systemd).run()


class ModelServer(BaseApplication):  # type: ignore[misc]  # gunicorn is not typed
    """gunicorn with one worker, which loads the model after the fork: torch does not survive one."""

    def __init__(self, plan: Plan, systemd: Systemd) -> None:
        self._plan = plan
        self._systemd = systemd
        super().__init__()

    def load_config(self) -> None:
        """Translate the plan into gunicorn's settings."""
        for key, value in {
            "bind": addresses.host_port(self._plan.host, self._plan.port),
            "workers": 1,
            "worker_class": Worker,
            "threads": IN_FLIGHT + 4,  # those that wait never keep the status from being told
            "keepalive": 75,
            "timeout": 300,  # loading is part of it
            "graceful_timeout": 30,
            "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
            "control_socket_disable": True,
            "proc_name": f"taosanode-{self._plan.name}",
            "when_ready": self._when_listening,
            "child_exit": self._when_worker_ended,
        }.items():
            self.cfg.set(key, value)
        Worker.max_body = MAX_BODY

    def _when_listening(self, arbiter: Arbiter) -> None:
        """Tell systemd once the model answers; the first worker has not even been made."""
        if self._systemd.listens:
            serving = f"READY=1\nSTATUS=serving {self._plan.name} at {self._plan.host}:{self._plan.port}"
            url = addresses.local_url(self._plan.host, self._plan.port)
            when_answering(url, lambda: self._systemd.tell(serving))

    def _when_worker_ended(self, arbiter: Arbiter, worker: Worker) -> None:
        """Let the unit be called active again when the next worker answers; a stopped one is not listened to."""
        self._systemd.tell(f"RELOADING=1\nSTATUS=loads {self._plan.name} again")
        self._when_listening(arbiter)

    def load(self) -> Callable[..., Any]:
        """Load the model and return the application; a model that cannot be loaded ends the server."""
        executor = ThreadPoolExecutor(1, thread_name_prefix="model")
        return executor.submit(load, self._plan, executor).result()


def load(plan: Plan, executor: ThreadPoolExecutor) -> falcon.App[Any, Any]:
    """Load the model and build its application; runs in the thread that will do all forecasts."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin cost others on a busy machine dear
    import torch  # only here: the master stays small, and start and stop are quick

    from models import pretrained
    from models.files import CheckpointError

    threads = plan.threads or torch.get_num_threads()
    torch.set_num_threads(1)  # loading gains nothing from more
    try:
        model = pretrained.open_model(plan.folder, plan.dtype)
    except CheckpointError as error:
        _give_up(str(error))

    def predict(series: list[Series], horizon: Horizon) -> list[Forecast]:
        return pretrained.forecast(model, series, horizon)

    predict([np.sin(np.arange(2.0 * model.shortest + 32))], Horizon(1))  # the first pass is slower than others
    torch.set_num_threads(threads)
    about = {
        "model": plan.name,
        "dtype": plan.dtype,
        "device": str(next(model.parameters()).device),
        "values": sum(weights.numel() for weights in model.parameters()),
        "shortest": model.shortest,
        "pid": os.getppid(),
    }
    log.info("serving %s from %s in %s", plan.name, plan.folder, plan.dtype)
    return create_app(Engine(predict, executor), about)


def _give_up(reason: str) -> NoReturn:
    log.error("cannot load the model: %s", reason)
    sys.exit(Arbiter.APP_LOAD_ERROR)  # any other code would make the master try again

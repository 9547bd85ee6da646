"""The HTTP application of one model: forecasts, one after the other, and a status."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import falcon
import numpy as np
import orjson

from appliance.model_servers import replies
from appliance.model_servers.exchanges import forecast as exchange
from kernels.contract import AlgorithmError, Forecast, Horizon, Series
from models import table

log = logging.getLogger(__name__)

MAX_BODY = 32 * 1024 * 1024  # bytes
IN_FLIGHT = 8  # requests accepted at once: one is computed, the others wait
PATIENCE_S = 60.0  # a request that has not had its turn by then is refused

Predict = Callable[[list[Series], Horizon], list[Forecast]]


class Turns:
    """Runs one forecast after the other in a thread of its own, which alone calls torch."""

    def __init__(self, predict: Predict, executor: ThreadPoolExecutor) -> None:
        self._predict = predict
        self._executor = executor
        self._lock, self._in_flight = threading.Lock(), 0

    def load(self) -> replies.Load:
        """Return how many requests are here now."""
        in_flight = self._in_flight
        return replies.Load(in_flight, max(0, in_flight - 1))

    def answer(self, series: list[Series], horizon: Horizon) -> list[Forecast]:
        """Wait for a turn and forecast.

        Raises
        ------
        falcon.HTTPServiceUnavailable : too many requests wait already, or this one has waited too long.
        """
        with self._lock:
            if self._in_flight == IN_FLIGHT:
                raise falcon.HTTPServiceUnavailable(description="too many requests at once", retry_after=1)
            self._in_flight += 1
        turn = self._executor.submit(self._predict, series, horizon)
        turn.add_done_callback(self._done)
        try:
            return turn.result(PATIENCE_S)
        except TimeoutError as error:
            turn.cancel()
            description = f"no answer within {PATIENCE_S:.0f} s"
            raise falcon.HTTPServiceUnavailable(description=description, retry_after=1) from error

    def _done(self, _: Future[list[Forecast]]) -> None:
        with self._lock:
            self._in_flight -= 1


class Predictions:
    """POST: forecasts."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer one request."""
        question = exchange.read_question(_body(req))
        series = [np.array(one, dtype=np.float64) for one in question.raw]
        resp.data = exchange.answer(question, self._turns.answer(series, question.horizon))


class Status:
    """GET `/status`: what is served, and for how many; it answers only once the model is loaded."""

    def __init__(self, about: dict[str, Any], turns: Turns) -> None:
        self._about, self._turns = about, turns

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer."""
        resp.data = orjson.dumps({"status": "ready", **self._about, **self._turns.load()._asdict()})


def create_app(turns: Turns, about: dict[str, Any]) -> falcon.App[Any, Any]:
    """Build the application of one model."""
    app = falcon.App()
    predictions = Predictions(turns)
    for path in table.server_paths():
        app.add_route(path, predictions)
    app.add_route("/status", Status(about, turns))
    app.add_error_handler(Exception, _bug)
    app.add_error_handler(falcon.HTTPError, _http_error)
    app.add_error_handler(exchange.BadQuestion, _refused)
    app.add_error_handler(AlgorithmError, _refused)
    return app


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
    resp.data = replies.failure(message)

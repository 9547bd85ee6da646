"""What every analysis endpoint does around its algorithm: read the body, wait for a slot, answer, log."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import falcon

from appliance import errors, options, wire
from appliance.observer import served
from appliance.settings import Settings
from appliance.slots import Slots
from appliance.wire import BadRequest
from kernels.contract import AlgorithmError, RawOptions
from kernels.numerics.whitenoise import is_white_noise

MARGIN_S = 1.0  # an anytime search stops this much before the client gives up
TIMEOUT_OPTION_S = (1, 1200)  # what taosd accepts; it falls back to 60 s outside

R = TypeVar("R", bound=wire.Request)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the client gives up, as `time.monotonic`."""

    due: float

    def out_of_time(self) -> bool:
        """Tell a long search that its answer is due."""
        return time.monotonic() >= self.due - MARGIN_S


class Analysis:
    """Serves analysis requests of one worker process."""

    def __init__(self, settings: Settings, slots: Slots) -> None:
        self._settings = settings
        self._slots = slots
        # Parsing holds the GIL, so two at a time gain nothing, but many waiting for it would keep /status waiting too
        self._parsing = threading.Lock()

    def serve(
        self,
        req: falcon.Request,
        resp: falcon.Response,
        read: Callable[[wire.Body], R],
        answer: Callable[[R, Deadline], dict[str, Any]],
    ) -> None:
        """Answer one request; whatever happens, the reply is HTTP 200 and JSON.

        Parameters
        ----------
        read : the body -> the request; raises BadRequest.
        answer : runs the algorithm in a slot and returns the reply; raises AlgorithmError.
        """
        arrived = time.monotonic()
        record = served(req)
        try:
            body = self._body(req)
            with self._parsing:
                request = read(body)
            record.algorithm, record.rows, record.option = request.algo, request.rows, request.option_text
            deadline = Deadline(arrived + self._patience(request))

            def work() -> bytes:
                if request.wncheck and is_white_noise(next(iter(request.columns.values()))):
                    raise BadRequest("white noise data not processed")
                found = answer(request, deadline)
                record.result_rows = found["rows"]
                return wire.dump(found)

            resp.data = self._slots.run(work, due=deadline.due, client_gone=lambda: _hung_up(req))
        except Exception as error:  # what is not an AlgorithmError or ClientGone is a bug, logged in errors.message
            message = errors.message(error)
            record.failed(error, message)
            resp.data = wire.error(message)

    def _body(self, req: falcon.Request) -> wire.Body:
        if req.content_type and "json" not in req.content_type.lower():
            raise BadRequest("invalid request format: the content type must be application/json")
        limit = self._settings.max_body
        if (req.content_length or 0) > limit:
            raise BadRequest(f"invalid request format: body of {req.content_length} bytes, at most {limit} are allowed")
        body: wire.Body = req.stream.read(limit + 1 if req.content_length is None else req.content_length)
        if len(body) > limit:
            raise BadRequest(f"invalid request format: body of more than {limit} bytes")
        return body

    def _patience(self, request: wire.Request) -> float:
        shortest, longest = TIMEOUT_OPTION_S
        asked = request.option("timeout", 0)
        patience = float(asked) if shortest <= asked <= longest else self._settings.http_timeout_s
        return min(patience, self._settings.longest_request_s)


def params_of(kind: type[Any], request: wire.Request) -> Any:
    """Build an algorithm's parameters; one that reads the request by itself is handed it as it came."""
    if not issubclass(kind, RawOptions):
        return options.params(kind, request.options)
    if not isinstance(request, wire.ForecastRequest):
        return kind(request.options, request.times, request.precision)
    return kind(
        request.options,
        request.times,
        request.precision,
        start=request.start,
        step=request.every,
        return_conf=request.return_conf,
        covariates=request.covariates,
    )


def choose(found: Any, kind: str, name: str) -> Any:
    """Return the algorithm of that name, or refuse; taosd itself only asks for what `/list` announced."""
    if found is None:
        raise AlgorithmError(f"unknown {kind} algorithm: {name!r}")
    return found


def _hung_up(req: falcon.Request) -> bool:
    """Tell whether the client has closed its side of the connection."""
    connection: socket.socket | None = req.env.get("gunicorn.socket")
    if connection is None:
        return False
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))

"""What every analysis endpoint does around its algorithm: read the body, wait for a slot, answer, log."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import falcon

from appliance.analysis import errors, run
from appliance.analysis.run import Deadline
from appliance.host.settings import Settings
from appliance.node.observer import served
from appliance.node.slots import Slots
from appliance.protocol import answers, requests
from appliance.protocol.requests import BadRequest

R = TypeVar("R", bound=requests.Request)


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
        read: Callable[[requests.Body], R],
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
            deadline = Deadline(arrived + run.patience_s(request, self._settings))

            def work() -> bytes:
                run.refuse_white_noise(request)
                found = answer(request, deadline)
                record.result_rows = found["rows"]
                return answers.dump(found)

            resp.data = self._slots.run(work, due=deadline.due, client_gone=lambda: _hung_up(req))
        except Exception as error:  # what is not an AlgorithmError or ClientGone is a bug, logged in errors.message
            message = errors.message(error)
            record.failed(error, message)
            resp.data = answers.error(message)

    def _body(self, req: falcon.Request) -> requests.Body:
        if req.content_type and "json" not in req.content_type.lower():
            raise BadRequest("invalid request format: the content type must be application/json")
        limit = self._settings.max_body
        if (req.content_length or 0) > limit:
            raise BadRequest(f"invalid request format: body of {req.content_length} bytes, at most {limit} are allowed")
        body: requests.Body = req.stream.read(limit + 1 if req.content_length is None else req.content_length)
        if len(body) > limit:
            raise BadRequest(f"invalid request format: body of more than {limit} bytes")
        return body


def _hung_up(req: falcon.Request) -> bool:
    """Tell whether the client has closed its side of the connection."""
    connection: socket.socket | None = req.env.get("gunicorn.socket")
    if connection is None:
        return False
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))

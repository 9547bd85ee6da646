"""POST of a tool: read the body, wait for a slot, answer, as an analysis does, but for what is asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import falcon

from appliance.analysis import errors
from appliance.analysis.run import Deadline
from appliance.host.settings import Settings
from appliance.node.observer import served
from appliance.node.resources import bodies
from appliance.node.slots import Slots
from appliance.protocol import answers, fields
from appliance.protocol.documents import Body

Work = Callable[[Body, Callable[[], bool]], dict[str, Any]]


class Tool:
    """The endpoint of one tool in one worker process.

    work : takes a body, and what tells it that its answer is due; returns what the reply has; raises AlgorithmError.
    """

    def __init__(self, work: Work, settings: Settings, slots: Slots) -> None:
        self._work, self._settings, self._slots = work, settings, slots

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer one request; whatever happens, the reply is HTTP 200 and JSON."""
        arrived = time.monotonic()
        record = served(req)
        try:
            body = bodies.read(req, self._settings.max_body)

            due = arrived + self._settings.http_timeout_s

            def work() -> bytes:
                reply = self._work(body, Deadline(due).out_of_time)
                record.result_rows = reply[fields.ROWS]
                return answers.dump(reply)

            resp.data = self._slots.run(work, due=due, client_gone=lambda: bodies.hung_up(req))
        except Exception as error:  # what is not an AlgorithmError or ClientGone is a bug, logged in errors.message
            message = errors.message(error)
            record.failed(error, message)
            resp.data = answers.error(message)

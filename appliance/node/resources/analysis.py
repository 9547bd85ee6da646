"""POST of an analysis: read the body, wait for a slot, answer, log; the same for every kind."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import Any

import falcon

from appliance.analysis import errors, run
from appliance.analysis.catalog import ByName
from appliance.analysis.kind import Kind
from appliance.analysis.run import Deadline
from appliance.host.settings import Settings
from appliance.node.guests import Guests
from appliance.node.observer import Served, served
from appliance.node.resources import bodies
from appliance.node.slots import Slots
from appliance.protocol import answers, documents
from appliance.protocol.documents import Body
from appliance.protocol.requests import Request

log = logging.getLogger(__name__)


class Analysis:
    """The endpoint of one kind of analysis in one worker process.

    algorithms : of this kind, by name.
    guests : answer for those of the operator's.
    parsing : held while a body is read. That holds the GIL: two at a time gain nothing, but many that wait for it would
        keep `/status` waiting too.
    algorithm : the one that every request here means, "" for the one that it names.
    """

    def __init__(
        self,
        kind: Kind[Any],
        algorithms: ByName,
        settings: Settings,
        slots: Slots,
        guests: Guests,
        parsing: threading.Lock,
        algorithm: str = "",
    ) -> None:
        self._kind, self._algorithms, self._algorithm = kind, algorithms, algorithm
        self._settings, self._slots, self._guests, self._parsing = settings, slots, guests, parsing

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer one request; whatever happens, the reply is HTTP 200 and JSON."""
        arrived = time.monotonic()
        record = served(req)
        deadline = Deadline()
        try:
            body = bodies.read(req, self._settings.max_body)
            request = self._read(body, deadline, record)
            record.algorithm, record.rows, record.option = request.algo, request.rows, request.option_text
            if request.mended:
                log.warning("a body was mended: %s", request.mended.told)
            deadline.due = arrived + run.patience_s(request, self._settings)

            if self._guests.have(self._kind, request.algo):
                work = partial(self._guests.run, self._kind, request.algo, body, deadline.due)
            else:
                work = partial(run.reply, self._kind, self._algorithms, request)
            resp.data, record.result_rows = self._slots.run(
                work, due=deadline.due, client_gone=lambda: bodies.hung_up(req)
            )
        except Exception as error:  # what is not an AlgorithmError or ClientGone is a bug, logged in errors.message
            message = errors.message(error)
            record.failed(error, message)
            resp.data = answers.error(message, self._kind.nothing if self._settings.empty_refusals else None)

    def _read(self, body: Body, deadline: Deadline, record: Served) -> Request:
        """Return the request that a body is; one that is refused here is logged as what it says it is."""
        try:
            with self._parsing:
                return self._kind.read(body, deadline.out_of_time, self._algorithm)
        except Exception:
            record.read = False
            record.algorithm, record.rows = documents.named(body)
            raise

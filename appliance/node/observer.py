"""Watches every request: one line in the log, its counts in the metrics and on the scoreboard."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from typing import Any

import falcon

from appliance.analysis.errors import ClientGone, Overdue
from appliance.analysis.plugin_classes import Failed
from appliance.host import journal
from appliance.host.logs import quoted
from appliance.model_servers.replies import ServiceError
from appliance.node.metrics import UNKNOWN, Recorder
from appliance.node.scoreboard import Row
from appliance.node.slots import Busy
from kernels.contract import AlgorithmError

log = logging.getLogger(__name__)

POLLED = ("/metrics", "/status")  # asked for every few seconds by machines: logged at DEBUG
LONGEST_OPTION = 200  # characters of a client's text in the log
LONGEST_MESSAGE = 999  # the client gets no more than that either


@dataclass(slots=True)
class Served:
    """What is known of a request besides its time; the endpoint fills it in.

    algorithm, rows, option : as the client gave them.
    read : whether the body could be read; otherwise algorithm and rows are only what it says of itself.
    result_rows : `rows` of the answer.
    outcome, message : one of `metrics.OUTCOMES`, and the `msg` that the client got unless that is "ok".
    """

    algorithm: str = ""
    rows: int = 0
    option: str = ""
    read: bool = True
    result_rows: int = 0
    outcome: str = "ok"
    message: str = ""

    def failed(self, error: BaseException, message: str) -> None:
        """Note why there is no result."""
        self.outcome = _outcome(error)
        self.message = message


def served(req: falcon.Request) -> Served:
    """Return the record of a request, which its endpoint may fill in."""
    if not hasattr(req.context, "served"):
        req.context.served = Served()
    found: Served = req.context.served
    return found


class Observer:
    """falcon middleware of one worker process; the first in the list, so that it sees all of the time.

    row, recorder : this worker's, from the scoreboard and the metrics.
    algorithms : the names in the catalogue; no others become labels, or a client could make up any number of them.
    """

    def __init__(self, row: Row, recorder: Recorder, algorithms: Collection[str]) -> None:
        self._row = row
        self._recorder = recorder
        self._algorithms = frozenset(algorithms)
        self._numbers = count(1)

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Begin to watch."""
        req.context.began = time.perf_counter()
        self._row.begin()

    def process_response(self, req: falcon.Request, resp: falcon.Response, resource: Any, succeeded: bool) -> None:
        """Count and log the request; falcon gets here however it was answered."""
        seconds = time.perf_counter() - req.context.began
        record = served(req)
        if record.outcome == "ok" and resp.status_code >= 400:
            record.outcome, record.message = "refused", str(resp.status)
        endpoint = req.uri_template or "other"
        algorithm = record.algorithm if record.algorithm in self._algorithms else UNKNOWN
        self._row.end(seconds, len(resp.data or resp.text or ""), failed=record.outcome == "error")
        self._recorder.observe(
            endpoint, algorithm if record.algorithm else "", record.outcome, seconds, record.rows * record.read
        )
        if record.outcome != "ok":
            self._recorder.note(
                endpoint, algorithm if record.algorithm else "", record.rows, record.outcome, record.message
            )
        self._log(req, endpoint, record, seconds)

    def _log(self, req: falcon.Request, endpoint: str, record: Served, seconds: float) -> None:
        polled = endpoint in POLLED and record.outcome == "ok"
        level = logging.DEBUG if polled else logging.INFO if record.outcome == "ok" else logging.WARNING
        if not log.isEnabledFor(level):
            return
        known = record.algorithm in self._algorithms
        shown = record.algorithm if known else quoted(record.algorithm, LONGEST_OPTION) if record.algorithm else "-"
        path = endpoint if req.uri_template else quoted(req.path, LONGEST_OPTION)
        ms = f"{seconds * 1e3:.1f}"
        fields = {"ENDPOINT": path, "ALGORITHM": shown, "ROWS": record.rows, "MS": ms, "OUTCOME": record.outcome}
        log.log(
            level,
            "%d-%d %s %s %s algo=%s rows=%d option=%s ms=%s %s",
            os.getpid(),
            next(self._numbers),
            req.remote_addr,
            req.method,
            path,
            shown,
            record.rows,
            quoted(record.option, LONGEST_OPTION) if record.option else "-",
            ms,
            _result(record),
            extra={journal.FIELDS: fields},
        )


def _result(record: Served) -> str:
    if record.outcome != "ok":
        return f"{record.outcome} msg={quoted(record.message, LONGEST_MESSAGE)}"
    return f"ok rows={record.result_rows}" if record.algorithm else "ok"


def _outcome(error: BaseException) -> str:
    if isinstance(error, Busy):
        return "busy"
    if isinstance(error, ClientGone):
        return "gone"
    refused = isinstance(error, AlgorithmError) and not isinstance(error, (ServiceError, Failed, Overdue))
    return "refused" if refused else "error"

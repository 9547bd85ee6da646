"""Has series analysed by a node, over the protocol that TDengine speaks."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson

from appliance.analysis import run
from appliance.analysis.kind import Kind
from appliance.files.run import pieces, placing
from appliance.files.run.question import Question
from appliance.files.series import FileError, FileResult, FileSeries, UsageError
from appliance.protocol import answers, fields, options
from appliance.transport.http import Answer, Client, Failed, NoAnswerInTime
from kernels.contract import Task
from models import table

WAIT_S = 60.0  # as TDengine waits, unless the options name a timeout
GRACE_S = 5.0  # for the way there and back
CONNECT_S = 10.0
KEPT = 64  # connections: one for each thread that asks
HEADERS = {"Content-Type": "application/json;charset=UTF-8"}
MAX_ANSWER = 64 * 1024 * 1024  # bytes


class NodeGone(FileError):
    """The node cannot be reached or is none; no other series will fare better."""


class Remote:
    """A node."""

    def __init__(self, url: str, kind: Kind[Any], question: Question) -> None:
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            usable = parts.scheme == "http" and parts.hostname and parts.port != 0
        except ValueError as error:
            raise UsageError(f"--url {url}: {error}") from error
        if not usable:
            raise UsageError(f"--url {url}: a node's address is expected, such as http://127.0.0.1:6090")
        self._place, self._url = parts, f"http://{parts.netloc}"
        self._kind, self._question = kind, question
        self._client = Client(connect_s=CONNECT_S, max_answer=MAX_ANSWER, kept=KEPT)
        self._halted, self._asking = threading.Event(), threading.Lock()
        self._options: dict[str, Collection[str]] | None = None

    def halt(self) -> None:
        """Wait no longer for answers."""
        self._halted.set()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def answer(self, algorithm: str, series: FileSeries, option: str = "") -> FileResult:
        """Ask for an analysis by an algorithm or a setting of one, with a further option.

        Raises
        ------
        NodeGone : no connection, or no node.
        AlgorithmError : the node's own words.
        """
        question, halted = self._question, self._halted.is_set
        return pieces.asked(self._kind, question, algorithm, option, series, self._answer, halted)

    def _answer(self, algorithm: str, question: Question, series: FileSeries) -> FileResult:
        placed = placing.place(
            self._kind, series, question.given, question.wishes, self._halted.is_set, partial(self._has, algorithm)
        )
        data = placed.asked.data
        body = question.body(self._kind, algorithm, placed, data)
        body[fields.OPTION] = ",".join(filter(None, (body[fields.OPTION], self._kind.everything)))
        reply = self._ask(body, data)
        task = self._kind.task(body, question.given, data)
        try:
            found = self._kind.parse(reply, task)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            raise NodeGone(f"{self._url} answered what no node should: {str(reply)[:200]}") from None
        return placed.result(self._kind, algorithm, task, found)

    def names(self) -> list[str]:
        """Return the names of the node's algorithms of this kind; raises NodeGone."""
        return list(self._listed())

    def _has(self, algorithm: str, option: str) -> bool:
        """Return whether an algorithm has an option of that name. Of a node that cannot tell none has."""
        with self._asking:
            if self._options is None:
                try:
                    self._options = self._listed()
                except NodeGone:
                    self._options = {}
        return option in self._options.get(table.canonical(algorithm), ())

    def _listed(self) -> dict[str, Collection[str]]:
        """Return the node's algorithms of this kind with the names of their options; raises NodeGone."""
        status, text = self._send("GET", "list", None)
        try:
            details = {entry[fields.TYPE]: entry[fields.ALGO] for entry in orjson.loads(text)[fields.DETAILS]}
            entries = details[self._kind.wire_type]
            return {str(entry[fields.NAME]): dict(entry.get(fields.PARAMS) or {}) for entry in entries}
        except (AttributeError, KeyError, TypeError, ValueError):
            raise NodeGone(f"{self._url} answered HTTP {status} and no list of algorithms: is it a node?") from None

    def _ask(self, asked: Mapping[str, Any], data: Task) -> dict[str, Any]:
        columns = data.columns
        body = answers.dump(
            {
                fields.SCHEMA: [[fields.TIME_COLUMN, "TIMESTAMP", 8], *([name, "DOUBLE", 8] for name in columns)],
                fields.DATA: [np.ascontiguousarray(column) for column in (data.times, *columns.values())],
                **asked,
            }
        )
        status, text = self._send("POST", self._kind.route.lstrip("/"), body)
        try:
            answer = orjson.loads(text)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict) or fields.ROWS not in answer:
            raise NodeGone(f"{self._url} answered HTTP {status} and no analysis: is it a node?")
        if answer[fields.ROWS] == -1:
            raise run.refusal(str(answer.get(fields.MESSAGE) or "the node gave no reason"))
        return answer

    def _send(self, method: str, route: str, body: bytes | None) -> Answer:
        url, longest_s = self._place._replace(path=f"{self._place.path.rstrip('/')}/{route}"), self._patience()
        try:
            return self._client.request(
                method, url, body, HEADERS, longest_s=longest_s, out_of_time=self._halted.is_set
            )
        except NoAnswerInTime as error:
            raise NodeGone(f"{self._url} did not answer within {longest_s:.0f} s") from error
        except Failed as error:
            raise NodeGone(f"{self._url} cannot be reached: {error.reason}") from error

    def _patience(self) -> float:
        try:
            return options.finite_number(self._question.given[fields.TIMEOUT]) + GRACE_S
        except (KeyError, ValueError):
            return WAIT_S + GRACE_S

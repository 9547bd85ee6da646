"""Has series analysed by a node, over the protocol that TDengine speaks."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson

from appliance.analysis import run
from appliance.analysis.kind import Kind
from appliance.files.run.question import Question
from appliance.files.series import FileError, FileResult, FileSeries
from appliance.protocol import answers, fields, options

WAIT_S = 60.0  # as TDengine waits, unless the options name a timeout
GRACE_S = 5.0  # for the way there and back
HEADERS = {"Content-Type": "application/json;charset=UTF-8"}
MAX_ANSWER = 64 * 1024 * 1024  # bytes


class NodeGone(FileError):
    """The node cannot be reached or is none; no other series will fare better."""


class Remote:
    """A node; each thread has a connection of its own."""

    def __init__(self, url: str, kind: Kind[Any], question: Question) -> None:
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise FileError(f"--url {url}: {error}") from error
        if parts.scheme != "http" or not host:
            raise FileError(f"--url {url}: a node's address is expected, such as http://127.0.0.1:6090")
        self._address, self._path = (host, port or 80), parts.path.rstrip("/")
        self._url, self._kind, self._question = f"http://{parts.netloc}", kind, question
        self._own = threading.local()
        self._all: list[http.client.HTTPConnection] = []

    def halt(self) -> None:
        """Wait no longer for answers."""
        for connection in self._all:
            with contextlib.suppress(OSError):
                if connection.sock:
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close all connections."""
        for connection in self._all:
            connection.close()

    def answer(self, algorithm: str, series: FileSeries) -> FileResult:
        """Ask for an analysis.

        Raises
        ------
        NodeGone : no connection, or no node.
        AlgorithmError : the node's own words.
        """
        body = self._question.body(self._kind, algorithm, series)
        body[fields.OPTION] = ",".join(filter(None, (body[fields.OPTION], self._kind.everything)))
        reply = self._ask(body, series)
        task = self._kind.task(body, self._question.given, series.data)
        try:
            found = self._kind.parse(reply, task)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise NodeGone(f"{self._url} answered what no node should: {str(reply)[:200]}") from None
        return FileResult.of(series, self._kind, algorithm, task, found)

    def names(self) -> list[str]:
        """Return the names of the node's algorithms of this kind; raises NodeGone."""
        status, text = self._send("GET", "list", None)
        try:
            details = {entry[fields.TYPE]: entry[fields.ALGO] for entry in orjson.loads(text)[fields.DETAILS]}
            return [str(algorithm[fields.NAME]) for algorithm in details[self._kind.wire_type]]
        except (KeyError, TypeError, orjson.JSONDecodeError):
            raise NodeGone(f"{self._url} answered HTTP {status} and no list of algorithms: is it a node?") from None

    def _ask(self, asked: Mapping[str, Any], series: FileSeries) -> dict[str, Any]:
        columns = series.data.columns
        body = answers.dump(
            {
                fields.SCHEMA: [[fields.TIME_COLUMN, "TIMESTAMP", 8], *([name, "DOUBLE", 8] for name in columns)],
                fields.DATA: [np.ascontiguousarray(column) for column in (series.times, *columns.values())],
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

    def _send(self, method: str, route: str, body: bytes | None) -> tuple[int, bytes]:
        for attempt in (1, 2):
            connection, fresh = self._connection()
            try:
                if fresh:
                    connection.connect()
                    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.request(method, f"{self._path}/{route}", body, HEADERS)
                response = connection.getresponse()
                return response.status, response.read(MAX_ANSWER)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._own.connection = None
                # a connection that was idle may have been closed by the node meanwhile
                if not fresh and attempt == 1 and isinstance(error, (ConnectionError, http.client.BadStatusLine)):
                    continue
                if isinstance(error, TimeoutError):
                    raise NodeGone(f"{self._url} did not answer within {self._patience():.0f} s") from error
                why = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise NodeGone(f"{self._url} cannot be reached: {why}") from error
        raise AssertionError("unreachable")

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        kept = getattr(self._own, "connection", None)
        if kept is not None:
            return kept, False
        connection = http.client.HTTPConnection(*self._address, timeout=self._patience())
        self._own.connection = connection
        self._all.append(connection)
        return connection, True

    def _patience(self) -> float:
        try:
            return options.finite_number(self._question.given[fields.TIMEOUT]) + GRACE_S
        except (KeyError, ValueError):
            return WAIT_S + GRACE_S

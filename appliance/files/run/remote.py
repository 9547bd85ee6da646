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

from appliance.files.run.local import columns_of
from appliance.files.run.question import Question
from appliance.files.series import FileDetection, FileError, FileForecast, FileSeries
from appliance.protocol import answers, options, requests
from kernels.contract import Algorithm, AlgorithmError, Detection, Forecast

WAIT_S = 60.0  # as TDengine waits, unless the options name a timeout
GRACE_S = 5.0  # for the way there and back
HEADERS = {"Content-Type": "application/json;charset=UTF-8"}
MAX_ANSWER = 64 * 1024 * 1024  # bytes


class NodeGone(FileError):
    """The node cannot be reached or is none; no other series will fare better."""


class Remote:
    """A node; each thread has a connection of its own."""

    def __init__(self, url: str, question: Question) -> None:
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise FileError(f"--url {url}: {error}") from error
        if parts.scheme != "http" or not host:
            raise FileError(f"--url {url}: a node's address is expected, such as http://127.0.0.1:6090")
        self._address, self._path = (host, port or 80), parts.path.rstrip("/")
        self._url, self._question = f"http://{parts.netloc}", question
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

    def detect(self, algorithm: str, series: FileSeries) -> FileDetection:
        """Ask for windows and scores.

        The scores are nan where a node tells none.

        Raises
        ------
        NodeGone : no connection, or no node.
        AlgorithmError : the node's own words.
        """
        fields = self._question.about(algorithm, series)
        fields["option"] += ",scores=1"
        answer = self._ask("anomaly-detect", fields, series)
        rows = len(series.times)
        try:
            windows = np.array(answer["res"], dtype=np.int64).reshape(-1, 2)
            codes = np.array(answer.get("mask", [-1] * len(windows)), dtype=np.int8)
            score = np.array(answer.get("scores", [np.nan] * rows), dtype=np.float64)
            if len(codes) != len(windows) or len(score) != rows:
                raise ValueError
        except (KeyError, TypeError, ValueError, OverflowError):
            raise NodeGone(f"{self._url} answered what no node should: {str(answer)[:200]}") from None
        flags = np.ones(rows, dtype=np.int8)
        begins = np.searchsorted(series.times, windows[:, 0])
        ends = np.searchsorted(series.times, windows[:, 1], side="right")
        for begin, end, code in zip(begins, ends, codes, strict=True):
            flags[begin:end] = code
        extra = {key: value for key, value in answer.items() if key not in _ENVELOPE}
        return FileDetection(series, algorithm, Detection(flags, score, extra), windows)

    def forecast(self, algorithm: str, series: FileSeries) -> FileForecast:
        """Ask for a forecast with its bounds; raises as `detect`."""
        fields = self._question.about(algorithm, series)
        answer = self._ask("forecast", fields, series)
        try:
            times, value, low, high = answer["res"]
            moments = np.array(times, dtype=np.int64)
            value, low, high = (np.array(column, dtype=np.float64) for column in (value, low, high))
            if not len(moments) == len(value) == len(low) == len(high) == fields["forecast_rows"]:
                raise ValueError
        except (KeyError, TypeError, ValueError, OverflowError):
            raise NodeGone(f"{self._url} answered what no node should: {str(answer)[:200]}") from None
        mse, period = answer.get("mse"), answer.get("period") or 0
        extra = {key: each for key, each in answer.items() if key not in _ENVELOPE}
        conf = requests.confidence(fields, self._question.given)
        return FileForecast(series, algorithm, Forecast(value, low, high, mse, period, extra, moments), conf)

    def names(self, kind: type[Algorithm]) -> list[str]:
        """Return the names of the node's detectors or forecasters; raises NodeGone."""
        status, text = self._send("GET", "list", None)
        try:
            details = {entry["type"]: entry["algo"] for entry in orjson.loads(text)["details"]}
            return [str(algorithm["name"]) for algorithm in details[kind.type]]
        except (KeyError, TypeError, orjson.JSONDecodeError):
            raise NodeGone(f"{self._url} answered HTTP {status} and no list of algorithms: is it a node?") from None

    def _ask(self, route: str, fields: Mapping[str, Any], series: FileSeries) -> dict[str, Any]:
        columns = columns_of(series)
        body = answers.dump(
            {
                "schema": [["ts", "TIMESTAMP", 8], *([name, "DOUBLE", 8] for name in columns)],
                "data": [np.ascontiguousarray(column) for column in (series.times, *columns.values())],
                **fields,
            }
        )
        status, text = self._send("POST", route, body)
        try:
            answer = orjson.loads(text)
        except orjson.JSONDecodeError:
            answer = None
        if not isinstance(answer, dict) or "rows" not in answer:
            raise NodeGone(f"{self._url} answered HTTP {status} and no analysis: is it a node?")
        if answer["rows"] == -1:
            raise AlgorithmError(str(answer.get("msg") or "the node gave no reason"))
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
            return options.finite_number(self._question.given["timeout"]) + GRACE_S
        except (KeyError, ValueError):
            return WAIT_S + GRACE_S


_ENVELOPE = ("algo", "option", "res", "rows", "mask", "scores", "period", "mse")

"""Has series analysed by a node, over the protocol that TDengine speaks."""

from __future__ import annotations

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
from appliance.transport.http import Answer, Client, Failed, NoAnswerInTime
from kernels.contract import Algorithm, AlgorithmError, Detection, Forecast

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

    def __init__(self, url: str, question: Question) -> None:
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            usable = parts.scheme == "http" and parts.hostname and parts.port != 0
        except ValueError as error:
            raise FileError(f"--url {url}: {error}") from error
        if not usable:
            raise FileError(f"--url {url}: a node's address is expected, such as http://127.0.0.1:6090")
        self._place, self._url, self._question = parts, f"http://{parts.netloc}", question
        self._client = Client(connect_s=CONNECT_S, max_answer=MAX_ANSWER, kept=KEPT)
        self._halted = threading.Event()

    def halt(self) -> None:
        """Wait no longer for answers."""
        self._halted.set()

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

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
            return options.finite_number(self._question.given["timeout"]) + GRACE_S
        except (KeyError, ValueError):
            return WAIT_S + GRACE_S


_ENVELOPE = ("algo", "option", "res", "rows", "mask", "scores", "period", "mse")

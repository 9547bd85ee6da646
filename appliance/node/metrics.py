"""Counts for Prometheus, of all worker processes together.

Kept like the scoreboard: in shared memory, one row for each worker process, written by that worker alone and never
cleared. A worker that is killed takes no count with it, and there are no files to clean up. Within a row every
combination of labels is a record of its own; the reader adds up the records of all rows.
"""

from __future__ import annotations

import platform
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

import numpy as np

from appliance.node.refusals import Notebook, Refusals
from appliance.node.scoreboard import ROWS, Scoreboard, shared_table

OUTCOMES = ("ok", "refused", "busy", "gone", "error")
UNKNOWN = "unknown"  # stands for every algorithm that the node does not have
MODEL_SERVER = "model server"  # in the place of the endpoint: a question of this node to a model server
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # of `exposition`

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
SERIES = 1024  # combinations of labels that one worker tells apart
_KEY_BYTES = 160  # endpoint, algorithm (at most 63 bytes) and outcome

Labels = tuple[str, str, str]  # endpoint, algorithm, outcome
_OVERFLOW: Labels = ("other", UNKNOWN, "ok")


class Metrics:
    """The table; rows as in the scoreboard.

    refusals : the last requests without a result, which are told rather than counted.
    """

    def __init__(self, rows: int = ROWS, series: int = SERIES) -> None:
        layout = np.dtype(
            [
                ("labels", f"S{_KEY_BYTES}"),
                ("seconds", np.float64),
                ("rows", np.int64),
                ("buckets", np.int64, (len(BUCKETS_S) + 1,)),
                ("named", np.int64),  # the labels are complete
            ],
            align=True,
        )
        self._table, self.refusals = shared_table(layout, (rows, series)), Refusals(rows)

    def recorder(self, row: int) -> Recorder:
        """Return what a worker records with; `row` as reserved in the scoreboard."""
        return Recorder(self._table[row], self.refusals.notebook(row))

    def totals(self) -> dict[Labels, tuple[list[int], float, int]]:
        """Return, for each combination of labels: requests by bucket, seconds spent, rows of data."""
        found: dict[Labels, tuple[list[int], float, int]] = {}
        for row in self._table:
            for series in _used(row):
                labels = _labels(series)
                buckets, seconds, rows = found.get(labels, ([0] * (len(BUCKETS_S) + 1), 0.0, 0))
                more = [have + int(new) for have, new in zip(buckets, series["buckets"], strict=True)]
                found[labels] = more, seconds + float(series["seconds"]), rows + int(series["rows"])
        return found


class Recorder:
    """A worker's own row; every thread of the worker may record."""

    def __init__(self, row: Any, notebook: Notebook) -> None:
        self._row = row
        self.note = notebook.note
        self._lock = threading.Lock()
        self._places = {_labels(series): place for place, series in enumerate(_used(row))}
        # views of single fields: several times as fast as a record
        self._seconds, self._rows, self._buckets = row["seconds"], row["rows"], row["buckets"]

    def observe(self, endpoint: str, algorithm: str, outcome: str, seconds: float, rows: int) -> None:
        """Count one answered request.

        Parameters
        ----------
        endpoint : the path of a route of this node, "other", or `MODEL_SERVER`.
        algorithm : a name of the catalogue, `UNKNOWN`, or "" where an endpoint has none.
        outcome : one of `OUTCOMES`.
        """
        bucket = bisect_left(BUCKETS_S, seconds)
        with self._lock:
            place = self._places.get((endpoint, algorithm, outcome))
            if place is None:
                place = self._add((endpoint, algorithm, outcome))
            self._seconds[place] += seconds
            self._rows[place] += rows
            self._buckets[place, bucket] += 1

    def _add(self, labels: Labels) -> int:
        if len(self._places) >= len(self._row) - 1:
            labels = _OVERFLOW  # the last record is kept for it
            if labels in self._places:
                return self._places[labels]
        place = len(self._places)
        self._row[place]["labels"] = "\n".join(labels).encode()
        self._row[place]["named"] = 1
        self._places[labels] = place
        return place


def exposition(metrics: Metrics, scoreboard: Scoreboard) -> bytes:
    """Write what was counted in Prometheus' text format, version 0.0.4."""
    return "".join(f"{line}\n" for line in _lines(metrics.totals(), scoreboard)).encode()


def _lines(totals: Mapping[Labels, tuple[list[int], float, int]], scoreboard: Scoreboard) -> Iterator[str]:
    build = {"version": version("taosanode"), "python": platform.python_version(), "numba": version("numba")}
    yield from family("taosanode_build_info", "gauge", "what runs here", [(build, 1)])

    passed_on = {labels: counted for labels, counted in totals.items() if labels[0] == MODEL_SERVER}
    yield from _model_servers(passed_on)
    totals = {labels: counted for labels, counted in totals.items() if labels not in passed_on}
    requests = [(_named(labels), sum(counted[0])) for labels, counted in sorted(totals.items())]
    yield from family("taosanode_requests_total", "counter", "requests answered", requests)

    together: dict[tuple[str, str], tuple[Any, float, int]] = defaultdict(lambda: (0, 0.0, 0))
    for (endpoint, algorithm, _), (buckets, seconds, rows) in totals.items():
        before = together[endpoint, algorithm]
        together[endpoint, algorithm] = before[0] + np.array(buckets), before[1] + seconds, before[2] + rows
    yield from _histograms(
        "taosanode_request_seconds",
        "time from the complete request to its answer",
        [(_named(labels), counted[0], counted[1]) for labels, counted in sorted(together.items())],
    )
    data = [(_named(labels), counted[2]) for labels, counted in sorted(together.items()) if counted[2]]
    yield from family("taosanode_rows_total", "counter", "rows of data received", data)

    turned_away = scoreboard.turned_away()
    yield from family(
        "taosanode_connections_refused_total", "counter", "closed: not in allow-from", [({}, turned_away)]
    )

    workers = scoreboard.workers()
    for name, kind, text, value in (
        ("workers", "gauge", "worker processes", len(workers)),
        ("slots_busy", "gauge", "analyses running now", sum(worker.slots_busy for worker in workers)),
        ("queue_length", "gauge", "analyses waiting for a slot now", sum(worker.queued for worker in workers)),
    ):
        yield from family(f"taosanode_{name}", kind, text, [({}, value)])


def _model_servers(totals: Mapping[Labels, tuple[list[int], float, int]]) -> Iterator[str]:
    requests = [({"model": model, "outcome": end}, sum(one[0])) for (_, model, end), one in sorted(totals.items())]
    yield from family("taosanode_model_server_requests_total", "counter", "questions to model servers", requests)
    together: dict[str, tuple[Any, float]] = defaultdict(lambda: (0, 0.0))
    for (_, model, _), (buckets, seconds, _) in totals.items():
        together[model] = together[model][0] + np.array(buckets), together[model][1] + seconds
    yield from _histograms(
        "taosanode_model_server_seconds",
        "time from a question to a model server to its answer",
        [({"model": model}, *counted) for model, counted in sorted(together.items())],
    )


def _histograms(name: str, text: str, series: Iterable[tuple[Mapping[str, str], Any, float]]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} histogram"
    for given, buckets, seconds in series:
        for bound, count in zip((*map(repr, BUCKETS_S), "+Inf"), np.cumsum(buckets), strict=True):
            yield f"{name}_bucket{_written({**given, 'le': bound})} {count}"
        yield f"{name}_sum{_written(given)} {seconds!r}"
        yield f"{name}_count{_written(given)} {sum(buckets)}"


def family(name: str, kind: str, text: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    """Yield the lines of one metric: its description, and a value for each set of labels."""
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        yield f"{name}{_written(labels)} {value}"


def _named(labels: Iterable[str]) -> dict[str, str]:
    return {name: value for name, value in zip(("endpoint", "algorithm", "outcome"), labels, strict=False) if value}


def _written(labels: Mapping[str, str]) -> str:
    escaped = {k: v.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for k, v in labels.items()}
    pairs = ",".join(f'{name}="{value}"' for name, value in escaped.items())
    return f"{{{pairs}}}" if pairs else ""


def _used(row: Any) -> Iterator[Any]:
    for series in row:
        if not series["named"]:
            return
        yield series


def _labels(series: Any) -> Labels:
    endpoint, algorithm, outcome = bytes(series["labels"]).decode().split("\n")
    return endpoint, algorithm, outcome

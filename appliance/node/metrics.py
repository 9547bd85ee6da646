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
        endpoint : the path of a route of this node, or "other".
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
    """Write everything in Prometheus' text format, version 0.0.4."""
    return "".join(f"{line}\n" for line in _lines(metrics.totals(), scoreboard)).encode()


def _lines(totals: Mapping[Labels, tuple[list[int], float, int]], scoreboard: Scoreboard) -> Iterator[str]:
    build = {"version": version("taosanode"), "python": platform.python_version(), "numba": version("numba")}
    yield from _family("build_info", "gauge", "what runs here", [(build, 1)])

    requests = [(_named(labels), sum(counted[0])) for labels, counted in sorted(totals.items())]
    yield from _family("requests_total", "counter", "requests answered", requests)

    together: dict[tuple[str, str], tuple[Any, float, int]] = defaultdict(lambda: (0, 0.0, 0))
    for (endpoint, algorithm, _), (buckets, seconds, rows) in totals.items():
        before = together[endpoint, algorithm]
        together[endpoint, algorithm] = before[0] + np.array(buckets), before[1] + seconds, before[2] + rows
    yield from _histograms({labels: (counted[0], counted[1]) for labels, counted in sorted(together.items())})
    data = [(_named(labels), counted[2]) for labels, counted in sorted(together.items()) if counted[2]]
    yield from _family("rows_total", "counter", "rows of data received", data)

    turned_away = scoreboard.turned_away()
    yield from _family("connections_refused_total", "counter", "closed: not in allow-from", [({}, turned_away)])

    workers = scoreboard.workers()
    for name, kind, text, value in (
        ("workers", "gauge", "worker processes", len(workers)),
        ("slots_busy", "gauge", "analyses running now", sum(worker.slots_busy for worker in workers)),
        ("queue_length", "gauge", "analyses waiting for a slot now", sum(worker.queued for worker in workers)),
    ):
        yield from _family(name, kind, text, [({}, value)])


def _histograms(series: Mapping[tuple[str, str], tuple[Any, float]]) -> Iterator[str]:
    name = "taosanode_request_seconds"
    yield f"# HELP {name} time from the complete request to its answer"
    yield f"# TYPE {name} histogram"
    for labels, (buckets, seconds) in series.items():
        given = _named(labels)
        for bound, count in zip((*map(repr, BUCKETS_S), "+Inf"), np.cumsum(buckets), strict=True):
            yield f"{name}_bucket{_written({**given, 'le': bound})} {count}"
        yield f"{name}_sum{_written(given)} {seconds!r}"
        yield f"{name}_count{_written(given)} {sum(buckets)}"


def _family(name: str, kind: str, text: str, samples: Iterable[tuple[Mapping[str, str], int]]) -> Iterator[str]:
    yield f"# HELP taosanode_{name} {text}"
    yield f"# TYPE taosanode_{name} {kind}"
    for labels, value in samples:
        yield f"taosanode_{name}{_written(labels)} {value}"


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

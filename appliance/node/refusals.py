"""The last requests that got no result, with what they were told: the newest of every worker, in shared memory.

Kept as the metrics are: a row for each worker process, written by that worker alone, read by all.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np

from appliance.node.scoreboard import ROWS, shared_table
from appliance.protocol.shapes import INTEGER, TEXT, object_of, said

KEPT = 16  # of each worker
_TEXTS = {"endpoint": 32, "algorithm": 63, "outcome": 8, "message": 400}  # bytes; longer ones are cut

# the shape of what is told of each
TOLD = object_of({"time": said(INTEGER, "milliseconds since 1970"), "rows": INTEGER, **dict.fromkeys(_TEXTS, TEXT)})


class Refusals:
    """The table; rows as in the scoreboard."""

    def __init__(self, rows: int = ROWS) -> None:
        layout = [("time", np.float64), ("rows", np.int64), *((name, f"S{size}") for name, size in _TEXTS.items())]
        self._table = shared_table(np.dtype(layout), (rows, KEPT))

    def notebook(self, row: int) -> Notebook:
        """Return what a worker writes them down in."""
        return Notebook(self._table[row])

    def newest(self) -> list[dict[str, Any]]:
        """Return those of all workers, the newest first; `time` in milliseconds since 1970."""
        noted = self._table[self._table["time"] > 0]
        return [_told(record) for record in noted[np.argsort(-noted["time"], kind="stable")]]


class Notebook:
    """A worker's own row; every thread of the worker may write."""

    def __init__(self, row: Any) -> None:
        self._row, self._lock = row, threading.Lock()
        self._next = int(np.argmin(row["time"]))  # goes on where the worker before this one ended

    def note(self, endpoint: str, algorithm: str, rows: int, outcome: str, message: str) -> None:
        """Write one down in place of the oldest."""
        texts = (endpoint, algorithm, outcome, message)
        cut = [text.encode("utf-8", "replace")[:size] for text, size in zip(texts, _TEXTS.values(), strict=True)]
        with self._lock:
            self._row[self._next] = (time.time() * 1e3, rows, *cut)
            self._next = (self._next + 1) % KEPT


def _told(record: Any) -> dict[str, Any]:
    texts = {name: bytes(record[name]).decode(errors="ignore") for name in _TEXTS}
    return {"time": int(record["time"]), "rows": int(record["rows"]), **texts}

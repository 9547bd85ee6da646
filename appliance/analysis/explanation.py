"""What speaks for each window of a detection: what was expected in it, and which normal rows are most like it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from kernels.contract import Detection, Json, Series, Task
from kernels.explained import Explained
from kernels.numerics.centring import Centred

EXPLAINED = "explained"
MOST = 200  # windows, the first ones; more are no anomalies
LEAST_STRETCH = 16  # rows that are compared
FINENESS, PLACES = 8, 4096  # a stretch begins every so many-th of its length, at so many places at most


def with_explanations(task: Task, answer: Detection, runs: Sequence[tuple[int, int]]) -> Detection:
    """Return an answer whose `extra` has ``explained``, an entry for each of the first windows.

    Parameters
    ----------
    runs : the first row of each window, and the one after it.

    Returns
    -------
    Detection
        Each entry of ``explained`` has, as far as it is known:
        nearest : first and last time of the rows that are most like the window, and those around it if it is short,
            and hold no anomaly; levels and sizes count.
        expected : for each column, by its name, ``value``, ``low`` and ``high`` of every row of the window.
    """
    columns = [Centred.of(values).values for values in task.columns.values()]
    table = np.column_stack([column / (float(column.std()) or 1.0) for column in columns])  # (rows, columns)
    flagged = np.concatenate(([0], np.cumsum(answer.flags != 1)))
    told = [_nearest(task, table, flagged, *run) | _expected(task, answer, *run) for run in runs[:MOST]]
    return dataclasses.replace(answer, extra={**answer.extra, EXPLAINED: told})


def _expected(task: Task, answer: Detection, begin: int, end: int) -> dict[str, Json]:
    if not isinstance(answer, Explained):
        return {}
    return {
        "expected": {
            name: {what: getattr(one, what)[begin:end].tolist() for what in ("value", "low", "high")}
            for name, one in zip(task.columns, answer.expected, strict=True)
        }
    }


def _nearest(task: Task, table: Series, flagged: Series, begin: int, end: int) -> dict[str, Json]:
    """Return where the most similar rows are that hold none that is flagged; nothing where there are none."""
    rows = len(table)
    length = min(max(end - begin, LEAST_STRETCH), rows)
    first = min(max(begin - (length - (end - begin)) // 2, 0), rows - length)
    places = np.arange(0, rows - length + 1, max(1, length // FINENESS, rows // PLACES))
    places = places[flagged[places + length] == flagged[places]]
    if not len(places):
        return {}
    away = np.zeros(len(places))
    for column in table.T:
        stretches = np.lib.stride_tricks.sliding_window_view(column, length)[places]  # (places, length)
        away += np.sum((stretches - column[first : first + length]) ** 2, axis=1)
    at = int(places[np.argmin(away)])
    return {"nearest": [int(task.times[at]), int(task.times[at + length - 1])]}

"""What a detector says of the newest rows without a look at what comes after each of them.

A detector that looks at a whole series judges a row by its future too. Here it is asked about the series up to each of
the newest rows, and only what it says of the last row each time is told: as an alarm would have come.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Algorithm, AlgorithmError, Detection, Json, Task
from kernels.explained import Expected, Explained

MOST = 1000  # rows that are judged: each costs a look at the whole series before it
REASONS = "reasons"


def judged(algorithm: Algorithm, task: Task, params: Any, newest: int) -> Detection:
    """Return the answer about so many of the newest rows; the others are normal, and their score is 0.

    Parameters
    ----------
    newest : 1 to the number of rows.

    Returns
    -------
    Detection
        What is expected of older rows, and the extra keys, are those of the whole series; of ``reasons`` those of the
        rows that are told, as they were known then.

    Raises
    ------
    AlgorithmError : what the algorithm raises for the series up to any of these rows; out of time.
    """
    rows = len(task.series)
    flags, score = np.ones(rows, np.int8), np.zeros(rows)
    reasons: dict[int, Json] = {}
    expected: list[tuple[Expected, ...]] = []
    by: dict[str, NDArray[np.bool_]] = {}
    for row in range(rows - newest, rows):
        if task.out_of_time():
            raise AlgorithmError(f"the time is up after {row - rows + newest} of the {newest} rows of only_last")
        answer = _up_to(algorithm, task, params, row)
        flags[row], score[row] = answer.flags[row], answer.score[row]
        if answer.flags[row] != 1 and answer.extra.get(REASONS):
            reasons[row] = answer.extra[REASONS][-1]  # of the window that ends here
        if isinstance(answer, Explained):
            expected.append(answer.expected)
            for name, found_in in answer.by.items():
                by.setdefault(name, np.zeros(rows, np.bool_))[row] = found_in[row]
    extra = dict(answer.extra)
    if REASONS in extra:
        ends = np.flatnonzero((flags != 1) & (np.append(flags[1:], 1) != flags))
        extra[REASONS] = [reasons[row] for row in ends.tolist() if row in reasons]
    found = dataclasses.replace(answer, flags=flags, score=score, extra=extra)
    if isinstance(found, Explained):
        told = tuple(_then(columns) for columns in zip(*expected, strict=True))
        found = dataclasses.replace(found, expected=told, by=by)
    return found


def _up_to(algorithm: Algorithm, task: Task, params: Any, row: int) -> Detection:
    end = row + 1
    columns = {name: values[:end] for name, values in task.columns.items()}
    answer = algorithm.run(dataclasses.replace(task, columns=columns, times=task.times[:end]), params)
    if not isinstance(answer, Detection):
        raise AlgorithmError(f"a Detection is expected, got {type(answer).__name__}")
    return answer


def _then(answers: tuple[Expected, ...]) -> Expected:
    """Return what was expected of each of the newest rows when it was the last, of older rows what is expected now."""
    last = answers[-1]
    told = []
    for name in ("value", "low", "high"):
        values = getattr(last, name).copy()
        values[-len(answers) :] = [getattr(each, name)[-1] for each in answers]
        told.append(values)
    return Expected(*told)

"""Events: runs of unusual rows, those near each other joined, as row ranges [begin, end)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Flags, Series

Events = NDArray[np.int64]  # (events, 2), in order


@kernel("i8[:,::1](b1[::1], i8)")
def join_runs(unusual: NDArray[np.bool_], gap: int) -> Events:
    """Return the runs of true rows; those with fewer than `gap` >= 1 rows between them are one event."""
    n = unusual.shape[0]
    found = np.empty((n // 2 + 1, 2), np.int64)
    count = 0
    for i in range(n):
        if not unusual[i]:
            continue
        if count > 0 and i - found[count - 1, 1] < gap:
            found[count - 1, 1] = i + 1
        else:
            found[count, 0], found[count, 1] = i, i + 1
            count += 1
    return found[:count].copy()


@kernel("Tuple((i8[:,::1], i1[::1]))(i1[::1])")
def coded_runs(codes: Flags) -> tuple[Events, Flags]:
    """Return the maximal runs of one code other than 1, which is that of normal rows, and the code of each."""
    n = codes.shape[0]
    count = 0
    for i in range(n):
        count += codes[i] != 1 and (i == 0 or codes[i] != codes[i - 1])
    found, code = np.empty((count, 2), np.int64), np.empty(count, np.int8)
    at = -1
    for i in range(n):
        if codes[i] != 1:
            if i == 0 or codes[i] != codes[i - 1]:
                at += 1
                found[at, 0], code[at] = i, codes[i]
            found[at, 1] = i + 1
    return found, code


@kernel("i8[::1](i8[:,::1], f8[::1])")
def peaks(events: Events, score: Series) -> NDArray[np.int64]:
    """Return the row with the highest score of each event, the first of equal ones."""
    found = np.empty(events.shape[0], np.int64)
    for e in range(events.shape[0]):
        top = events[e, 0]
        for i in range(events[e, 0], events[e, 1]):
            if score[i] > score[top]:
                top = i
        found[e] = top
    return found


def strongest(events: Events, score: Series, most: int) -> Events:
    """Return at most so many of the events, those with the highest scores, in order."""
    if len(events) <= most:
        return events
    order = np.argsort(-score[peaks(events, score)], kind="stable")
    return np.ascontiguousarray(events[np.sort(order[:most])])


def strongest_rows(events: Events, score: Series, most: int) -> Events:
    """Return the events with the highest scores, in order, as long as they have at most so many rows; at least one."""
    order = np.argsort(-score[peaks(events, score)], kind="stable")
    rows = np.cumsum((events[:, 1] - events[:, 0])[order])
    kept = order[: max(1, int(np.searchsorted(rows, most, side="right")))]
    return np.ascontiguousarray(events[np.sort(kept)])


def trimmed(events: Events, score: Series, rows: int) -> Events:
    """Return the events without so many rows at both ends, but with their peak and the rows beside it."""
    top = peaks(events, score)
    begin, end = events.T
    return np.column_stack(
        (np.minimum(begin + rows, np.maximum(top - 1, begin)), np.maximum(end - rows, np.minimum(top + 2, end)))
    )


def without(events: Events, others: Events) -> Events:
    """Return the events that share no row with any of the others."""
    if not len(others):
        return events
    begin, end = events.T
    first = np.searchsorted(others[:, 1], begin, side="right")  # of those that do not end before
    meets = (first < len(others)) & (others[np.minimum(first, len(others) - 1), 0] < end)
    return np.ascontiguousarray(events[~meets])


@kernel("i1[::1](i8[:,::1], i8)")
def flags_of(events: Events, n: int) -> Flags:
    """Return the codes of n rows: -1 within an event, else 1."""
    flags = np.ones(n, np.int8)
    for e in range(events.shape[0]):
        flags[events[e, 0] : events[e, 1]] = -1
    return flags

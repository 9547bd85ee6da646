"""Answers about pieces of a series that overlap, as one answer about all of it.

Where two pieces overlap, the rows before a seam are as the earlier piece says, those from it on as the later one says.
A seam is a row that both call normal, so that no window is cut.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Detection, Json, Series
from kernels.explained import Expected, Explained


def seam(earlier: Detection, later: Detection) -> int:
    """Return the row from which the later of two answers about the same rows counts: 0 to the number of rows - 1.

    It is the one nearest to the middle that both call normal, and the middle where there is none.
    """
    middle = len(earlier.flags) // 2
    normal = np.flatnonzero((earlier.flags == 1) & (later.flags == 1))
    return int(normal[np.argmin(np.abs(normal - middle))]) if len(normal) else middle


def joined(parts: Iterable[Detection], rows: int) -> Detection:
    """Return one answer from those about parts of a series that follow each other; one at a time is held.

    Parameters
    ----------
    parts : of `rows` rows together, at least one.

    Returns
    -------
    Detection
        ``extra`` has what all parts agree on. What is expected is nan in parts that do not tell it.
    """
    flags, score = np.ones(rows, np.int8), np.zeros(rows)
    expected: list[Series] = []
    by: dict[str, NDArray[np.bool_]] = {}
    extra: dict[str, Json] | None = None
    end = 0
    for part in parts:
        begin, end = end, end + len(part.flags)
        flags[begin:end], score[begin:end] = part.flags, part.score
        extra = dict(part.extra) if extra is None else {k: v for k, v in extra.items() if part.extra.get(k) == v}
        if isinstance(part, Explained):
            expected = expected or [np.full((3, rows), np.nan) for _ in part.expected]
            for whole, one in zip(expected, part.expected, strict=True):
                whole[:, begin:end] = one.value, one.low, one.high
            for name, found in part.by.items():
                by.setdefault(name, np.zeros(rows, np.bool_))[begin:end] = found
    if not expected:
        return Detection(flags, score, extra or {})
    return Explained(flags, score, extra or {}, tuple(Expected(*whole) for whole in expected), by)

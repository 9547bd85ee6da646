"""What a plot shows of an answer, whatever it is drawn with."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kernels.contract import Series, Times


@dataclass(frozen=True, slots=True)
class Line:
    """A line besides that of the series, with a band around it: int64 and float64, all (k,).

    band : what the band is called, "" where there is none.
    """

    name: str
    times: Times
    value: Series
    low: Series
    high: Series
    band: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """Single rows that are marked: int64 and float64, both (k,)."""

    name: str
    times: Times
    values: Series


@dataclass(frozen=True, slots=True)
class Picture:
    """One column of one series, and what was found out about it.

    said : how much was found, in words.
    briefly : the same in few words, for a terminal.
    shown : how many of the last rows are shown.
    windows : int64 (k, 2), first and last time of what is shaded; window : what that is called.
    points : marked on top of the line.
    line : drawn besides it; border : whether what is known ends where it begins.
    """

    said: str
    shown: int
    briefly: str = ""
    windows: Times = field(default_factory=lambda: np.empty((0, 2), np.int64))
    window: str = ""
    points: Points | None = None
    line: Line | None = None
    border: bool = False


def counted(number: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {what}{'s' if number != 1 else ''}"

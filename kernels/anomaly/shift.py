"""Shift: flag the rows at which a series changes for good: its level, its slope, or the spread around them.

One row for one change, not the half of the series behind it. What moves by chance because rows depend on each other, as
in a random walk, is no change: the series itself tells how much means of so many rows move.

Source: R. Killick, P. Fearnhead and I. A. Eckley, "Optimal detection of changepoints with a linear computational cost",
Journal of the American Statistical Association 107 (2012), for the places; R. Baranowski, Y. Chen and P. Fryzlewicz,
"Narrowest-over-threshold detection of multiple change points and change-point-like features", Journal of the Royal
Statistical Society B 81 (2019), for looking at a change from near first.    Cost: O(n log n).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from kernels.anomaly import _changes
from kernels.anomaly._changes import LEVELS, Change
from kernels.anomaly._cycles import period_option, season_of
from kernels.anomaly._findings import Finding, Reading, detection, place
from kernels.contract import ANOMALY, Algorithm, Detection, Json, Needs, Series, Task, as_columns
from kernels.numerics.centring import Centred
from kernels.numerics.events import join_runs, peaks
from kernels.numerics.period import Season
from kernels.options import Options, option

LEAST_ROWS = 32
SAME = 2  # changes nearer than what one lasts over this are one event
LEAST_LASTING = 16
SEGMENTS = 8  # in a series, at least


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of shift."""

    period: Season = period_option()
    alpha: float = option(0.05, "probability that a column without changes has one, about", gt=0, lt=1)
    least: float = option(
        0.5, "smallest change: of a level in spreads of the rows around it; a spread changes by that share", ge=0
    )
    lasting: int = option(0, "rows that a change lasts; 0: twice the root of all rows, 16 or a season at least", ge=0)


@dataclass(frozen=True, slots=True)
class Shifts:
    """The changes of a column, in order, and how sure each evidence makes one."""

    changes: tuple[Change, ...]

    def certainty(self, score: float) -> float:
        """Return the probability that no change of a score is chance in a column without any."""
        return max(change.certainty for change in self.changes if change.evidence <= score)


def find(column: Centred, season: int, params: Params = Params()) -> tuple[Finding, Shifts]:  # noqa: B008  (frozen)
    """Find the changes of one column of n >= 32 rows: an event of one row where they begin."""
    n = len(column.values)
    lasting = min(params.lasting or max(LEAST_LASTING, 2 * isqrt(n), season), n // SEGMENTS)
    found = _changes.changes(column, season, lasting, params.alpha, params.least)
    score = np.zeros(n)
    for change in found:
        score[change.row] = max(score[change.row], change.evidence)
    near = join_runs(score > 0.0, max(1, lasting // SAME))
    rows = peaks(near, score)
    shifts = Shifts(tuple(found))
    return Finding(np.column_stack((rows, rows + 1)), (Reading("shift", score, 1.0, shifts),), 1, n), shifts


def told(task: Task, columns: Sequence[Centred], shifts: Sequence[Shifts]) -> list[dict[str, Json]]:
    """Return the changes of all columns for an answer, in order, in units of the series."""
    return [
        place(task, name, change.row) | _in_units(column, change)
        for change, name, column in sorted(
            (
                (change, name, column)
                for name, column, found in zip(task.columns, columns, shifts, strict=True)
                for change in found.changes
            ),
            key=lambda each: each[0].row,
        )
    ]


def _in_units(column: Centred, change: Change) -> dict[str, Json]:
    values: Series = np.array([change.before, change.after])
    before, after = (column.back if change.kind == LEVELS else column.sized)(values).tolist()
    (size,) = column.sized(np.diff(values)).tolist()
    return {"kind": change.kind, "before": before, "after": after, "size": size, "certainty": change.certainty}


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the rows at which a column changes for good.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 32, finite, any units. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): the evidence of a change in a row over the one that chance reaches; 0 where none is.
        extra : ``period``, the season of the first column, 0 for none; ``reasons``, one for each window; ``changes``,
        all there are, in order: row, time and column as in the reasons, ``kind`` (level, slope, spread), ``before`` and
        ``after`` (of a level without season; of a slope per row; of a spread as a standard deviation), ``size`` (the
        difference) and ``certainty``. Changes near each other share a window.

    Raises
    ------
    TooShort : n < 32.
    """
    columns = [Centred.of(column) for column in as_columns(task.table, at_least=LEAST_ROWS).T]
    seasons = [season_of(column.values, params.period) for column in columns]
    findings, shifts = zip(*(find(*each, params) for each in zip(columns, seasons, strict=True)), strict=True)
    return detection(task, findings, extra={"period": seasons[0], "changes": told(task, columns, shifts)})


ALGORITHM = Algorithm(
    "shift",
    "lasting changes of level, slope or spread, one row for each",
    ANOMALY,
    Params,
    detect,
    Needs(columns="many", rows=LEAST_ROWS),
)

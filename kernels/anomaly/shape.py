"""Shape: flag stretches unlike the rest of the series: forms, levels, bursts, cycles that are missing.

Every window is compared with windows of the same series, one cycle long and two, with its size and without; how far
off is unusual follows from how far off the series' own stretches usually are. Nothing is learned beforehand.

Source: T. Idé and others call the distance to the other windows of a series its profile: C.-C. M. Yeh et al., "Matrix
profile I", ICDM (2016); here of the third neighbour in a sample, of several views, with a bound from block maxima
(`kernels.numerics.alarms`).    Cost: O(n) for n rows or more than 512, with 512 references of up to 24 values each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels.anomaly._cycles import STRETCHES, Cycles, period_option
from kernels.anomaly._findings import Finding, Reading, detection
from kernels.anomaly._shape_views import profile
from kernels.contract import ANOMALY, Algorithm, Detection, Needs, Series, Task, as_columns
from kernels.numerics.alarms import Bounds, maxima
from kernels.numerics.centring import Centred
from kernels.numerics.events import flags_of, join_runs, strongest, trimmed
from kernels.numerics.period import Season
from kernels.numerics.quantiles import median
from kernels.options import Options, option

LEAST_ROWS = 64
LEAST_WINDOW = 8


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of shape."""

    period: Season = period_option()
    sensitivity: float = option(
        2.5, "spreads above the usual stretch from which on one is unusual; lower finds more", gt=0
    )
    alarms: float = option(
        1.5, "usual stretches in 10 000 rows that may be flagged; a series counts as 40 000 rows or more", gt=0
    )
    share: float = option(0.05, "most of the series that is flagged, in events of one window", gt=0, le=0.5)
    window: int = option(0, "rows of a stretch, also looked at twice as long; 0: one cycle, or 64", ge=0)


def find(column: Centred, cycles: Cycles, params: Params = Params()) -> Finding:  # noqa: B008  (frozen, no state)
    """Find the unusual stretches of one column of n >= 64 rows."""
    x, n, stretch = column.values, cycles.rows, cycles.stretch
    spread = float(x.std())
    if spread <= column.rounding:
        return Finding(np.empty((0, 2), np.int64), (), stretch, n)
    usual = params.window or cycles.usual
    short, long = (max(LEAST_WINDOW, min(rows, n // STRETCHES)) for rows in (usual, 2 * usual))

    def view(rows: int, sized: bool) -> Series:
        distance = profile(x, rows, sized, column.rounding / spread)
        return np.log(distance / median(maxima(distance, stretch)))

    long_form = view(long, False)
    sized = _mean_of(view(short, True), view(long, True), long_form)
    bounds = Bounds.of(sized, stretch)
    readings = [Reading("shape", sized, max(bounds.usual(params.sensitivity), bounds.tail(params.alarms)), bounds)]
    if cycles.rhythm:  # without one, forms are those of noise
        form = _mean_of(view(short, False), long_form)
        bounds = Bounds.of(form, stretch)
        readings.append(Reading("shape", form, bounds.usual(params.sensitivity), bounds))
    most = max(1, int(params.share * n / stretch))
    unusual = np.zeros(n, np.bool_)
    for reading in readings:
        found = strongest(join_runs(reading.score > reading.bound, stretch), reading.score, most)
        unusual |= flags_of(trimmed(found, reading.score, stretch // 2), n) < 0
    return Finding(join_runs(unusual, stretch), tuple(readings), stretch, n)


def _mean_of(*logs: Series) -> Series:
    """Return the geometric mean: no view alone makes a stretch unusual."""
    mean: Series = np.exp(sum(logs) / len(logs))
    return mean


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the unusual stretches of every column.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 64, finite, any units. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): how far off the windows around a row are, over the bound; beyond 1 it is unusual. A stretch
        is flagged without the edges that only touch it, and not more than `share` of all.
        extra : ``period``, the cycle of the first column, 0 for none; ``reasons``, one for each window.

    Raises
    ------
    TooShort : n < 64.
    """
    columns = [Centred.of(column) for column in as_columns(task.table, at_least=LEAST_ROWS).T]
    cycles = [Cycles.of(column.values, params.period) for column in columns]
    findings = [find(column, cycle, params) for column, cycle in zip(columns, cycles, strict=True)]
    return detection(task, findings, extra={"period": cycles[0].rhythm})


ALGORITHM = Algorithm(
    "shape",
    "stretches whose shape is unusual for the series",
    ANOMALY,
    Params,
    detect,
    Needs(columns="many", rows=LEAST_ROWS),
)

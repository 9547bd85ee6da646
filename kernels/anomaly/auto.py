"""Auto: what to take when nobody knows which detector: single rows and whole stretches that are unusual for the series.

The union of `spike` and `shape`. They look at unlike things, so one seldom finds what the other does, and each keeps
its own number of false alarms. Where they meet, the event is the rows that `spike` names: a window is no sharper than
its width.

Source: see `spike` and `shape`; J. Paparrizos et al., "TSB-UAD", VLDB 15 (2022), for how unlike detectors complement
each other.    Cost: O(n log n).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kernels.anomaly import shape, spike
from kernels.anomaly._cycles import Cycles, period_option
from kernels.anomaly._findings import detection, union
from kernels.contract import ANOMALY, Algorithm, Detection, Needs, Task, as_columns
from kernels.numerics.centring import Centred
from kernels.numerics.events import without
from kernels.numerics.period import Season
from kernels.options import Options, option


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of auto."""

    period: Season = period_option()
    sensitivity: float = option(2.5, "of shape: lower finds more stretches", gt=0)
    least: float = option(4.5, "of spike: robust standard deviations below which no row is flagged", ge=0)
    alarms: float = option(
        2.0, "usual events in 10 000 rows that may be flagged; a series counts as 40 000 rows or more", gt=0
    )
    share: float = option(0.05, "of shape: most of the series that is flagged, in events of one window", gt=0, le=0.5)

    @property
    def of_shape(self) -> shape.Params:
        """The options that `shape` gets: seven in ten of the alarms."""
        return shape.Params(sensitivity=self.sensitivity, alarms=0.7 * self.alarms, share=self.share)

    @property
    def of_spike(self) -> spike.Params:
        """The options that `spike` gets."""
        return spike.Params(least=self.least, alarms=0.3 * self.alarms)


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag what is unusual in any column.

    Parameters
    ----------
    task : all its columns, float64 (n,) each, n >= 10, finite, any units. Not modified. Fewer than 64 rows are judged
        one by one only.

    Returns
    -------
    Detection
        score float64 (n,): the larger of both detectors'; beyond 1 a row is unusual.
        extra : ``period``, the cycle of the first column, 0 for none; ``reasons``, one for each window: who finds it
        unusual, how sure that is, and the value that is farthest from what was expected.

    Raises
    ------
    TooShort : n < 10.
    """
    columns = [Centred.of(column) for column in as_columns(task.table, at_least=spike.LEAST_ROWS).T]
    cycles = [Cycles.of(column.values, params.period) for column in columns]
    findings, expected = [], []
    for column, cycle in zip(columns, cycles, strict=True):
        found, usual = spike.find(column, cycle, params.of_spike)
        if cycle.rows >= shape.LEAST_ROWS:
            whole = shape.find(column, cycle, params.of_shape)
            found = union(found, replace(whole, events=without(whole.events, found.events)))
        findings.append(found)
        expected.append(usual)
    return detection(task, findings, expected, {"period": cycles[0].rhythm})


ALGORITHM = Algorithm(
    "auto",
    "spikes and unusual stretches; what to take without knowing which",
    ANOMALY,
    Params,
    detect,
    Needs(columns="many", rows=spike.LEAST_ROWS),
)

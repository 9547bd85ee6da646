"""From what error on a row is unusual for the very series that an adaptive model has fitted itself to.

As `kernels.anomaly.shape` does it: by the highest errors of equal stretches, most of which are usual
(`kernels.numerics.alarms`). A tenth of unusual stretches or more would lift that bound above themselves, so where a
rhythm makes the stretches alike, those far off the usual one are taken for unusual however many they are.
Cost: O(n log n).
"""

from __future__ import annotations

import numpy as np

from kernels.contract import Flags, Series
from kernels.numerics.alarms import Bounds
from kernels.numerics.events import flags_of, join_runs, strongest_rows

SENSITIVITY = 2.5  # spreads above the usual stretch, at least
FAR_OFF = 5.0  # spreads above it, at most, where there is a rhythm
EXCESS = 1.3  # times the usual stretch, at least: what repeats exactly looks a little different at its ends
ALARMS = 2.0  # usual stretches in 10 000 rows that may be flagged
FLOOR = 0.05  # spreads of the series: a smaller error is none
MOST = 0.1  # of the rows are flagged
LEAST_STRETCH = 16
STRETCHES = 8  # in a series, at least
LEAST_ERROR = 1e-6  # so that it has a logarithm


def threshold(errors: Series, span: int, rhythmic: bool) -> float:
    """Return the error beyond which a row is unusual, >= `FLOOR`.

    Parameters
    ----------
    errors : float64 (n,), >= 0, of every row, in spreads of the series.
    span : rows of a window.
    rhythmic : whether the windows were cut to the length of a season.
    """
    stretch = max(1, min(max(LEAST_STRETCH, span), len(errors) // STRETCHES))
    bounds = Bounds.of(np.maximum(errors, LEAST_ERROR), stretch)
    rare = bounds.tail(ALARMS)
    if rhythmic:
        rare = min(rare, bounds.usual(FAR_OFF))
    return max(FLOOR, EXCESS * bounds.usual(0.0), bounds.usual(SENSITIVITY), rare)


def flags(score: Series, limit: float) -> Flags:
    """Return the codes of the rows with a score beyond the limit: of the runs of such rows the strongest."""
    events = join_runs(score > limit, 1)
    return flags_of(strongest_rows(events, score, int(MOST * len(score))), len(score))

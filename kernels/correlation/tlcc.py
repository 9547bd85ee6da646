"""Time-lagged cross-correlation: Pearson's coefficient at each of several lags.

Source: see `kernels.numerics.lagged`.    Cost: O(n log n), or O(n lags) where that is less.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels.contract import CORRELATION, Algorithm, BadParameter, BadSeries, Correlation, Needs, Task, as_pair
from kernels.numerics.lagged import coefficients
from kernels.options import Options, check, option


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of tlcc."""

    lag_start: int = option(-1, "first lag, in rows; at a lag > 0 the second column is behind the first")
    lag_end: int = option(1, "last lag, in rows")

    def __post_init__(self) -> None:
        """Hold the lags to each other; raises BadParameter."""
        check(self)
        if self.lag_start > self.lag_end:
            raise BadParameter(
                f"lag_start should be less than or equal to lag_end value, got {self.lag_start} and {self.lag_end}"
            )


def correlate(task: Task, params: Params = Params()) -> Correlation:  # noqa: B008  (frozen, no state)
    """Correlate two columns at each lag.

    Parameters
    ----------
    task : its two columns, float64 (n,), finite, any unit. Not modified.

    Returns
    -------
    Correlation
        lags, at_lags : (k,); 0 where a column does not vary. value, lag : those of the largest magnitude.

    Raises
    ------
    BadSeries : not two columns of one length, no values, too many lags for the time.
    BadParameter : a lag not below the number of rows.
    """
    x, y = as_pair(task, "tlcc", at_least=0)
    if not len(x) or not len(y):
        raise BadSeries("empty time-series data to perform TLCC")
    if len(x) != len(y):
        raise BadSeries(f"input lists are mismatch, tlcc values not return: {len(x)} and {len(y)} rows")
    if max(-params.lag_start, params.lag_end) >= len(x) or min(-params.lag_end, params.lag_start) <= -len(x):
        raise BadParameter(
            "lag_start/lag_end value out of range, should be less than list length, "
            f"got {params.lag_start} and {params.lag_end} for {len(x)} rows"
        )
    lags = np.arange(params.lag_start, params.lag_end + 1, dtype=np.int64)
    found = coefficients(x, y, lags, task.out_of_time)
    best = int(np.argmax(np.abs(found)))
    return Correlation(float(found[best]), lag=int(lags[best]), lags=lags, at_lags=found)


ALGORITHM = Algorithm(
    "tlcc",
    "time-lagged cross-correlation of two columns",
    CORRELATION,
    Params,
    correlate,
    Needs("two", noise_check=False),
)

"""The lag at which two columns correlate most, and whether that is more than chance.

Neighbouring rows that are alike make large coefficients likely. So the rows count as fewer: 1/n' = 1/n + 2/n sum of
(1 - j/n) r_xx(j) r_yy(j), j up to n/5. Since the largest of many lags is looked at, the bound is that of all of them,
as far as they are independent: neighbouring lags are alike as rows are, so n'/n of them are counted.
Source: B. J. Pyper and R. M. Peterman, "Comparison of methods to account for autocorrelation in correlation analyses of
fish data", Canadian Journal of Fisheries and Aquatic Sciences 55 (1998), eq. 1; Z. Sidak, "Rectangular confidence
regions for the means of multivariate normal distributions", JASA 62 (1967).    Cost: O(n log n).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1, log1p, sqrt
from typing import Literal

import numpy as np

from kernels.contract import CORRELATION, Algorithm, BadParameter, Correlation, Needs, Series, Task
from kernels.correlation.pearsonr import pair
from kernels.numerics.beta import coefficient_tail
from kernels.numerics.lagged import coefficients
from kernels.numerics.lagged_products import lagged_products
from kernels.numerics.student_t import upper_point
from kernels.options import Options, option

LEAST_ROWS = 8


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of xcorr_lag."""

    max_lag: int | Literal["auto"] = option("auto", "longest lag in either direction, in rows; auto: rows / 4", ge=0)
    conf: float = option(0.95, "probability that chance stays within the bound at all lags", gt=0, lt=1)


def correlate(task: Task, params: Params = Params()) -> Correlation:  # noqa: B008  (frozen, no state)
    """Find the lag of the largest coefficient.

    Parameters
    ----------
    task : its two columns, float64 (n,), n >= 8, finite, any unit. Not modified.

    Returns
    -------
    Correlation
        value, lag : coefficient and lag of the largest magnitude, of several the shortest lag. p_value : of as much at
        any of the lags. extra : ``bound``, what chance stays below, ``significant``, 0 or 1, ``effective_rows``.

    Raises
    ------
    BadSeries : not two columns of one length. TooShort : n < 8. BadParameter : a lag not below the number of rows.
    """
    x, y = pair(task, "xcorr_lag", at_least=LEAST_ROWS)
    n = len(x)
    most = n // 4 if params.max_lag == "auto" else params.max_lag
    if most >= n:
        raise BadParameter(f"max_lag must be less than the number of rows, {n}, got {most}")
    lags = np.arange(-most, most + 1, dtype=np.int64)
    lags = np.ascontiguousarray(lags[np.argsort(np.abs(lags), kind="stable")])
    found = coefficients(x, y, lags, task.out_of_time)
    best = int(np.argmax(np.abs(found)))
    value, lag = float(found[best]), int(lags[best])
    rows = _effective_rows(x, y) * (n - abs(lag)) / n
    freedom, independent = max(rows - 2.0, 1.0), max(len(lags) * rows / n, 1.0)
    chance = coefficient_tail(value, freedom)
    at_any = -expm1(log1p(-chance) * independent) if chance < 1.0 else 1.0
    t = upper_point(-expm1(log1p(params.conf - 1.0) / independent) / 2.0, freedom)
    bound = t / sqrt(freedom + t * t)
    extra = {"bound": bound, "significant": int(abs(value) > bound), "effective_rows": rows}
    return Correlation(value, lag=lag, p_value=at_any, extra=extra)


def _effective_rows(x: Series, y: Series) -> float:
    """Return how many independent rows would tell as much, 2 to n."""
    n = len(x)
    j = np.arange(1, n // 5 + 1)
    together = float(np.sum((1.0 - j / n) * _autocorrelation(x)[j] * _autocorrelation(y)[j]))
    return float(np.clip(n / max(1.0 + 2.0 * together, 1.0), 2.0, n))


def _autocorrelation(x: Series) -> Series:
    """Return the coefficients at the lags 0 to n - 1, over all rows; 0 where the series does not vary."""
    n = len(x)
    x = x / (np.abs(x).max() or 1.0)
    x = x - x.mean()
    found = lagged_products(x, n)
    return found / found[0] if found[0] > 0.0 else np.zeros(n)


ALGORITHM = Algorithm(
    "xcorr_lag",
    "the lag at which two columns correlate most, with a bound of chance",
    CORRELATION,
    Params,
    correlate,
    Needs("two", rows=LEAST_ROWS, noise_check=False),
)

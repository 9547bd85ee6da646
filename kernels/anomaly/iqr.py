"""Interquartile range rule: flag points outside Tukey's fences.

Source: J. W. Tukey, "Exploratory Data Analysis" (1977), section 2E; quartiles by linear interpolation.
Cost: O(n) time, O(n) memory.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import ANOMALY, Algorithm, Detection, Flags, Series, Task, as_series
from kernels.numerics.quantiles import quantile
from kernels.numerics.scaling import scale_to_unit
from kernels.options import NoOptions

FENCE = 1.5
LARGEST = np.finfo(np.float64).max


def detect(task: Task, params: NoOptions = NoOptions()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the values strictly outside [Q1 - 1.5 IQR, Q3 + 1.5 IQR].

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 1, finite, any unit. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): distance beyond the nearer quartile in units of the IQR (0 between the quartiles); where
        the IQR is 0, distance in units of the largest one.

    Raises
    ------
    TooShort : n < 1.
    """
    flags, score = _fences(as_series(task.series))
    return Detection(flags, score)


@kernel("Tuple((i1[::1], f8[::1]))(f8[::1])")
def _fences(x: Series) -> tuple[Flags, Series]:
    n = x.shape[0]
    scale_to_unit(x)
    q1 = quantile(x, 0.25)
    q3 = quantile(x, 0.75)
    spread = q3 - q1
    low, high = q1 - FENCE * spread, q3 + FENCE * spread
    flags = np.empty(n, np.int8)
    score = np.empty(n)
    for i in range(n):
        flags[i] = 1 - 2 * ((x[i] < low) | (x[i] > high))
        score[i] = max(q1 - x[i], x[i] - q3, 0.0)
    unit = spread if spread > 0.0 else score.max()
    if unit > 0.0:
        for i in range(n):
            score[i] = min(score[i] / unit, LARGEST)
    return flags, score


ALGORITHM = Algorithm("iqr", "interquartile range rule: outside Tukey's fences", ANOMALY, NoOptions, detect)

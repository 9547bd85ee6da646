"""K-sigma: flag points further than ``k`` population standard deviations from the mean.

Source: W. A. Shewhart, "Economic Control of Quality of Manufactured Product" (1931), chapter XIX; mean and variance
in two passes with the correction of T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample
variance", The American Statistician 37 (1983), eq. 1.7.    Cost: O(n) time, O(n) memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels._jit import kernel
from kernels.contract import ANOMALY, Algorithm, Detection, Flags, Series, Task, as_series
from kernels.numerics.moments import mean_and_std
from kernels.numerics.scaling import scale_to_unit
from kernels.options import Options, option


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of ksigma."""

    k: float = option(
        3.0, "threshold in standard deviations", ge=1.0, le=3.0, refusal="k value out of range, valid range [1, 3]"
    )


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the values strictly beyond mean - k std or mean + k std (ddof 0).

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 1, finite, any unit. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): |x - mean| / std, no unit; 0 where std is 0.

    Raises
    ------
    TooShort : n < 1.
    """
    flags, score = _beyond(as_series(task.series), params.k)
    return Detection(flags, score)


@kernel("Tuple((i1[::1], f8[::1]))(f8[::1], f8)")
def _beyond(x: Series, k: float) -> tuple[Flags, Series]:
    n = x.shape[0]
    scale_to_unit(x)
    mean, std = mean_and_std(x)
    flags = np.ones(n, np.int8)
    score = np.zeros(n)
    if std > 0.0:
        for i in range(n):
            score[i] = abs(x[i] - mean) / std
            if x[i] < mean - k * std or x[i] > mean + k * std:
                flags[i] = -1
    return flags, score


ALGORITHM = Algorithm("ksigma", "k-sigma rule: beyond k standard deviations of the mean", ANOMALY, Params, detect)

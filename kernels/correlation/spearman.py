"""Spearman's coefficient: Pearson's of the ranks, so that any growing relation counts in full.

Source: C. Spearman, "The proof and measurement of association between two things", American Journal of Psychology 15
(1904); equal values share the mean of their ranks: M. G. Kendall, "Rank correlation methods" (1948), chapter 3.
Cost: O(n log n) time, O(n) memory.
"""

from __future__ import annotations

import numpy as np

from kernels.contract import CORRELATION, Algorithm, Correlation, Needs, Series, Task
from kernels.correlation.pearsonr import pair, tested
from kernels.options import NoOptions


def correlate(task: Task, params: NoOptions = NoOptions()) -> Correlation:  # noqa: B008  (frozen, no state)
    """Correlate the ranks of two columns.

    Parameters
    ----------
    task : its two columns, float64 (n,), n >= 2, finite, any unit. Not modified.

    Returns
    -------
    Correlation
        value : 0 where a column does not vary. p_value : two-sided, by Student's t with n - 2 degrees of freedom.

    Raises
    ------
    BadSeries : not two columns of one length. TooShort : n < 2.
    """
    x, y = pair(task, "spearman")
    return tested(_ranks(x), _ranks(y))


def _ranks(x: Series) -> Series:
    """Return ranks from 1 to n, equal values sharing the mean of theirs."""
    _, place, count = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.ascontiguousarray((last - 0.5 * (count - 1))[place])


ALGORITHM = Algorithm(
    "spearman",
    "Spearman's coefficient of two columns: Pearson's of the ranks",
    CORRELATION,
    NoOptions,
    correlate,
    Needs("two", rows=2, noise_check=False),
)

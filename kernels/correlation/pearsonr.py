"""Pearson's coefficient of correlation, and how likely as much would be by chance.

Source: K. Pearson, "Notes on regression and inheritance", Proc. Royal Society of London 58 (1895), p. 240; the test is
R. A. Fisher, "Frequency distribution of the values of the correlation coefficient", Biometrika 10 (1915).
Cost: O(n) time, O(n) memory.
"""

from __future__ import annotations

import numpy as np

from kernels.contract import CORRELATION, Algorithm, BadSeries, Correlation, Needs, Series, Task, as_pair
from kernels.numerics.beta import coefficient_tail
from kernels.numerics.lagged import coefficients
from kernels.options import NoOptions


def correlate(task: Task, params: NoOptions = NoOptions()) -> Correlation:  # noqa: B008  (frozen, no state)
    """Correlate two columns.

    Parameters
    ----------
    task : its two columns, float64 (n,), n >= 2, finite, any unit. Not modified.

    Returns
    -------
    Correlation
        value : 0 where a column does not vary. p_value : two-sided, for independent rows of a normal distribution.

    Raises
    ------
    BadSeries : not two columns of one length. TooShort : n < 2.
    """
    return tested(*pair(task, "pearsonr"))


def pair(task: Task, name: str, at_least: int = 2) -> tuple[Series, Series]:
    """Return two columns of one length; raises BadSeries and TooShort."""
    x, y = as_pair(task, name, at_least=at_least)
    if len(x) != len(y):
        raise BadSeries(f"{name} needs columns of one length, got {len(x)} and {len(y)} rows")
    return x, y


def tested(x: Series, y: Series) -> Correlation:
    """Return the coefficient of two series of one length with its probability."""
    r = float(coefficients(x, y, np.zeros(1, np.int64))[0])
    return Correlation(r, p_value=coefficient_tail(r, len(x) - 2.0))


ALGORITHM = Algorithm(
    "pearsonr",
    "Pearson's coefficient of two columns, with its probability by chance",
    CORRELATION,
    NoOptions,
    correlate,
    Needs("two", rows=2, noise_check=False),
)

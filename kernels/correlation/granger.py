"""Granger causality: whether past values of one column help to forecast another beyond what its own past does.

Source: C. W. J. Granger, "Investigating causal relations by econometric models and cross-spectral methods",
Econometrica 37 (1969); F of the regressions with and without the other column's lags, their number chosen by AIC:
H. Luetkepohl, "New Introduction to Multiple Time Series Analysis" (2005), sections 3.6 and 4.3.
Cost: O(n max_lag^2) time, O(n max_lag) memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels._jit import kernel
from kernels.contract import CORRELATION, STATISTIC, Algorithm, Correlation, Needs, Series, Task, TooShort
from kernels.correlation.pearsonr import pair
from kernels.numerics.beta import f_tail
from kernels.numerics.scaling import scale_to_unit
from kernels.options import Options, option

LEAST_ROWS = 8
INDEPENDENT = 1e-10  # what is left of a column beside those before it, relative to the column
EXACT = 1e-26  # squares left, relative to those there were: nothing but rounding


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of granger."""

    max_lag: int = option(10, "AIC chooses among lags up to this; fewer where rows are few", ge=1, le=100)
    lag: int = option(0, "lags, 0: chosen by AIC", ge=0, le=100)


def correlate(task: Task, params: Params = Params()) -> Correlation:  # noqa: B008  (frozen, no state)
    """Test whether the first column helps to forecast the second; `reverse` tells of the second and the first.

    Parameters
    ----------
    task : its two columns, float64 (n,), n >= 8, finite, any unit, stationary. Not modified.

    Returns
    -------
    Correlation
        value : F. lag : number of lags that the regressions have. p_value : of F where the column does not help.

    Raises
    ------
    BadSeries : not two columns of one length. TooShort : fewer rows than 3 lags + 2.
    """
    x, y = pair(task, "granger", at_least=LEAST_ROWS)
    if params.lag and len(x) < 3 * params.lag + 2:
        raise TooShort(f"at least {3 * params.lag + 2} values are needed for {params.lag} lags, got {len(x)}")
    for column in (x, y):
        scale_to_unit(column)
        column -= column.mean()
    forwards, backwards = _test(x, y, params), _test(y, x, params)
    return Correlation(forwards.value, STATISTIC, forwards.lag, forwards.p_value, reverse=backwards)


def _test(cause: Series, effect: Series, params: Params) -> Correlation:
    lag = params.lag or _by_aic(cause, effect, min(params.max_lag, (len(cause) - 2) // 3))
    own, other = _lagged(effect, lag, lag), _lagged(cause, lag, lag)
    rows = len(effect) - lag
    explained, free, left, total = _explained(np.vstack((np.ones((1, rows)), own, other)), effect[lag:].copy())
    gained, used = float(explained[1 + lag :].sum()), int(free[1 + lag :].sum())
    rest = rows - int(free.sum())
    if used == 0 or rest == 0 or gained <= EXACT * total:
        return Correlation(0.0, STATISTIC, lag, 1.0)
    # where the fit is exact, F is only known to be at least so large
    f = (gained / used) / (max(left, EXACT * total) / rest)
    return Correlation(f, STATISTIC, lag, f_tail(f, float(used), float(rest)))


def _by_aic(cause: Series, effect: Series, most: int) -> int:
    """Return the number of lags, 1 to `most`, of the regression with the least AIC; all are of the same rows."""
    rows = len(effect) - most
    table = np.empty((1 + 2 * most, rows))
    table[0] = 1.0
    table[1::2], table[2::2] = _lagged(effect, most, most), _lagged(cause, most, most)
    explained, free, left, total = _explained(table, effect[most:].copy())
    beyond = left + np.append(np.cumsum(explained[::-1])[::-1], 0.0)[3::2]  # squares left with 1, 2, ... lags
    number = np.cumsum(free)[2::2]
    aic = rows * np.log(np.maximum(beyond, EXACT * total or 1.0)) + 2.0 * number
    return 1 + int(np.argmin(aic))


def _lagged(x: Series, most: int, skipped: int) -> Series:
    """Return (most, n - skipped): the rows from `skipped` on, 1 to `most` rows before."""
    return np.array([x[skipped - lag : len(x) - lag] for lag in range(1, most + 1)])


@kernel()
def _product(x: Series, y: Series) -> float:
    found = 0.0
    for t in range(x.shape[0]):
        found += x[t] * y[t]
    return found


@kernel()
def _take(y: Series, q: Series, squares: float) -> float:
    """Take the part of `y` along `q` away from it; return it in units of `q`."""
    share = _product(q, y) / squares
    for t in range(y.shape[0]):
        y[t] -= share * q[t]
    return share


@kernel("Tuple((f8[::1], f8[::1], f8, f8))(f8[:, ::1], f8[::1])")
def _explained(table: Series, y: Series) -> tuple[Series, Series, float, float]:
    """Regress `y` on the rows of a table, one after the other. Both are used up.

    Returns
    -------
    The squares of y that each regressor takes beside those before it; 1.0 for each that is independent of those, else
    0; the squares that are left; the squares in the beginning.

    Modified Gram-Schmidt with y as the last column, which is as stable as Householder's method: A. Bjorck, "Solving
    linear least squares problems by Gram-Schmidt orthogonalization", BIT 7 (1967).
    """
    k = table.shape[0]
    explained, free = np.zeros(k), np.zeros(k)
    before = np.array([_product(table[i], table[i]) for i in range(k)])
    total = _product(y, y)
    for i in range(k):
        q = table[i]
        squares = _product(q, q)
        if squares <= INDEPENDENT * INDEPENDENT * before[i] or squares == 0.0:
            continue
        free[i] = 1.0
        explained[i] = _take(y, q, squares) ** 2 * squares
        for j in range(i + 1, k):
            _take(table[j], q, squares)
    return explained, free, _product(y, y), total


ALGORITHM = Algorithm(
    "granger",
    "Granger causality of two columns in both directions, lags by AIC",
    CORRELATION,
    Params,
    correlate,
    Needs("two", rows=LEAST_ROWS, noise_check=False),
)

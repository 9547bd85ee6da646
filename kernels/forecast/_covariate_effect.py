"""What covariates do to a series, for forecasters that know none: regression on what an autoregression leaves.

``y = w X + eta``. Series and covariates pass the same autoregression, of the last rows and of the season, so that what
is left of `eta` is nearly white; then `w` is a ridge regression whose prior variance has the highest likelihood, or 0
where that is hardly likelier. Both are repeated in turn.

Source: D. Cochrane and G. H. Orcutt, J. American Statistical Association 44 (1949), for the turns; D. J. C. MacKay,
"Bayesian interpolation", Neural Computation 4 (1992), for the prior variance.    Cost: O(n k**2 + k**3).
"""

from __future__ import annotations

import numpy as np

from kernels.contract import Series
from kernels.numerics.products import times

TURNS = 4
FEW = 40  # rows; in fewer only the last one is looked back to
PRIORS = np.concatenate([[0.0], np.logspace(-4.0, 8.0, 37)])  # variances of weights, over that of the noise
EVIDENCE = 4.0  # twice the logarithm of the likelihood by which weights must beat none
NOTHING = 1e-9  # deviation over that of a covariate before the autoregression: rounding
TINY = 1e-300
STABILISING = 1e-6  # of the mean variance of what the autoregression looks back to


def effect(y: Series, columns: Series, period: int) -> tuple[Series, Series]:
    """Estimate the weights of covariates.

    Parameters
    ----------
    y : (n,) of magnitude about 1 or less. columns : (k, n), each of mean 0 and deviation 1. n >= 4.
    period : rows in a season, 0 for none.

    Returns
    -------
    weights (k,), and the covariance (k, k) of their errors.
    """
    lags = _lags(len(y), period)
    seasonal = period in lags and period + 1 in lags
    phi = np.array([1.0 if lag == 1 else 0.0 for lag in lags])
    if seasonal:  # differences to begin with
        phi += np.array([1.0 if lag == period else -1.0 if lag == period + 1 else 0.0 for lag in lags])
    both = np.concatenate([columns, y[None]])
    for turn in range(TURNS + 1):
        left = _filtered(both, lags, phi)
        left -= left.mean(axis=1, keepdims=True)
        weights, doubt = _ridge(left[:-1], left[-1])
        if turn < TURNS:
            phi = _autoregression(y - times(weights[None, :], columns)[0], lags)
    return weights, doubt


def _lags(n: int, period: int) -> list[int]:
    """Return how many rows back the autoregression looks."""
    lags = [1, 2, 3] if n >= FEW else [1]
    if period > 1 and n >= 3 * period + 10:
        lags += [period] + ([period + 1] if n >= 4 * period else [])
    return sorted(set(lags))


def _filtered(table: Series, lags: list[int], phi: Series) -> Series:
    """Return what the autoregression leaves of rows of a table, (k, n - longest lag)."""
    first = lags[-1]
    left: Series = table[:, first:].copy()
    for lag, share in zip(lags, phi, strict=True):
        left -= share * table[:, first - lag : table.shape[1] - lag]
    return left


def _autoregression(rest: Series, lags: list[int]) -> Series:
    """Return the coefficients of least squares."""
    first, n = lags[-1], len(rest)
    rows = np.array([rest[first - lag : n - lag] for lag in [*lags, 0]])
    rows -= rows.mean(axis=1, keepdims=True)
    gram = times(rows, np.ascontiguousarray(rows.T))
    k = len(lags)
    steady = STABILISING * np.trace(gram[:k, :k]) / k + TINY
    return np.asarray(np.linalg.solve(gram[:k, :k] + steady * np.eye(k), gram[:k, k]))


def _ridge(columns: Series, y: Series) -> tuple[Series, Series]:
    """Return the weights (k,) and their covariance (k, k), of centred columns (k, n), by the likeliest prior."""
    n = len(y)
    size = np.sqrt(np.mean(columns * columns, axis=1))
    told = size > NOTHING
    columns = np.where(told[:, None], columns, 0.0) / np.where(told, size, 1.0)[:, None]
    spread, axes = np.linalg.eigh(times(columns, np.ascontiguousarray(columns.T)))
    spread = np.maximum(spread, 0.0)
    along = times(np.ascontiguousarray(axes.T), times(columns, np.ascontiguousarray(y[:, None])))[:, 0]
    signal = 1.0 + PRIORS[:, None] * spread  # (priors, k)
    left = np.maximum(y @ y - np.sum(PRIORS[:, None] * along**2 / signal, axis=1), TINY)
    unlikely = n * np.log(left) + np.sum(np.log(signal), axis=1)  # minus twice the logarithm of the likelihood
    at = int(np.argmin(unlikely))
    at = at if unlikely[at] < unlikely[0] - EVIDENCE else 0
    shrunk = axes * (PRIORS[at] / signal[at]) / np.where(told, size, 1.0)[:, None]
    weights = times(shrunk, np.ascontiguousarray(along[:, None]))[:, 0]
    doubt = times(shrunk, np.ascontiguousarray((axes / np.where(told, size, 1.0)[:, None]).T)) * (left[at] / n)
    return np.where(told, weights, 0.0), np.where(told[:, None] & told, doubt, 0.0)

"""Regression with ARIMA errors: covariates beside the series, differenced as it is, and their coefficients.

``y = X b + eta``, eta an ARIMA process. Differences of y are those of X times b, plus an ARMA; so the likelihood of the
differences stays exact, and b is the generalised least squares estimate, found like the mean (`_arima_fit`).

Source: G. E. P. Box and G. C. Tiao, "Intervention analysis with applications to economic and environmental problems",
J. American Statistical Association 70 (1975); A. C. Harvey, "Forecasting, Structural Time Series Models and the Kalman
Filter" (1989), section 3.4.2 for the doubt of b in forecasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kernels.contract import BadSeries, Series
from kernels.forecast._arima_scale import Scaled, differenced, scaled
from kernels.numerics.covariates import Covariates, combinations
from kernels.numerics.innovations import innovations
from kernels.numerics.products import times

BOUNDLESS = 1e300  # a variance that can still be multiplied


@dataclass(frozen=True, slots=True)
class Regressors:
    """Covariates in units in which nothing over- or underflows, differenced with the series.

    names : of the k covariates. given : the scale of each.
    inside, ahead : (k, n), (k, rows), in their own scale over `size`. w : (k, n - d - D m), differences of `inside`.
    size : (k,) root mean square of the differences before they were divided by it.
    """

    names: tuple[str, ...]
    given: tuple[Scaled, ...]
    inside: Series
    ahead: Series
    w: Series
    size: Series

    @classmethod
    def of(cls, covariates: Covariates) -> Regressors:
        """Return them as they are, not differenced."""
        given = tuple(scaled(values) for values in covariates.inside)
        inside = np.array([each.values for each in given]).reshape(covariates.inside.shape)
        ahead = np.array([each.into(values) for each, values in zip(given, covariates.ahead, strict=True)])
        return cls(covariates.names, given, inside, ahead.reshape(covariates.ahead.shape), inside, np.ones(len(given)))

    def differenced(self, d: int, seasonal_d: int, m: int) -> Regressors:
        """Return them for a series that is differenced; raises BadSeries where that leaves too little of one."""
        w = self.differences(d, seasonal_d, m)
        for name, lost in zip(self.names, combinations(w), strict=True):
            if lost is not None:
                left = f"a combination of {' and '.join(self.names[j] for j in lost)}" if lost else "zero throughout"
                raise BadSeries(f"covariate {name} is {left} after differencing d={d}, D={seasonal_d}: leave it out")
        size = np.sqrt(np.mean(w * w, axis=1))
        inside, ahead, w = (np.ascontiguousarray(table / size[:, None]) for table in (self.inside, self.ahead, w))
        return Regressors(self.names, self.given, inside, ahead, w, size)

    def differences(self, d: int, seasonal_d: int, m: int) -> Series:
        """Return the differences of the columns, (k, n - d - D m), without what is rounding alone."""
        columns = [differenced(values, d, seasonal_d, m) for values in self.inside]
        for at, each in enumerate(columns):
            if np.max(np.abs(each)) <= self.given[at].rounding * 2.0 ** (d + seasonal_d):
                columns[at] = np.zeros(len(each))
        return np.array(columns)

    def told_apart(self, d: int, seasonal_d: int, m: int) -> bool:
        """Tell whether differencing leaves something of every covariate that is not another's."""
        return all(lost is None for lost in combinations(self.differences(d, seasonal_d, m)))

    @property
    def tell_a_constant(self) -> bool:
        """Whether they and a constant are one too many: a line, once differenced, is a constant."""
        ones = np.ones((1, self.w.shape[1]))
        return any(lost is not None for lost in combinations(np.concatenate([ones, self.w]))[1:])

    @property
    def need_a_mean(self) -> bool:
        """Whether their origins were moved, so that a model without differences needs a mean."""
        return any(each.centre != 0.0 for each in self.given)


def rest(y: Series, columns: Series, constant: bool) -> Series:
    """Return what ordinary least squares on the columns (k, n) leaves of a series (n,)."""
    if not len(columns):
        return y
    design = np.column_stack([np.ones(len(y)), *columns]) if constant else columns.T
    weights = np.linalg.lstsq(design, y, rcond=None)[0]
    return np.asarray(y - times(np.ascontiguousarray(design), weights[:, None])[:, 0])


def combined(weights: Series, columns: Series) -> Series:
    """Return the columns (k, n) times their weights (k,), summed: (n,)."""
    return np.asarray(times(weights[None, :], columns)[0])


def whitened(columns: Series, phi: Series, theta: Series, exact_steps: int) -> Series:
    """Return the one-step errors of each column (k, n) under an ARMA, in units of their deviation."""
    k, n = columns.shape
    state = np.zeros((4, max(len(phi), len(theta)) + 1))
    error, unused, variance = np.empty((k, n)), np.empty(n), np.empty(n)
    for column, own in zip(columns, error, strict=True):
        innovations(np.ascontiguousarray(column), False, phi, theta, exact_steps, own, unused, variance, state)
        own /= np.sqrt(variance)
    return error


def coefficients(
    w: Series, columns: Series, constant: bool, phi: Series, theta: Series, exact_steps: int
) -> tuple[float, Series]:
    """Return the mean, 0 where there is no `constant`, and the coefficients (k,) of the columns, both likeliest."""
    ones = [np.ones(len(w))] if constant else []
    error = whitened(np.array([*ones, *columns, w]), phi, theta, exact_steps)
    weights = np.linalg.lstsq(error[:-1].T, error[-1], rcond=None)[0]
    return (float(weights[0]), weights[1:]) if constant else (0.0, weights)


def doubt(columns: Series, moves: Series, phi: Series, theta: Series, exact_steps: int) -> Series:
    """Return the variance of forecasts by the estimated coefficients of the columns (k, n), over the innovations'.

    moves : (k, rows), by how much a forecast moves with each coefficient.
    """
    triangle = np.linalg.qr(whitened(columns, phi, theta, exact_steps).T, mode="r")
    with np.errstate(over="ignore"):  # of a future out of all proportion to the past nothing is known
        return np.asarray(np.minimum(np.sum((np.linalg.pinv(triangle).T @ moves) ** 2, axis=0), BOUNDLESS))

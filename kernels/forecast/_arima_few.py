"""ARIMA as one of several forecasters: the best of a few models, not of a search, at a small part of its cost.

Differences are found as by `arima`. Without a season, or with one of up to `ALL` rows, each of `ORDERS` is fitted with
each of the seasonal ones, with a constant and without. A longer season makes a fit dear: there the seasonal orders are
chosen first, beside p = q = 1, then the others beside them, then the constant.

Source: as `arima`; the orders are those that annual, quarterly and monthly series most often have, among them the
airline model of G. E. P. Box and G. M. Jenkins, "Time Series Analysis" (1970), chapter 9.
Cost: at most 42 fits, or 11 with a longer season; a fit is O(n m) for each of some iterations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kernels.contract import Forecast, Task, TooShort, as_series
from kernels.forecast._arima_answer import Differenced, answer, answer_for_constant
from kernels.forecast._arima_orders import Limits, Orders
from kernels.forecast._arima_scale import differenced, scaled
from kernels.forecast._arima_search import SEARCH_TOLERANCE, Fit, Search
from kernels.forecast.arima import AT_LEAST, Params, differences

ALL = 4  # rows of the longest season with which all combinations are tried
ORDERS = ((0, 1), (1, 0), (1, 1), (2, 0), (0, 2), (2, 1))  # p, q
WITHOUT, WITH = ((1, 0), (1, 1), (0, 1), (0, 0)), ((0, 1), (1, 1), (1, 0))  # P, Q by whether there is a season in d
ANY = Limits(Orders(0, 0), Orders(2, 2, 1, 1, constant=True), (False, True))


@dataclass(frozen=True, slots=True)
class Found:
    """What was chosen for a series: differences and, unless they are constant, the best of `n_models`."""

    d: int
    seasonal_d: int
    fit: Fit | None
    n_models: int


def answered(task: Task, period: int, found: Found | None = None) -> tuple[Forecast, Found]:
    """Forecast the first column of a task, and tell by what.

    Parameters
    ----------
    task : float64 (n,), n >= 3 and two seasons, finite, evenly spaced. Not modified. No covariates.
    period : rows of the season, 0 for none.
    found : what was chosen for more rows of the series; where these suffice for it, only its coefficients are fitted.

    Raises
    ------
    TooShort : no model can be fitted to so few rows.
    """
    z = scaled(as_series(task.series, at_least=AT_LEAST))
    d, seasonal_d = (found.d, found.seasonal_d) if found else differences(z, period, Params(period=period))
    w = differenced(z.values, d, seasonal_d, period)
    model = Differenced(z, w, d, seasonal_d, period)
    if np.ptp(w) <= z.rounding * 2.0 ** (d + seasonal_d):
        return answer_for_constant(model, task.horizon), Found(d, seasonal_d, None, 0)
    search = Search(w / np.std(w), period, task.out_of_time)
    fit = _again(search, found) if found else None
    if fit is None:
        fit = _best(search, d, seasonal_d, mean_needed=z.centre != 0.0 and d + seasonal_d == 0)
    return answer(model, fit, search, ANY, task.horizon), Found(d, seasonal_d, fit, search.n_models)


def _again(search: Search, found: Found) -> Fit | None:
    """Fit the coefficients of a model that was chosen among others; None where the rows do not suffice."""
    if found.fit is None or not search.enough_for(found.fit.orders):
        return None
    fit = search.maximise(found.fit.orders, found.fit.x, SEARCH_TOLERANCE, len(search.w))
    if not fit.aicc < np.inf:
        return None
    search.fits[fit.orders], search.n_models = fit, found.n_models
    return fit


def _best(search: Search, d: int, seasonal_d: int, mean_needed: bool) -> Fit:
    """Return the model of the lowest AICc."""
    seasonal = (WITH if seasonal_d else WITHOUT) if search.period else ((0, 0),)
    constants = (True,) if mean_needed else (False, True) if d + seasonal_d < 2 else (False,)
    plain = Orders(0, 0, constant=constants[0])
    if search.period <= ALL:
        search.visit(Orders(p, q, *both, constant) for both in seasonal for p, q in ORDERS for constant in constants)
        return _first(search, plain)
    search.visit(Orders(1, 1, *both, constants[0]) for both in seasonal)
    best = _first(search, plain).orders
    search.visit(replace(best, p=p, q=q) for p, q in ORDERS)
    search.visit(replace(_first(search, plain).orders, constant=constant) for constant in constants)
    return _first(search, plain)


def _first(search: Search, plain: Orders) -> Fit:
    """Return the best fit; where all of them lie on the edge of what is stationary or invertible, that of `plain`."""
    if not search.ranked():
        search.visit([plain])
    if not (ranked := search.ranked()):
        raise TooShort(f"no model can be fitted to {len(search.w)} differenced values")
    return ranked[0]

"""What a short series without season cannot tell: whether it has a level to return to, and how wide its future is.

Choosing: with a few dozen observations the KPSS test hardly ever rejects a level that wanders slowly, and a second
difference follows the last few of them. So a level to return to must also stand the test of D. A. Dickey and
W. A. Fuller, and there is one difference at most. Source: F. X. Diebold and L. Kilian, "Unit-root tests are useful for
selecting forecasting models", J. Business & Economic Statistics 18 (2000).

Interval: that of the model takes the model for true and the errors for equally large. Errors that grow with the level
are taken as relative where that is likelier; and where the model's own forecasts from origins inside the series missed
by more than it says, so many steps ahead, the interval is as much wider. Source: C. Chatfield, "Calculating interval
forecasts", J. Business & Economic Statistics 11 (1993), sections 4.5 and 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kernels.contract import Series
from kernels.forecast._arima_project import project
from kernels.forecast._arima_search import Fit
from kernels.numerics.arma import coefficients
from kernels.numerics.stationarity import KPSS_5_PERCENT, dickey_fuller, kpss

if TYPE_CHECKING:
    from kernels.forecast._arima_answer import Differenced

SHORT = 60  # observations


def one_difference(values: Series) -> bool:
    """Tell whether a short series (n,), not constant, wanders."""
    statistic, critical = dickey_fuller(values)
    return kpss(values) > KPSS_5_PERCENT or statistic > critical


def spread(model: Differenced, fit: Fit, sigma2: float, error: Series, rows: int) -> Series:
    """Return by what the variances of the next `rows` steps are to be multiplied, at least 1.

    sigma2, error : innovation variance and in-sample errors, scaled as `model.z`.
    """
    return _missed(model, fit, sigma2, rows) * _growth_of_errors(model, error)


def _missed(model: Differenced, fit: Fit, sigma2: float, rows: int) -> Series:
    """Compare the errors of forecasts from inside the series with the variances they should have, by steps ahead."""
    (y, w), orders = model.process(fit), fit.orders
    n, before = len(w), len(y) - len(w)
    phi, theta = coefficients(fit.x, np.array([orders.p, orders.q, 0, 0, 1], dtype=np.int64))
    total, count = np.zeros(rows), np.zeros(rows)
    for t in range(max(4, n // 3), n):
        past, ahead = y[: before + t].copy(), min(rows, n - t)
        value, variance, _ = project(
            past, w[:t].copy(), fit.mean * model.scale, False, phi, theta, model.d, 0, 0, ahead, t
        )
        total[:ahead] += (y[before + t : before + t + ahead] - value) ** 2 / (sigma2 * variance)
        count[:ahead] += 1.0
    ratio = np.divide(total, count, out=np.zeros(rows), where=count > 0.0)
    return np.maximum(np.maximum.accumulate(ratio), 1.0)


def _growth_of_errors(model: Differenced, error: Series) -> float:
    """Return the variance at the last level over the mean one, where errors are likelier relative to the level."""
    z = model.z
    level = (z.values + z.centre / z.scale)[-len(error) - 1 : -1]
    last = float(z.values[-1] + z.centre / z.scale)
    if len(level) < len(error) or min(float(np.min(level)), last) <= 0.0:
        return 1.0
    squares, relative = float(np.mean(error**2)), float(np.mean((error / level) ** 2))
    if not 0.0 < squares * relative < np.inf:
        return 1.0
    gain = 0.5 * np.log(squares / relative) - np.mean(np.log(level))  # in log-likelihood, per row
    return max(1.0, relative * last**2 / squares) if gain > 0.0 else 1.0

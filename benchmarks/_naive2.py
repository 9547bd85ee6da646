"""Naive2, which OWA is relative to: the last value, after the season has been taken out where there is one.

Source: S. Makridakis, E. Spiliotis, V. Assimakopoulos, "The M4 Competition: 100,000 time series and 61 forecasting
methods", International Journal of Forecasting 36 (2020), section 2. The season is that of classical decomposition,
multiplicative; additive where a value is not positive, which M4 did not have.
"""

from __future__ import annotations

import numpy as np

from kernels.contract import Series

LIMIT = 1.645  # standard errors of the autocorrelation: a test at 90 %


def naive2(x: Series, period: int, rows: int) -> Series:
    """Return the forecast, (rows,), of a series, (n,), with a season of `period` rows, 1 for none."""
    if not has_season(x, period):
        return np.full(rows, x[-1])
    season, n = seasonal(x, period), len(x)
    ahead, last = season[(n + np.arange(rows)) % period], season[(n - 1) % period]
    return np.asarray(x[-1] / last * ahead if np.min(x) > 0.0 else x[-1] - last + ahead)


def has_season(x: Series, period: int) -> bool:
    """Return whether three seasons are there and the autocorrelation at `period` is more than chance.

    By Bartlett's formula, of a process that has the autocorrelations at the shorter lags and none at this one.
    """
    n = len(x)
    if period <= 1 or n < 3 * period or np.ptp(x) == 0.0:
        return False
    z = x - np.mean(x)
    r = np.array([np.dot(z[lag:], z[:-lag]) for lag in range(1, period + 1)]) / np.dot(z, z)
    return bool(abs(r[-1]) > LIMIT * np.sqrt((1.0 + 2.0 * np.sum(r[:-1] ** 2)) / n))


def seasonal(x: Series, period: int) -> Series:
    """Return what each row of a season, (period,), is relative to the centred mean of one: factors, or differences."""
    weights = np.ones(period) if period % 2 else np.concatenate(([0.5], np.ones(period - 1), [0.5]))
    level = np.convolve(x, weights / period, "valid")
    first = (len(weights) - 1) // 2
    inside = x[first : first + len(level)]
    positive = np.min(x) > 0.0
    relative, row = (inside / level if positive else inside - level), (first + np.arange(len(level))) % period
    season = np.array([np.mean(relative[row == each]) for each in range(period)])
    return np.asarray(season / np.mean(season) if positive else season - np.mean(season))

"""How often to difference: the KPSS test of level stationarity, and the strength of a season.

Sources: D. Kwiatkowski, P. C. B. Phillips, P. Schmidt and Y. Shin, "Testing the null hypothesis of stationarity against
the alternative of a unit root", J. Econometrics 54 (1992), eqs. 10 to 13 and table 1; X. Wang, K. Smith and
R. J. Hyndman, "Characteristic-based clustering for time series data", Data Mining and Knowledge Discovery 13 (2006),
for the strength, with the threshold 0.64 of R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and
Practice" (3rd ed.), section 9.1; D. A. Dickey and W. A. Fuller, "Distribution of the estimators for autoregressive time
series with a unit root", J. American Statistical Association 74 (1979); J. G. MacKinnon, "Critical values for
cointegration tests" (2010), table 2, for its critical values.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.numerics.moments import mean_and_std
from kernels.numerics.seasonal_trend import decompose

KPSS_5_PERCENT = 0.463
STRONG_SEASON = 0.64
SEASONAL_WINDOW = 11


@kernel("f8(f8[::1])")
def kpss(x: Series) -> float:
    """Return the KPSS statistic of level stationarity; above `KPSS_5_PERCENT` a unit root is likely. 0 if constant.

    The long-run variance has Bartlett weights up to lag ``3 sqrt(n) / 13``.
    """
    n = x.shape[0]
    mean, std = mean_and_std(x)
    if std == 0.0:
        return 0.0
    z = np.empty(n)
    for i in range(n):
        z[i] = (x[i] - mean) / std
    lags = int(3.0 * np.sqrt(n) / 13.0)
    long_run = float(n)  # the sum of z squared
    for lag in range(1, lags + 1):
        product = 0.0
        for i in range(lag, n):
            product += z[i] * z[i - lag]
        long_run += 2.0 * (1.0 - lag / (lags + 1.0)) * product
    partial = squares = 0.0
    for i in range(n):
        partial += z[i]
        squares += partial * partial
    return float(squares / (n * long_run)) if long_run > 0.0 else 0.0


@kernel("f8(f8[::1], i8)")
def seasonal_strength(x: Series, m: int) -> float:
    """Return the share of the detrended variance that the season explains, 0 to 1; 0 with two periods or fewer."""
    n = x.shape[0]
    if m < 2 or n <= 2 * m:
        return 0.0
    _, std = mean_and_std(x)
    if std == 0.0:
        return 0.0
    seasonal, trend = decompose(x, m, SEASONAL_WINDOW)
    remainder = x - trend
    _, with_season = mean_and_std(remainder)
    _, without = mean_and_std(remainder - seasonal)
    if with_season <= 1e-13 * std:
        return 0.0
    ratio = without / with_season
    return max(0.0, min(1.0, 1.0 - ratio * ratio))


def dickey_fuller(x: Series) -> tuple[float, float]:
    """Return the t statistic of a unit root, with a constant and one lagged difference, and its 5 % critical value.

    Below that a series (n,) returns to a level. With n < 8 the statistic is 0, for nobody can tell; of a series that is
    constant but for its ends it is -inf.
    """
    n = len(x) - 2
    critical = -2.8621 - 2.738 / max(n, 1) - 8.36 / max(n, 1) ** 2
    if n < 6:
        return 0.0, critical
    x = (x - x.mean()) / (x.std() or 1.0)  # changes nothing but the rounding
    steps = np.diff(x)
    design = np.column_stack((np.ones(n), x[1:-1], steps[:-1]))
    weights, _, rank, _ = np.linalg.lstsq(design, steps[1:], rcond=None)
    if rank < 3:
        return -np.inf, critical
    residual = steps[1:] - design @ weights
    inverse = np.linalg.inv(np.linalg.qr(design, mode="r"))  # design' design is singular where design is nearly so
    variance = float(residual @ residual) / (n - 3) * float(inverse[1] @ inverse[1])
    return (float(weights[1]) / variance**0.5 if variance > 0.0 else -np.inf), critical

"""White-noise check: the Ljung-Box portmanteau test at lag 16.

Source: G. M. Ljung and G. E. P. Box, "On a measure of lack of fit in time series models", Biometrika 65 (1978),
eq. 1.2; the tail of chi-squared with an even number of degrees of freedom is a finite sum, M. Abramowitz and
I. A. Stegun, "Handbook of Mathematical Functions", 26.4.5.    Cost: O(16 n).
"""

from __future__ import annotations

from math import exp

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series, as_series
from kernels.numerics.moments import mean_and_std

LAGS = 16
SIGNIFICANCE = 0.05


def is_white_noise(series: Series) -> bool:
    """Tell whether a series has no autocorrelation up to lag 16 (p >= 0.05).

    Sixteen values or fewer, and a constant series, are never white noise.
    """
    if len(series) <= LAGS:
        return False
    _, p_value = ljung_box(as_series(series), LAGS)
    return bool(p_value >= SIGNIFICANCE)  # nan (constant) is not noise


@kernel("Tuple((f8, f8))(f8[::1], i8)")
def ljung_box(x: Series, lags: int) -> tuple[float, float]:
    """Return the Ljung-Box statistic and its p-value at an even number of `lags` < n; nan for a constant series."""
    n = x.shape[0]
    mean, std = mean_and_std(x)
    if std == 0.0:
        return np.nan, np.nan
    z = np.empty(n)
    for i in range(n):
        z[i] = (x[i] - mean) / std
    power = 0.0
    for i in range(n):
        power += z[i] * z[i]
    statistic = 0.0
    for lag in range(1, lags + 1):
        # four partial sums: the additions need not wait for each other
        a = b = c = d = 0.0
        i = lag
        while i + 3 < n:
            a += z[i] * z[i - lag]
            b += z[i + 1] * z[i + 1 - lag]
            c += z[i + 2] * z[i + 2 - lag]
            d += z[i + 3] * z[i + 3 - lag]
            i += 4
        while i < n:
            a += z[i] * z[i - lag]
            i += 1
        rho = (a + b + c + d) / power
        statistic += rho * rho / (n - lag)
    statistic *= n * (n + 2.0)
    term = exp(-statistic / 2.0)
    tail = term
    for j in range(1, lags // 2):
        term *= statistic / (2.0 * j)
        tail += term
    return statistic, tail

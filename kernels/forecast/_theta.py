"""The Theta method: half the slope of a line, and exponential smoothing of what the line leaves, season taken out.

Source: V. Assimakopoulos and K. Nikolopoulos, "The theta model: a decomposition approach to forecasting", International
Journal of Forecasting 16 (2000), as simple exponential smoothing with drift: R. J. Hyndman and B. Billah, "Unmasking
the Theta method", International Journal of Forecasting 19 (2003), eq. 5.    Cost: O(n) for each of 40 smoothing rates.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._zero_season import decompose

RATES = np.linspace(0.025, 1.0, 40)
SEASONAL = 0.2  # share of the detrended variance that a season must explain


@kernel("f8[::1](f8[::1], i8, i8)")
def theta(x: Series, period: int, rows: int) -> Series:
    """Return the forecasts, (rows,).

    x : (n,), n >= 3, finite. period : rows in a season, used where n >= 2 period; 0 or 1 for none.
    """
    n = x.shape[0]
    p = period if period > 1 and n >= 2 * period else 1
    newest, mean, ratio = np.zeros(p), np.zeros(p), np.ones(p)
    relative = False
    if p > 1:
        ratio[:] = 0.0
        _, strength, relative, _ = decompose(x, p, newest, mean, ratio)
        relative = bool(relative and np.min(x) > 0.0 and np.min(ratio) > 0.0)
        if strength < SEASONAL:
            mean[:] = 0.0
            ratio[:] = 1.0
    plain = np.empty(n)
    for t in range(n):
        plain[t] = x[t] / ratio[t % p] if relative else x[t] - mean[t % p]
    middle, slope, level = 0.5 * (n - 1), 0.0, np.mean(plain)
    for t in range(n):
        slope += (t - middle) * (plain[t] - level)
    slope /= n * (n * n - 1.0) / 12.0
    least, rate, last = np.inf, 1.0, plain[n - 1]
    for i in range(len(RATES)):
        level, wrong = plain[0], 0.0
        for t in range(1, n):
            error = plain[t] - level
            wrong += error * error
            level += RATES[i] * error
        if wrong < least:
            least, rate, last = wrong, RATES[i], level
    value = np.empty(rows)
    for h in range(rows):
        line = 0.5 * slope * (h + (1.0 - (1.0 - rate) ** n) / rate)
        j = (n + h) % p
        value[h] = (last + line) * ratio[j] if relative else last + line + mean[j]
    return value

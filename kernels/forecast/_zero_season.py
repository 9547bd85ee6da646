"""Classical decomposition of one season for the features of `zero`: profiles, and how far they are to be trusted.

Source: the centred moving average and phase means of classical decomposition, R. J. Hyndman and G. Athanasopoulos,
"Forecasting: Principles and Practice" (2021), section 3.4; the shrinkage is that of means with known noise, C. Morris,
"Parametric empirical Bayes inference", J. American Statistical Association 78 (1983).    Cost: O(n) time and memory.
"""

from __future__ import annotations

import numpy as np

from kernels._jit import kernel
from kernels.contract import Series

NEWEST = 0.25  # least weight of a cycle in the profile that follows the newest cycles
TINY = 1e-30


@kernel()
def running_sums(x: Series, centre: float) -> Series:
    """Return the sums of x - centre before each row and after the last one, (n + 1,)."""
    total = np.zeros(x.shape[0] + 1)
    for t in range(x.shape[0]):
        total[t + 1] = total[t] + (x[t] - centre)
    return total


@kernel()
def _centred_trend(x: Series, total: Series, t: int, p: int) -> float:
    """Return the centred moving average over one season at row t."""
    k = p // 2
    whole: float = total[t + k + 1] - total[t - k]
    if p % 2 == 0:
        whole -= 0.5 * (x[t - k] + x[t + k])
    return whole / p


@kernel()
def decompose(x: Series, p: int, newest: Series, mean: Series, ratio: Series) -> tuple[float, float, bool, float]:
    """Fill the profiles of the season of p >= 2 rows, which are zero before; n >= 2 p.

    newest, mean, ratio : (p,) difference from the trend, the newest cycles weighing most; plain; ratio to the trend.

    Returns
    -------
    shrinkage of the plain profile; share of the detrended variance that it explains; whether the trend is positive so
    that `ratio` means something; logarithm of the error that the ratio profile leaves over that of the plain one.
    """
    n, k = x.shape[0], p // 2
    total, seen = running_sums(x, 0.0), np.zeros(p)
    rows = square = drift = 0.0
    above, j, trends = True, k % p, np.empty(n)
    for t in range(k, n - k):
        trend = _centred_trend(x, total, t, p)
        trends[t] = trend
        off = x[t] - trend
        seen[j] += 1.0
        newest[j] += max(1.0 / seen[j], NEWEST) * (off - newest[j])
        mean[j] += (off - mean[j]) / seen[j]
        rows += 1.0
        square += off * off
        drift += off
        if trend > TINY:
            ratio[j] += (x[t] / trend - ratio[j]) / seen[j]
        else:
            above = False
        j = j + 1 if j + 1 < p else 0
    explained: float = np.sum(seen * mean * mean)
    mean -= np.mean(mean)
    newest -= np.mean(newest)
    above = bool(above and np.mean(ratio) > TINY)
    if above:
        ratio /= np.mean(ratio)
    between = float(np.mean(mean * mean))
    if between < TINY:
        return 0.0, 0.0, above, 0.0
    if rows <= p:
        return 0.5, 0.5, above, 0.0
    within = max(square - explained, 0.0) / (rows - p)
    variance = (square - drift * drift / rows) / (rows - 1.0)
    strength = float(max(0.0, 1.0 - within / variance)) if variance > TINY else 0.0
    plain = relative = 0.0
    if above:
        j = k % p
        for t in range(k, n - k):
            plain += abs(x[t] - trends[t] - mean[j])
            relative += abs(x[t] - trends[t] * ratio[j])
            j = j + 1 if j + 1 < p else 0
    better = np.log((relative + 1e-9 * plain) / plain) if above and plain > TINY else 0.0
    shrink = float(max(0.0, 1.0 - within * p / rows / between))
    return shrink, strength, above, better

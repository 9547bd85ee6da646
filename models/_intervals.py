"""Prediction intervals from a model's own earlier errors on the same series.

Source: split conformal prediction (V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", 2005,
chapter 2), weighted towards the newest errors as in R. F. Barber, E. J. Candes, A. Ramdas and R. J. Tibshirani,
"Conformal prediction beyond exchangeability", Annals of Statistics 51 (2023), eq. 9-10.
Errors of all steps are pooled after division by step^growth, so a few origins are enough and steps further ahead than
any error known are covered too.    Cost: O(n log n) for n errors.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Series

OLDEST = 0.1  # weight of an error at the start of the series, against 1 at its end
STEADIEST, FASTEST = 0.0, 1.0  # growth of the errors: none, and that of a trend missed


def half_widths(points: Series, backtest: Series, origins: NDArray[np.intp], steps: int, conf: float) -> Series:
    """Return half the width of the interval at each step.

    Parameters
    ----------
    points : (n,): the series, in any unit.
    backtest : (origins, reach): forecasts of the points that follow each origin, in the same unit.
    origins : (origins,): how many points lie before each, in 1..n-1.
    steps : how many half widths, >= 1.
    conf : coverage in (0, 1]; 1 takes the largest error known.

    Returns
    -------
    (steps,) in the unit of `points`, finite, >= 0, never shrinking with the step; zeros when nothing is known.
    """
    step = np.arange(1, backtest.shape[1] + 1)
    at = origins[:, None] + step - 1  # index of the point that was forecast
    known = at < len(points)
    if not known.any():
        return np.zeros(steps)
    error = np.abs(points[np.minimum(at, len(points) - 1)] - backtest)
    weight = np.where(known, OLDEST ** (1.0 - at / len(points)), 0.0)
    growth = _growth(error, weight, step)
    pooled = (error / step**growth)[known]
    order = np.argsort(pooled)
    mass = np.cumsum(weight[known][order])
    # One further error, the one to come, has the weight 1 of the newest and may be as large as it likes (eq. 10).
    # A point forecast from several origins is one piece of evidence, and so are points whose errors hang together.
    targets, index = np.unique(at[known], return_inverse=True)
    signed = (points[np.minimum(at, len(points) - 1)] - backtest)[known]
    mean_error = np.bincount(index, signed) / np.bincount(index)
    n = np.sum(OLDEST ** (1.0 - targets / len(points))) / _dependence(mean_error)
    reached = np.searchsorted(mass, conf * (1.0 + 1.0 / n) * mass[-1])
    quantile = pooled[order[min(reached, len(order) - 1)]]
    widths: Series = quantile * np.arange(1, steps + 1) ** growth
    return widths


def _dependence(error: Series) -> float:
    """How many errors in a row are worth one: 1 + 2 sum of autocorrelations about 0, Bartlett weights, at least 1.

    G. B. Thiebaux and F. W. Zwiers, "The interpretation and estimation of effective sample size", Journal of Climate
    and Applied Meteorology 23 (1984), eq. 2.1. About 0: errors that are all of one sign are one thing missed.
    """
    n = len(error)
    span = n // 3
    power = np.sum(error**2)
    if power == 0.0 or span < 1:
        return 1.0
    spectrum = np.abs(np.fft.rfft(error, 2 * n)) ** 2
    products = np.fft.irfft(spectrum)[1 : span + 1] / power
    return float(max(1.0, 1.0 + 2.0 * np.sum((1.0 - np.arange(1, span + 1) / (span + 1)) * products)))


def _growth(error: Series, weight: Series, step: NDArray[np.intp]) -> float:
    """Slope of log(root mean square error) over log(step), by least squares, each step weighted as it is known."""
    total = weight.sum(axis=0)
    square = (weight * error**2).sum(axis=0)
    use = (total > 0) & (square > 0)
    if use.sum() < 2:
        return 0.5
    x, y, w = np.log(step[use]), 0.5 * np.log(square[use] / total[use]), total[use]
    x = x - np.average(x, weights=w)
    slope = np.sum(w * x * y) / np.sum(w * x * x)
    return float(np.clip(slope, STEADIEST, FASTEST))

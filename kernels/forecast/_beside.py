"""Covariates for a forecaster that looks at one series: their effect is taken out, and added to what is forecast.

The effect (`_covariate_effect`) is left alone where with it the newest rows would have been forecast worse from those
before them. Its doubt widens the interval: variances add, as if both were normal.

Source: dynamic regression, R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and Practice" (2021),
chapter 10.    Cost: that of the forecaster, and two dozen regressions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kernels.contract import Forecast, Series, Task
from kernels.forecast._covariate_effect import effect
from kernels.numerics.covariates import Covariates
from kernels.numerics.normal import two_sided_quantile
from kernels.numerics.products import times

FOLDS = 3
FOLD_SHARE = 8  # a fold is at most so small a part of the series
FEWEST = 8  # rows before a fold, besides two seasons and the covariates
WORSE = 1.05  # times the error without covariates, from which on they are not used
FURTHEST = 1e100  # deviations of a covariate from its past; more cannot be squared
BOUNDLESS = 1e300
LONGEST, CYCLES, VALUES = 4096, 6, 1 << 18  # the newest rows looked at: so many, or cycles, or over covariates

Median = Callable[[Series, int], Series]  # of a past, so many rows ahead


@dataclass(frozen=True, slots=True)
class Effect:
    """What covariates do: at the rows of the series (n,), ahead (rows,), its standard error there, and for one more."""

    inside: Series
    ahead: Series
    error: Series
    weights: Series


def forecast(
    task: Task, covariates: Covariates, x: Series, period: int, median: Median, alone: Callable[[Task], Forecast]
) -> Forecast:
    """Forecast a series with covariates.

    Parameters
    ----------
    x : (n,) the series. period : its season, 0 for none.
    median : forecasts a past of it, (past, rows) -> (rows,). alone : forecasts a task without covariates.

    Returns
    -------
    Forecast
        as `alone` has it for what covariates leave; extra: ``covariates``, what one more of each adds, 0 for all where
        they are not used.
    """
    found = _effect(x, covariates.inside, covariates.ahead, period)
    rest = replace(task, known={})
    if not np.any(found.inside) or _worse_in_the_past(task, x, covariates.inside, period, median):
        answer, weights = alone(rest), np.zeros(len(covariates.names))
    else:
        left = alone(replace(rest, columns={next(iter(task.columns)): x - found.inside}))
        answer, weights = _added(left, found, task.levels[0], nowhere_below_zero=bool(np.min(x) >= 0.0)), found.weights
    told = dict(zip(covariates.names, np.nan_to_num(weights).tolist(), strict=True))
    return replace(answer, extra={**answer.extra, "covariates": told})


def _effect(x: Series, inside: Series, ahead: Series, period: int) -> Effect:
    """Estimate the effect; its mean over the rows of the series is 0, so that what it leaves keeps the level."""
    unit = float(np.max(np.abs(x))) or 1.0
    largest = np.max(np.abs(inside), axis=1, keepdims=True)
    largest[largest == 0.0] = 1.0
    columns = inside / largest
    centre = columns.mean(axis=1, keepdims=True)
    size = columns.std(axis=1, keepdims=True)
    size[size <= np.finfo(np.float64).eps] = np.inf  # constant in this part of the series
    columns = (columns - centre) / size
    with np.errstate(over="ignore"):  # what is infinite is clipped
        later = np.clip((ahead / largest - centre) / size, -FURTHEST, FURTHEST)
    level = float(np.mean(x / unit))
    newest = max(LONGEST, CYCLES * period, VALUES // len(columns))
    weights, doubt = effect(x[-newest:] / unit - level, columns[:, -newest:], period)
    variance = np.sum(later * times(doubt, np.ascontiguousarray(later)), axis=0)
    with np.errstate(over="ignore"):  # told to the user only, as the largest float where it is infinite
        each = unit * (weights / (size * largest)[:, 0])
    return Effect(
        unit * times(weights[None, :], columns)[0],
        unit * times(weights[None, :], np.ascontiguousarray(later))[0],
        unit * np.sqrt(np.maximum(variance, 0.0)),
        each,
    )


def _worse_in_the_past(task: Task, x: Series, inside: Series, period: int, median: Median) -> bool:
    """Tell whether the newest rows would have been forecast worse with the effect, as it was known before them."""
    n = len(x)
    rows = min(task.rows, n // FOLD_SHARE)
    without = with_it = 0.0
    for at in range(1, FOLDS + 1):
        now = n - at * rows
        if rows < 1 or now < max(2 * period + 1, FEWEST) + len(inside) or task.out_of_time():
            break
        past, truth = x[:now], x[now:][:rows]
        found = _effect(past, np.ascontiguousarray(inside[:, :now]), inside[:, now:][:, :rows], period)
        without += float(np.mean(np.abs(median(past, rows) - truth)))
        with_it += float(np.mean(np.abs(median(past - found.inside, rows) + found.ahead - truth)))
    return with_it > WORSE * without


def _added(left: Forecast, found: Effect, conf: float, *, nowhere_below_zero: bool) -> Forecast:
    """Return the forecast with the effect, its bounds as much further away as the effect is in doubt."""

    def moved(bound: Series, share: float) -> Series:
        z = two_sided_quantile(min(abs(share), 1.0))
        apart = np.hypot(bound - left.value, z * found.error)
        told = np.clip(left.value + found.ahead + np.copysign(apart, share), -BOUNDLESS, BOUNDLESS)
        return np.maximum(told, 0.0) if nowhere_below_zero else told

    quantiles = {share: moved(bound, 2.0 * share - 1.0) for share, bound in left.quantiles.items()}
    value, low, high = moved(left.value, 0.0), moved(left.low, -conf), moved(left.high, conf)
    return replace(left, value=value, low=low, high=high, quantiles=quantiles)

"""Zero-shot forecasting: a small network that was trained on generated series only, once, and fits nothing to yours.

It sees a description of the series without its unit (`_zero_view`, `_zero_features`) and answers the quantiles of every
row ahead at once (`_zero_net`). What it knows are the series it was trained on: docs/zero.md. Its intervals are put
right by the series itself, by the newest rows as it would have forecast them (`_width`), and so are its medians where
there are two seasons (`_zero_repeats`).

Source: prior-fitted networks, S. Mueller et al., "Transformers can do Bayesian inference", ICLR 2022; S. Dooley et al.,
"ForecastPFN: synthetically-trained zero-shot forecasting", NeurIPS 2023. Features, network and prior are our own.
Cost: O(n) for the features, 0.2 million products for each row ahead, and for 20 of the past.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from kernels.contract import FORECAST, Algorithm, BadSeries, Forecast, Json, Needs, Series, Task, as_series
from kernels.forecast import _beside, _gaps
from kernels.forecast._gaps import Observed
from kernels.forecast._trained_times import UNIT_NS
from kernels.forecast._width import Trust, width
from kernels.forecast._zero_net import MEDIAN, SHARES
from kernels.forecast._zero_repeats import lean
from kernels.forecast._zero_view import newest, quantiles
from kernels.numerics.covariates import Covariates, known
from kernels.numerics.normal import normal_quantile, two_sided_quantile
from kernels.numerics.period import Season, season_option, season_told
from kernels.options import Options, option

AT_LEAST = 3
LARGEST = 1e150  # what can still be squared
SECOND = {24: 168, 48: 336, 96: 672, 144: 1008, 288: 2016, 7: 364}  # days of a week, weeks of a year
FOLD_SHARE, FEWEST = 5, 8  # a try in the past: part of the series, rows before it
FOLD_ROWS, COUNTED = 20, 48  # rows of it that are looked at, evenly spread; rows that they count as, at most
TRUST, CONF = Trust(rows=50.0, most=3.0), 0.95  # in it, for the distances from the median; the interval it goes by
WEEKS_OF_A_YEAR = 52
YEAR = ((7, 7, WEEKS_OF_A_YEAR), (30, 31, 12), (90, 92, 4))  # rows that are so many days apart, and how many a year has
DAY_NS = 86_400_000_000_000
Z = [normal_quantile(share) for share in SHARES]


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of zero."""

    period: Season = season_option("auto")
    second: Season = option(
        "auto",
        "rows in a second, longer season; auto: the week over a day, the year over a week, or what is found; weekly "
        "rows of period 0 have the year",
        ge=0,
    )
    gaps: str = _gaps.gaps_option()


@dataclass(frozen=True, slots=True)
class Seen:
    """What is forecast: the series with a row at every step, its seasons in rows, 0 for none, and what is told of both.

    observed : bool (n,), false for rows that were filled. extra : for the answer.
    """

    x: Series
    observed: Observed
    period: int
    second: int
    extra: dict[str, Json]


def forecast(task: Task, params: Params = Params()) -> Forecast:  # noqa: B008  (frozen, no state)
    """Forecast one series.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 3, finite, |value| <= 1e150. Not modified. Its times tell where rows are
        missing, which are filled; of weeks, months and quarters the year is the season where none is found. The effect
        of covariates that are known ahead is taken out before and added to the forecast; with them, rows count as
        evenly spaced.

    Returns
    -------
    Forecast
        value: the median. quantiles: of `SHARES`, and of the bounds of every level, as wide as the newest rows ask for.
        extra: ``periods`` where two seasons are used, ``covariates`` (what one more of each adds) where there are some,
        ``gaps`` (rows that are missing, and how they were filled) likewise.

    Raises
    ------
    TooShort : n < 3.
    BadSeries : a value too large to be squared.
    TooShort, BadSeries : covariates that `kernels.numerics.covariates.known` refuses.
    """
    horizon, seen = task.horizon, looked_at(task, params)
    if (covariates := known(task, "zero")).names:
        return beside(task, covariates, seen, functools.partial(forecast, params=replace(params, gaps=_gaps.NONE)))
    told = _calibrated(seen, horizon.rows)
    low, high = bounds(told, horizon.conf)
    shares = {share: told[:, at] for at, share in enumerate(SHARES)}
    for level in task.levels[1:]:
        shares[(1.0 - level) / 2.0], shares[(1.0 + level) / 2.0] = bounds(told, level)
    extra = {"model_info": "zero", **seen.extra}
    return Forecast(told[:, MEDIAN].copy(), low, high, period=seen.period, quantiles=shares, extra=extra)


def looked_at(task: Task, params: Params) -> Seen:
    """Return what is forecast of a task; raises TooShort, and BadSeries where a value is too large to be squared."""
    x = as_series(task.series, at_least=AT_LEAST)
    if (largest := float(np.max(np.abs(x)))) > LARGEST:
        raise BadSeries(f"values must lie within {LARGEST:g}, got one of magnitude {largest:g}")
    times = task.times if params.gaps == _gaps.FILL else task.times[:0]
    series = _gaps.spread(x, times, fill=not task.known)
    period, second = seasons(series.values, params, task)
    x = _gaps.filled(series, period, newest(period, second), task.out_of_time)
    extra: dict[str, Json] = {"periods": [period, second]} if second else {}
    return Seen(x, series.observed, period, second, extra | series.told)


def _calibrated(seen: Seen, rows_ahead: int) -> Series:
    """Return the quantiles of the rows ahead, put right by what would have been said of the newest rows.

    With two seasons they are moved towards what these repeat; the distances from the median are as large as they had
    to be.
    """
    x, n, ahead = seen.x, len(seen.x), np.arange(1, rows_ahead + 1)
    rows, factor = min(rows_ahead, n // FOLD_SHARE), _gaps.wider(seen.observed)
    if rows < 1 or n - rows < max(2 * seen.period + 1, FEWEST):
        told = quantiles([(x, ahead)], seen.period, seen.second)[0]
    else:
        looked_at = min(rows, FOLD_ROWS)
        tried = 1 + np.arange(looked_at) * (rows - 1) // max(looked_at - 1, 1)
        tried = tried[seen.observed[n - rows - 1 + tried]]
        before, truth, each = x[: n - rows], x[n - rows - 1 + tried], min(rows, COUNTED) / looked_at
        told, past = quantiles([(x, ahead), (before, tried)], seen.period, seen.second)
        if seen.second and len(tried) > 0:
            lean(x, len(before), np.array([seen.period, seen.second]), ahead, tried, each, told, past)
        low, high = bounds(_apart(past, _gaps.wider(seen.observed[: n - rows])), CONF)
        factor *= width(past[:, MEDIAN], low, high, truth, CONF, TRUST, each)
    widened = _apart(told, factor)
    return np.maximum(widened, 0.0) if np.min(x) >= 0.0 else widened


def _apart(told: Series, factor: float) -> Series:
    """Return quantiles so many times as far from the median, (rows, shares) both."""
    median = told[:, MEDIAN : MEDIAN + 1]
    return median + factor * (told - median)


def beside(task: Task, covariates: Covariates, seen: Seen, alone: Callable[[Task], Forecast]) -> Forecast:
    """Return the forecast with covariates by `alone`, which forecasts the rows of a series as they are."""
    ahead = functools.partial(median, period=seen.period, second=seen.second)
    answer = _beside.forecast(task, covariates, seen.x, seen.period, ahead, alone)
    return replace(answer, extra={**answer.extra, **seen.extra})


def seasons(x: Series, params: Params, task: Task) -> tuple[int, int]:
    """Return the season and the second one to use, 0 for none."""
    period, extra = season_told(params.period, x)
    year = _year(task)
    weekly = year == WEEKS_OF_A_YEAR and params.second == "auto" and params.period != "none"
    if period < 2 and (weekly or params.period == "auto"):
        period = year
    if 2 * period > len(x):
        period = 0
    if params.second != "auto":
        second = 0 if params.second == "none" else params.second
    else:
        longer = [found for found in extra.get("periods", []) if found > period]
        second = longer[0] if longer else SECOND.get(period, 0)
    return period, second if period and second > period and 2 * second <= len(x) else 0


def _year(task: Task) -> int:
    """Return how many rows a year has where they are weeks, months or quarters, else 0."""
    days = task.step * UNIT_NS[task.unit] / DAY_NS
    return next((rows for least, most, rows in YEAR if least <= days <= most), 0)


def median(x: Series, rows: int, period: int, second: int) -> Series:
    """Return the medians of the rows ahead, (rows,)."""
    return quantiles([(x, np.arange(1, rows + 1))], period, second)[0][:, MEDIAN]


def bounds(told: Series, conf: float) -> tuple[Series, Series]:
    """Return the interval of coverage `conf`, each (rows,), from the quantiles of `SHARES`.

    Between two shares, and beyond the outermost, a quantile is linear in that of the normal distribution; what was not
    negative before stays so.
    """
    z = two_sided_quantile(conf)
    return _at(told, -z), _at(told, z)


def _at(told: Series, z: float) -> Series:
    after = min(max(bisect_left(Z, z), 1), len(Z) - 1)
    share = (z - Z[after - 1]) / (Z[after] - Z[after - 1])
    bound: Series = told[:, after - 1] + share * (told[:, after] - told[:, after - 1])
    if share < 0.0:
        return np.where(told[:, 0] >= 0.0, np.maximum(bound, 0.0), bound)
    return bound


ALGORITHM = Algorithm(
    "zero",
    "network trained on simulated series; forecasts yours without a fit, with honest intervals",
    FORECAST,
    Params,
    forecast,
    Needs(rows=AT_LEAST, covariates=True),
)

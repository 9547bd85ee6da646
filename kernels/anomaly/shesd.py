"""Seasonal Hybrid ESD: subtract the season, then test for extreme deviates from the median in units of the MAD.

Source: J. Hochenbaum, O. S. Vallis and A. Kejariwal, "Automatic anomaly detection in the cloud via statistical
learning", arXiv:1704.07706 (2017), and the documentation of Twitter's AnomalyDetection package (`longterm`,
`only_last`, `threshold`).    Cost: O(n log n + k log n) for k = max_anoms * n; STL is most of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ldexp
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kernels.contract import ANOMALY, Algorithm, Detection, Flags, Needs, Series, Task, TooShort, as_series
from kernels.numerics import esd
from kernels.numerics.period import Season, season_option, season_told
from kernels.numerics.periodic_fit import fit_periodic
from kernels.numerics.quantiles import median, quantile
from kernels.numerics.scaling import scale_to_unit
from kernels.numerics.stl import decompose
from kernels.options import Options, option

SIDES = {"both": esd.BOTH, "pos": esd.POSITIVE, "neg": esd.NEGATIVE}
THRESHOLDS = {"med_max": 0.5, "p95": 0.95, "p99": 0.99}
LONGTERM_CYCLES = 14  # two weeks of daily seasons
ROUNDING = 1e-11  # of the largest usual value: what the decomposition and a computed pattern (a sine's argument) leave
INPUT_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)  # of the median that is subtracted
EXTREME = 100.0  # MADs around a pattern that repeats exactly: beyond, a value must not take part in the decomposition


def _fraction(text: str) -> float:
    """Read `max_anoms` as a fraction (below 0.499) or as a percentage (1 to 49.9)."""
    value = float(text.rstrip("% "))
    return value / 100.0 if value >= 1.0 or text.rstrip().endswith("%") else value


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of shesd."""

    period: Season = season_option(doc="rows in a season; 0 or auto: found; 1 or none: there is none")
    direction: Literal["both", "pos", "neg"] = option("both", "which anomalies: too high (pos), too low (neg), both")
    max_anoms: float = option(
        0.05,
        "most anomalies, as a fraction of the rows; 1 to 49.9 is a percentage",
        gt=0.0,
        le=0.499,
        aliases=("anoms",),
        parse=_fraction,
        refusal="max_anoms must be a fraction in (0, 0.499] or a percentage in [1, 49.9]",
    )
    alpha: float = option(0.05, "significance of the test", gt=0.0, lt=1.0)
    trend: Literal["auto", "median", "stl"] = option(
        "auto",
        "median: subtract one median, as published; stl: subtract the trend; auto: median, or stl for a found period",
    )
    longterm: bool = option(False, "1: test windows of longterm_period rows, each with its own season and median")
    longterm_period: int = option(0, "rows in such a window; 0: 14 seasons", ge=0)
    only_last: bool = option(False, "1: report only what lies in the last season")
    threshold: Literal["none", "med_max", "p95", "p99"] = option(
        "none", "report only values from the median (med_max), 95 or 99 % quantile (p95, p99) of the seasons' maxima on"
    )


def detect(task: Task, params: Params = Params()) -> Detection:  # noqa: B008  (frozen, no state)
    """Flag the outliers of the series without its season.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 3 and more than two seasons, finite, any unit. Not modified.

    Returns
    -------
    Detection
        score float64 (n,): distance of the deseasoned value from the median, to the wanted side, in units of 1.4826
        MAD; where the MAD is 0, in units of the largest distance. The MAD being 0, all values off the median are
        flagged if they are no more than max_anoms, else none. Remainders within the rounding error count as 0.
        extra : ``period``, the season used, 0 for none.

    Raises
    ------
    TooShort : n < 3, or two seasons or less in the series or in a window of it.
    """
    x = as_series(task.series, at_least=3)
    scale_to_unit(x)
    centre = median(x)
    x -= centre
    rounding = ldexp(INPUT_ROUNDING * abs(centre), -scale_to_unit(x))
    asked = params.period or "auto"
    period, seasons = season_told(asked, x)
    with_trend = params.trend == "stl" or (params.trend == "auto" and asked == "auto" and period > 0)
    flags, score = np.ones(len(x), np.int8), np.zeros(len(x))
    for begin, end in _windows(len(x), period, params):
        window_flags, window_score = _test(x[begin:end].copy(), period, with_trend, rounding, params)
        np.minimum(flags[begin:end], window_flags, out=flags[begin:end])
        np.maximum(score[begin:end], window_score, out=score[begin:end])
    flags[~_reported(x, period, params)] = 1
    return Detection(flags, score, {"period": period} | seasons)


def _windows(n: int, period: int, params: Params) -> Iterator[tuple[int, int]]:
    """Yield the windows to test one by one: all rows, or long-term pieces, the last of which may overlap."""
    size = params.longterm_period or LONGTERM_CYCLES * period
    if not params.longterm or size == 0 or size >= n:
        size = n
    if size < 3 or size <= 2 * period:
        raise TooShort(f"more than two seasons are needed, got {size} rows with period {period}")
    for begin in range(0, n, size):
        yield min(begin, n - size), min(begin + size, n)


def _test(x: Series, period: int, with_trend: bool, rounding: float, params: Params) -> tuple[Flags, Series]:
    """Subtract the season and the median, or the trend, and test what remains.

    rounding : that of the values of x.
    """
    most = min(max(int(params.max_anoms * len(x)), 1), len(x) - 2)
    if period:
        usual = _without_extremes(x, period, most, rounding)
        rounding += ROUNDING * float(np.max(np.abs(usual)))
        season, trend, _ = decompose(usual, period)
        x -= season
        if with_trend:
            x -= trend
    else:
        rounding += ROUNDING * float(np.partition(np.abs(x), -most - 1)[-most - 1])
    x -= median(x)
    x[np.abs(x) <= rounding] = 0.0
    return esd.hybrid_esd(x, np.argsort(x, kind="stable"), most, params.alpha, SIDES[params.direction])


def _without_extremes(x: Series, period: int, most: int, rounding: float) -> Series:
    """Replace what lies so far off an exact pattern that its neighbours would lose their weights in its stead."""
    fitted = fit_periodic(x, period)
    away = np.abs(x - fitted)
    bound = EXTREME * median(away) + rounding + ROUNDING * float(np.max(np.abs(fitted)))
    extreme = away > bound
    return np.where(extreme, fitted, x) if np.count_nonzero(extreme) <= most else x


def _reported(x: Series, period: int, params: Params) -> NDArray[np.bool_]:
    """Tell which rows may be reported: `only_last` and `threshold` hide the others, given a season."""
    shown = np.ones(len(x), np.bool_)
    if period and params.only_last:
        shown[:-period] = False
    if period and params.threshold != "none":
        maxima = np.array([x[begin : begin + period].max() for begin in range(0, len(x), period)])
        shown &= x >= quantile(maxima, THRESHOLDS[params.threshold])
    return shown


ALGORITHM = Algorithm(
    "shesd", "Seasonal Hybrid ESD: deviates from season and median, tested", ANOMALY, Params, detect, Needs(rows=3)
)

"""The parts of a series: a trend, a season for each of its periods, and the remainder; together they are the series.

Source: robust periodic STL, see `kernels.numerics.stl`; of several seasons one after the other, twice: K. Bandara,
R. J. Hyndman and C. Bergmeir, "MSTL: a seasonal-trend decomposition algorithm for time series with multiple seasonal
patterns" (2021). Without a season the trend is a loess line.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.files.calendar import axis
from appliance.files.run import filling
from appliance.files.series import FileError, FileResult, FileSeries
from appliance.protocol import fields
from appliance.protocol.documents import BadRequest
from kernels.contract import Series
from kernels.numerics.loess import smooth
from kernels.numerics.period import CYCLES, find_periods
from kernels.numerics.stl import decompose

LEAST = 3  # rows
PASSES = 2  # over several seasons


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a series: what it is called, and float64 (n,) at the rows of the series."""

    name: str
    values: Series


def parts_of(result: FileResult, column: str, given: Mapping[str, str]) -> list[Part]:
    """Return trend, seasons from the shortest on, and remainder of a column.

    given : the options of the algorithm; a ``period`` counts where the answer does not tell which one it has used.

    Raises
    ------
    FileError : fewer than LEAST rows.
    """
    series = dataclasses.replace(result.series, columns={column: result.series.columns[column]})
    n = len(series.times)
    if n < LEAST:
        raise FileError(f"--plot-parts: column {column} has {n} rows, at least {LEAST} are needed")
    whole, rows = _even(series)
    # a power of two changes no digit, and keeps squares of the largest values finite
    size = 2.0 ** min(int(np.frexp(np.abs(whole).max())[1]), 1023)
    wanted = _periods(result, given, whole / size)
    periods = sorted(period for period in wanted if len(whole) > 2 * period)
    trend, seasons = _decomposed(whole / size, periods)
    remainder = whole / size - trend - sum(seasons, np.zeros(len(whole)))
    if periods:
        trend_name = "trend"
    elif wanted:
        trend_name = f"trend (no season: {len(whole):,} rows are not more than two periods of {min(wanted):,})"
    else:
        trend_name = "trend (no season)"
    named = [f"season, period {period:,} rows" for period in periods]
    every = zip([trend_name, *named, "remainder"], [trend, *seasons, remainder], strict=True)
    return [Part(name, values[rows] * size) for name, values in every]


def _even(series: FileSeries) -> tuple[Series, NDArray[np.int64]]:
    """Return the values with gaps filled, as an algorithm with a period gets them, and which of them are rows.

    Rows that are on no regular axis, or where too many are missing, count as evenly spaced.
    """
    (values,) = series.columns.values()
    rows = np.arange(len(values))
    try:
        found = axis.find(series.times, series.precision, series.clock)
        whole, _ = filling.even(series, found, None, lambda: False)
    except BadRequest:
        return values, rows
    if whole is series:
        return values, rows
    (filled,) = whole.columns.values()
    return filled, np.append(0, np.cumsum(filling.steps(series, found)))


def _periods(result: FileResult, given: Mapping[str, str], values: Series) -> Sequence[int]:
    """Return the periods that the algorithm has used, else those that were asked for, else those that are found."""
    told = {fields.PERIOD: getattr(result.answer, fields.PERIOD, 0), **result.answer.extra}
    used = told.get("periods") or [told[fields.PERIOD]]
    if all(isinstance(period, int) and period >= 2 for period in used):
        return used
    asked = given.get(fields.PERIOD, "auto").lower()
    if asked == "auto":
        return find_periods(values)
    period = 0 if asked == "none" else int(float(asked))
    return [period] if period >= 2 else []


def _decomposed(values: Series, periods: Sequence[int]) -> tuple[Series, list[Series]]:
    """Return the trend and a season for each period."""
    n = len(values)
    trend, seasons = np.zeros(n), [np.zeros(n) for _ in periods]
    for _ in range(PASSES if len(periods) > 1 else 1):
        for at, period in enumerate(periods):
            others = sum((season for other, season in enumerate(seasons) if other != at), np.zeros(n))
            seasons[at], trend, _ = decompose(values - others, period)
    if not periods:  # what is slower than a season could be
        span = max(n // CYCLES, 3) | 1
        smooth(values, np.ones(n), False, span, -(-span // 10), trend)
    return trend, seasons

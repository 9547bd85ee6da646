"""ARIMA with seasons: exact maximum likelihood, orders found automatically or given.

Sources: G. E. P. Box and G. M. Jenkins, "Time Series Analysis" (1970), chapters 3 to 9; R. J. Hyndman and
Y. Khandakar, "Automatic time series forecasting: the forecast package for R", J. Statistical Software 27 (2008). The
likelihood is in `kernels.numerics.innovations`, its maximum in `_arima_fit`, the search in `_arima_search`, the
intervals in `_arima_answer`.
Cost: O(n (p + q + m (P + Q))) per likelihood while the filter settles, O(n (p + 1) (P + 1)) after that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from kernels.contract import FORECAST, Algorithm, BadParameter, Forecast, Json, Needs, Series, Task, TooShort, as_series
from kernels.forecast._arima_answer import Differenced, answer, answer_for_constant
from kernels.forecast._arima_harmonics import Harmonics, harmonics
from kernels.forecast._arima_orders import Limits, Orders
from kernels.forecast._arima_regression import Regressors, combined, rest
from kernels.forecast._arima_scale import Scaled, differenced, scaled
from kernels.forecast._arima_search import Fit, Search
from kernels.forecast._arima_short import SHORT, one_difference
from kernels.numerics.covariates import known
from kernels.numerics.period import Season, season_option, season_told
from kernels.numerics.stationarity import KPSS_5_PERCENT, STRONG_SEASON, kpss, seasonal_strength
from kernels.options import Options, check, option

Auto = Literal["auto"]
AT_LEAST = 3
LONGEST_SEASON = 350  # rows; a longer one is made of harmonics unless seasonal orders are given


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of arima."""

    period: Season = season_option()
    start_p: int = option(0, "AR order the search also starts from, at most max_p", ge=0)
    max_p: int = option(10, "largest AR order of the search", ge=0, le=20)
    start_q: int = option(0, "MA order the search also starts from, at most max_q", ge=0)
    max_q: int = option(10, "largest MA order of the search", ge=0, le=20)
    d: int | Auto = option("auto", "differences; auto: by the KPSS test", ge=0, le=2)
    p: int | Auto = option("auto", "AR order; auto: searched", ge=0, le=20)
    q: int | Auto = option("auto", "MA order; auto: searched", ge=0, le=20)
    P: int | Auto = option("auto", "seasonal AR order, in seasons; auto: searched", ge=0, le=5)
    D: int | Auto = option("auto", "seasonal differences; auto: by the season's strength", ge=0, le=2)
    Q: int | Auto = option("auto", "seasonal MA order, in seasons; auto: searched", ge=0, le=5)
    max_P: int = option(2, "largest seasonal AR order", ge=0, le=5)
    max_Q: int = option(2, "largest seasonal MA order", ge=0, le=5)
    max_d: int = option(2, "most differences that the test may choose", ge=0, le=2)
    max_D: int = option(1, "most seasonal differences that the test may choose", ge=0, le=2)

    def __post_init__(self) -> None:
        check(self)
        for name in ("p", "q"):
            start, most = getattr(self, f"start_{name}"), getattr(self, f"max_{name}")
            if start > most:
                raise BadParameter(f"start_{name} must be 0 to max_{name}={most}, got {start}")


def forecast(task: Task, params: Params = Params()) -> Forecast:  # noqa: B008  (frozen, no state)
    """Forecast one series.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 3, finite, any unit. Not modified. Covariates that are known ahead make
        it a regression with ARIMA errors.

    Returns
    -------
    Forecast
        extra: ``model_info``, ``search`` (how the orders were found) and ``diagnostics``: loglik, aic, aicc of the
        differenced series, sigma2 (innovation variance, squared units), params, n_models, and with covariates their
        coefficients as ``covariates``; ``periods`` where several seasons were found.

    Raises
    ------
    TooShort : n < 3, fewer values than the period, or none left after the differences asked for.
    BadSeries, TooShort : a covariate that `kernels.numerics.covariates.known` refuses, or that differencing removes.
    """
    horizon, found = task.horizon, fitted(task, params)
    if found.way is None:
        return answer_for_constant(found.model, horizon)
    answered = answer(found.model, *found.way, horizon)
    return replace(answered, extra={**answered.extra, **found.seasons})


@dataclass(frozen=True, slots=True)
class Fitted:
    """A differenced series, the model that was found for it and how (None: it is constant), and its seasons."""

    model: Differenced
    way: tuple[Fit, Search, Limits] | None
    seasons: dict[str, Json]


def fitted(task: Task, params: Params) -> Fitted:
    """Find the model of a task; raises what `forecast` does."""
    z = scaled(as_series(task.series, at_least=AT_LEAST))
    beside = Regressors.of(known(task, "arima"))
    m, seasons = _season(z.values, params)
    d, seasonal_d = differences(replace(z, values=rest(z.values, beside.inside, constant=True)), m, params)
    d, seasonal_d = _telling(beside, d, seasonal_d, m, params)
    season: Harmonics | None = None
    if _long_season(len(z.values), m, d, params):
        season, seasonal_d = harmonics(_without(z.values, beside, m), m, d), 0
        z = replace(z, values=z.values - season.inside(len(z.values)))
        params = replace(params, P=0, Q=0)
    w = differenced(z.values, d, seasonal_d, m)
    regressors = beside.differenced(d, seasonal_d, m) if beside.names else None
    model = Differenced(z, w, d, seasonal_d, m, season, regressors)
    rounding = z.rounding * 2.0 ** (d + seasonal_d)
    if np.ptp(w) <= rounding:
        return Fitted(model, None, seasons)
    limits = _limits(params, d, seasonal_d, m, mean_needed=z.centre != 0.0 or beside.need_a_mean)
    columns, estimated = np.empty((0, 0)), 2 * season.count if season else 0
    if regressors:
        columns, estimated = regressors.w, estimated + len(regressors.names)
        limits = _limits_beside(limits, regressors, w, rounding)
    search = Search(w / np.std(w), m, task.out_of_time, estimated, columns)
    fit = search.run(limits, Orders(params.start_p, params.start_q))
    return Fitted(model, (fit, search, limits), seasons)


def _telling(beside: Regressors, d: int, seasonal_d: int, m: int, params: Params) -> tuple[int, int]:
    """Return d and D, fewer where a test chose so many that a covariate would vanish or become another's."""
    if not beside.names:
        return d, seasonal_d
    fewest = 0 if params.d == "auto" else d, 0 if params.D == "auto" else seasonal_d
    for big in range(seasonal_d, fewest[1] - 1, -1):
        for small in range(d, fewest[0] - 1, -1):
            if beside.told_apart(small, big, m):
                return small, big
    return d, seasonal_d


def _without(values: Series, beside: Regressors, m: int) -> Series:
    """Return the series less what covariates explain of its seasonal differences, which know no season."""
    if not beside.names:
        return values
    columns = beside.differences(0, 1, m)
    weights = np.asarray(np.linalg.lstsq(columns.T, differenced(values, 0, 1, m), rcond=None)[0], dtype=np.float64)
    return np.asarray(values - combined(weights, beside.inside))


def _limits_beside(limits: Limits, regressors: Regressors, w: Series, rounding: float) -> Limits:
    """Return the limits for a series with regressors: no constant that they tell, no ARMA of nothing."""
    if regressors.tell_a_constant:
        limits = replace(limits, constants=(False,), most=replace(limits.most, constant=False))
    if np.ptp(rest(w, regressors.w, constant=limits.constants[0])) <= rounding:
        limits = Limits(Orders(0, 0), Orders(0, 0), limits.constants[:1])
    return limits


def _long_season(n: int, m: int, d: int, params: Params) -> bool:
    """Tell whether the season is to be made of harmonics."""
    free = params.P == params.D == params.Q == "auto" and params.max_P + params.max_D + params.max_Q > 0
    return m > LONGEST_SEASON and n - d >= 2 * m and free


def _season(values: Series, params: Params) -> tuple[int, dict[str, Json]]:
    """Return the season length, 0 for none, and what the answer tells of seasons."""
    period, seasons = season_told(params.period, values)
    if period > len(values):
        raise TooShort(f"number of input data is less than the periods: {len(values)} values, period {period}")
    return period, seasons


def differences(z: Scaled, m: int, params: Params) -> tuple[int, int]:
    """Return d and D: those given, or by tests."""
    values = z.values
    seasonal_d = params.D if params.D != "auto" and m else 0
    if params.D == "auto" and m:
        while seasonal_d < params.max_D and seasonal_strength(values, m) > STRONG_SEASON:
            seasonal_d += 1
            values = values[m:] - values[:-m]
    elif m:
        values = differenced(values, 0, seasonal_d, m)
    if params.d != "auto":
        d = params.d
    elif not m and AT_LEAST < len(values) < SHORT and np.ptp(values) > z.rounding:
        d = int(params.max_d > 0 and one_difference(values))
    else:
        d = 0
        while d < params.max_d and len(values) > AT_LEAST and np.ptp(values) > z.rounding * 2.0 ** (d + seasonal_d):
            if kpss(values) <= KPSS_5_PERCENT:
                break
            d += 1
            values = np.diff(values)
    left = len(z.values) - d - m * seasonal_d
    if left < AT_LEAST:
        raise TooShort(f"at least {AT_LEAST} values must be left after differencing d={d}, D={seasonal_d}, got {left}")
    return d, seasonal_d


def _limits(params: Params, d: int, seasonal_d: int, m: int, mean_needed: bool) -> Limits:
    """Return what the search may try. All orders given: that one model, with a mean only where d + D is 0."""

    def within(given: int | Auto, most: int) -> tuple[int, int]:
        return (0, most) if given == "auto" else (given, given)

    max_p, max_q = params.max_p, params.max_q
    if m and params.max_P:
        max_p = min(max_p, m - 1)  # a longer lag is the season's
    if m and params.max_Q:
        max_q = min(max_q, m - 1)
    p, q = within(params.p, max_p), within(params.q, max_q)
    big_p = within(params.P, params.max_P) if m else (0, 0)
    big_q = within(params.Q, params.max_Q) if m else (0, 0)
    given = "auto" not in (params.p, params.q) and all(low == high for low, high in (p, q, big_p, big_q))
    constants: tuple[bool, ...] = (True, False) if d + seasonal_d < 2 else (False,)
    if given or (mean_needed and d + seasonal_d == 0):
        constants = (d + seasonal_d == 0,)
    return Limits(Orders(p[0], q[0], big_p[0], big_q[0]), Orders(p[1], q[1], big_p[1], big_q[1]), constants)


ALGORITHM = Algorithm(
    "arima",
    "ARIMA with seasons: exact maximum likelihood, orders found automatically",
    FORECAST,
    Params,
    forecast,
    Needs(rows=AT_LEAST, covariates=True),
)

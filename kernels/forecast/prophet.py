"""Prophet: a trend whose slope changes, and seasons of the day, the week and the year by the time stamps.

The most probable parameters of the model, found by a kernel of our own (`_prophet_fit`), not by Stan. The interval is
that of the noise and of changes of slope to come, as many and as large as those before. Covariates, such as holidays,
stand beside the seasons.

Source: S. J. Taylor and B. Letham, "Forecasting at scale", The American Statistician 72 (2018).
Cost: O(n p**2), p <= 61 parameters; more where the model is not linear.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log
from typing import Literal

import numpy as np

from kernels.contract import FORECAST, Algorithm, BadParameter, BadSeries, Forecast, Needs, Series, Task, TooShort
from kernels.forecast._contracted import finite
from kernels.forecast._prophet_course import CALENDAR, MOST_ORDER, Course, basis, days, fourier
from kernels.forecast._prophet_fit import fit
from kernels.numerics.covariates import Covariates, known
from kernels.options import Options, check, option

MOST_ROWS = 3000
CHANGEPOINTS, HISTORY = 25, 0.8  # of the slope, evenly in the first part of the rows
SLOPE, SEASON = 5.0, 10.0  # deviations of the priors
Order = int | Literal["auto", "true", "false"]


def _order(name: str) -> Order:
    told = CALENDAR[name]
    return option(  # type: ignore[no-any-return]  # a field
        "auto",
        f"season of {told.days:g} days: true (Fourier order {told.order}), false, an order; auto: where it can be told",
        ge=0,
        le=MOST_ORDER,
    )


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of prophet."""

    growth: Literal["linear", "logistic", "flat"] = option(
        "linear", "form of the trend; logistic needs cap", parse=str.lower
    )
    yearly_seasonality: Order = _order("yearly")
    weekly_seasonality: Order = _order("weekly")
    daily_seasonality: Order = _order("daily")
    changepoint_prior_scale: float = option(0.05, "how easily the slope changes", gt=0, le=1000)
    seasonality_mode: Literal["additive", "multiplicative"] = option(
        "additive", "whether seasons are added to the trend or multiplied with it", parse=str.lower
    )
    cap: float | Literal["none"] = option("none", "what a logistic trend tends to, in the unit of the data")
    floor: float = option(0.0, "what a logistic trend comes from")

    def __post_init__(self) -> None:
        check(self)
        if self.growth == "logistic" and (self.cap == "none" or not self.cap > self.floor):
            raise BadParameter(f"growth=logistic needs a cap above floor={self.floor:g}, got cap={self.cap}")


def forecast(task: Task, params: Params = Params()) -> Forecast:  # noqa: B008  (frozen, no state)
    """Forecast one series.

    Parameters
    ----------
    task : its first column, float64 (n,), 2 <= n <= 3000, finite, |value| <= 1e150. Not modified. The times of its
        rows, and the step of those ahead; without times, rows are a step apart and end before the first one ahead.
        Covariates that are known ahead are added to the seasons.

    Returns
    -------
    Forecast
        mse is None. extra: ``model_info``, ``seasons`` (days of those used), ``changepoints``: how often the slope
        changes; with covariates ``covariates``: what one more of each adds, as a share of the trend where the seasons
        are multiplied.

    Raises
    ------
    TooShort : n < 2. BadSeries : too many rows, not finite, too large, or times that do not increase; a covariate that
        `kernels.numerics.covariates.known` refuses.
    BadParameter : no step.
    """
    course = train(task, params)
    changes = course.theta[2 : course.trend]
    told = {"changepoints": int(np.sum(np.abs(changes) > 0.01 * params.changepoint_prior_scale))}
    found = course.run(task)
    return replace(found, extra={**found.extra, **told})


def train(task: Task, params: Params = Params()) -> Course:  # noqa: B008  (frozen, no state)
    """Return the course of the first column by its times and covariates; raises what `forecast` does."""
    x = finite(task)
    n = len(x)
    if n < 2:
        raise TooShort(f"number of input data is less than the required periods: {n} rows, at least 2 are needed")
    if n > MOST_ROWS:
        raise BadSeries(f"number of input data is too large: {n} rows, at most {MOST_ROWS}")
    now = _now(task, n)
    floor = params.floor if params.growth == "logistic" else 0.0
    unit = float(np.max(np.abs(x - floor))) or 1.0
    y = (x - floor) / unit
    cap = (params.cap - floor) / unit if params.growth == "logistic" and params.cap != "none" else 0.0
    t = (now - now[0]) / (now[-1] - now[0])
    changes = _changepoints(t) if params.growth != "flat" else np.empty(0)
    seasons = _seasons(now, params)
    beside = known(task, "prophet")
    inside, origin, size = _standardised(beside)
    trend, season = basis(t, changes, params.growth), np.column_stack([fourier(now, seasons), *inside])
    q, s = trend.shape[1], season.shape[1]
    precision = np.concatenate([np.full(q, SLOPE**-2.0), np.full(s, SEASON**-2.0)])
    laplace = np.zeros(q + s)
    laplace[q - len(changes) : q] = params.changepoint_prior_scale
    multiplied = params.seasonality_mode == "multiplicative"
    theta = _start(y, t, cap, q, s, params)
    variance = fit(trend, season, y, cap, multiplied, precision, laplace, theta)
    own, orders = len(theta) - len(size), {**dict.fromkeys(CALENDAR, 0), **dict(seasons)}
    first, span = float(now[0]), float(now[-1] - now[0])
    return Course(
        params.growth,
        multiplied,
        unit,
        floor,
        cap,
        first,
        span,
        variance,
        **orders,
        changes=changes,
        theta=theta[:own],
        covariates=beside.names,
        effect=np.array([origin, size, theta[own:]]),
    )


def _now(task: Task, n: int) -> Series:
    """Return the times of the rows in days since 1970, (n,)."""
    if task.step <= 0:
        raise BadParameter("time_step must be specified for Prophet")
    now = task.times if len(task.times) == n else task.start + task.step * np.arange(-n, 0, dtype=np.int64)
    if not np.all(np.diff(now) > 0):
        row = int(np.argmin(np.diff(now) > 0)) + 1
        raise BadSeries(f"times must increase, got {now[row]} at row {row} after {now[row - 1]}")
    told = days(now, task.unit)
    if not np.all(np.diff(told) > 0):
        raise BadSeries(f"rows {task.step} {task.unit} apart are too near to each other to be told apart in days")
    return told


def _changepoints(t: Series) -> Series:
    """Return when the slope may change, evenly among the rows of the first part."""
    rows = int(np.floor(len(t) * HISTORY))
    count = min(CHANGEPOINTS, rows - 1)
    if count < 1:
        return np.empty(0)
    return np.asarray(t[np.linspace(0, rows - 1, count + 1).round().astype(np.int64)[1:]])


def _seasons(now: Series, params: Params) -> list[tuple[str, int]]:
    """Return the seasons that are used, and their Fourier orders."""
    span, step = now[-1] - now[0], float(np.min(np.diff(now)))
    found = []
    for name, calendar in CALENDAR.items():
        given = getattr(params, f"{name}_seasonality")
        if given == "auto":
            told = min(calendar.order, int(calendar.days / (2.0 * step)))  # faster waves look like slower ones
            given = told if span >= calendar.span and step < calendar.step else 0
        order = {"true": calendar.order, "false": 0}.get(given, given)
        if order:
            found.append((name, order))
    return found


def _standardised(beside: Covariates) -> tuple[Series, Series, Series]:
    """Return covariates of mean 0 and deviation 1 (k, n), and origin and size of each; those of 0 and 1 as they are."""
    if not beside.names:
        return beside.inside, np.empty(0), np.empty(0)
    unit = np.max(np.abs(beside.inside), axis=1, keepdims=True)  # so that squares do not underflow
    whether = np.all((beside.inside == 0.0) | (beside.inside == 1.0), axis=1, keepdims=True)
    origin = np.where(whether, 0.0, np.mean(beside.inside, axis=1, keepdims=True))
    size = np.where(whether, 1.0, unit * np.std(beside.inside / unit, axis=1, keepdims=True, ddof=1))
    return (beside.inside - origin) / size, origin[:, 0], size[:, 0]


def _start(y: Series, t: Series, cap: float, q: int, s: int, params: Params) -> Series:
    """Return parameters to start from: the line through the first and the last row."""
    theta = np.zeros(q + s)
    if params.growth == "flat":
        theta[0] = np.mean(y)
        return theta
    first, last = y[0], y[-1]
    if cap:
        first, last = (log(share / (1.0 - share)) for share in np.clip(np.array([first, last]) / cap, 0.01, 0.99))
    theta[0], theta[1] = last - first, first
    return theta


ALGORITHM = Algorithm(
    "prophet",
    "trend with changepoints and seasons of day, week and year by the time stamps",
    FORECAST,
    Params,
    forecast,
    Needs(rows=2, times=True, covariates=True),
)

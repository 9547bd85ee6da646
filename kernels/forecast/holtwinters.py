"""Holt-Winters: exponential smoothing with or without trend and season, chosen or found automatically.

Source: C. C. Holt, "Forecasting seasonals and trends by exponentially weighted moving averages" (1957), P. R. Winters,
"Forecasting sales by exponentially weighted moving averages", Management Science 6 (1960), in the state space form of
R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, "Forecasting with Exponential Smoothing" (2008).
Cost: O(n (6 + period)**2) per iteration of the fit, some dozens of iterations per form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kernels.contract import (
    FORECAST,
    Algorithm,
    BadParameter,
    BadSeries,
    Forecast,
    Needs,
    NotConverged,
    Series,
    Task,
    TooShort,
    as_series,
)
from kernels.forecast._ets_answer import answer
from kernels.forecast._ets_model import Fitted, Form, fit_explicit, fit_simple, select, with_likelier_error
from kernels.numerics.period import Season, season_option, season_told
from kernels.options import Options, check, option

Shape = Literal["none", "add", "mul", "auto"]
LARGEST = 1e150  # what can still be squared
FEWEST = {"none": 2, "add": 4, "mul": 4}  # rows per trend


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of holtwinters."""

    trend: Shape = option(
        "none",
        "growth per row: added, multiplied, or whichever fits better (auto)",
        parse=str.lower,
        refusal="trend parameter can only be 'mul' or 'add', or 'none' or 'auto'",
    )
    seasonal: Shape = option(
        "none",
        "season: added, multiplied, or whichever fits better (auto); needs period, and two whole periods of rows",
        parse=str.lower,
        refusal="seasonal parameter can only be 'mul' or 'add', or 'none' or 'auto'",
    )
    period: Season = season_option()
    damped: Literal[0, 1, "auto"] = option(
        "auto", "1: the trend fades out; 0: it does not; auto: both are tried with trend=auto, else 0"
    )

    def __post_init__(self) -> None:
        check(self)
        if self.damped == 1 and self.trend == "none":
            raise BadParameter("damped=1 needs trend=add, trend=mul or trend=auto, got trend=none")


def forecast(task: Task, params: Params = Params()) -> Forecast:  # noqa: B008  (frozen, no state)
    """Forecast one series.

    Neither trend nor season: the level starts at the first value, alpha by least squares. Otherwise the initial
    states are estimated too, by least squares (see `fit_explicit`); with ``auto``, by maximum likelihood, and the form
    of lowest AICc among additive and multiplicative errors answers. With a multiplicative trend or season the errors
    are then taken as additive or relative, whichever is likelier. Forecast and interval are those of the model that
    ``extra`` tells.

    Parameters
    ----------
    task : its first column, float64 (n,), finite, evenly spaced, |value| <= 1e150; > 0 with ``mul``. Not modified.
        n >= 2, with a trend n >= 4, with a season n >= 2 period.

    Returns
    -------
    Forecast
        extra: ``model_info`` such as ETS(A,Ad,M), ``trend``, ``seasonal`` and ``damped`` as used, ``diagnostics``
        (log-likelihood, criteria, variance of the errors -- relative ones for ETS(M,...) -- and parameters),
        ``periods`` where several seasons were found.

    Raises
    ------
    TooShort : fewer values than the form needs.
    BadSeries : a value <= 0 with ``mul``, or too large to be squared.
    NotConverged : no fit, or a multiplicative trend that overflows within the horizon.
    """
    return answered(task, params)[0]


def answered(task: Task, params: Params, only: Form | None = None) -> tuple[Forecast, Form]:
    """Return the answer of `forecast` and the form that was chosen; of the forms to try, just `only` where it is one.

    Raises
    ------
    TooShort, BadSeries, NotConverged : as `forecast` does.
    """
    horizon = task.horizon
    y = as_series(task.series, at_least=FEWEST["none"])
    if (largest := float(np.max(np.abs(y)))) > LARGEST:
        raise BadSeries(f"values must lie within {LARGEST:g}, got one of magnitude {largest:g}")
    period, seasons = season_told(params.period, y)
    forms = _forms(y, period, params)
    if only is not None and only in forms:
        forms = [only]
    tried = 1
    fitted: Fitted | None
    if params.trend == "none" and (params.seasonal == "none" or period < 2):
        fitted = fit_simple(y)
    elif "auto" in (params.trend, params.seasonal):
        fitted, tried = select(y, forms, period, horizon)
    else:
        fitted = fit_explicit(y, forms[0])
    if fitted is None:
        raise NotConverged(f"no {forms[0]} model fits this series: its level or season would have to be <= 0")
    chosen = fitted.form
    if "mul" in (chosen.trend, chosen.seasonal):
        fitted = with_likelier_error(fitted)
    found = answer(
        fitted,
        horizon,
        found="auto" in (params.trend, params.seasonal),
        tried=tried,
        planned=len(forms),
        instead="damped=1, trend=add or trend=auto",
        seasons=seasons,
    )
    return found, chosen


def _forms(y: Series, period: int, params: Params) -> list[Form]:
    """List the forms to fit, the simplest first; refuse what the series does not allow."""
    n = len(y)
    if period > n:
        raise TooShort(f"number of input data is less than the periods: {n} rows, period {period}")
    seasonal = params.seasonal if period > 1 else "none"
    if seasonal in ("add", "mul") and n < 2 * period:
        raise TooShort(f"a season needs two whole periods, {2 * period} rows, got {n}")
    if params.trend in ("add", "mul") and n < FEWEST[params.trend]:
        raise TooShort(f"a trend needs at least {FEWEST[params.trend]} rows, got {n}")
    positive = bool(np.all(y > 0.0))
    if "mul" in (params.trend, seasonal) and not positive:
        row = int(np.argmax(y <= 0.0))
        raise BadSeries(f"a multiplicative trend or season needs values > 0, got {y[row]:g} at row {row}")

    automatic = "auto" in (params.trend, seasonal)
    trends = {"auto": ["none", "add"] if n >= FEWEST["add"] else ["none"]}.get(params.trend, [params.trend])
    seasons = {"auto": ["none", "add", "mul"] if n >= 2 * period else ["none"]}.get(seasonal, [seasonal])
    forms = []
    for season in seasons:
        for trend in trends:
            for damped in _dampings(trend, params):
                for error in ("add", "mul") if automatic else ("add",):
                    form = Form(error, trend, season, damped, period if season != "none" else 0)
                    unstable = automatic and error == "add" and "mul" in (trend, season)
                    if (positive or not form.multiplicative) and not unstable:
                        forms.append(form)
    return forms


def _dampings(trend: str, params: Params) -> list[bool]:
    """List whether to damp a trend: both only where the trend is automatic."""
    if trend == "none":
        return [False]
    if params.damped == "auto":
        return [False, True] if params.trend == "auto" else [False]
    return [params.damped == 1]


ALGORITHM = Algorithm(
    "holtwinters",
    "Holt-Winters exponential smoothing; trend=auto,seasonal=auto finds the form",
    FORECAST,
    Params,
    forecast,
    Needs(rows=2),
)

"""Exponential smoothing by the letters of its form: error, trend and season, each given or found.

A form that is named is fitted by maximum likelihood. Of several, that of the lowest AICc answers whose innovations and
forecasts inside the series are sound, as for `holtwinters` with everything found.

Source: R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, "Forecasting with Exponential Smoothing" (2008),
tables 2.2 and 2.3: the thirty forms.    Cost: that of holtwinters for each form.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np

from kernels.contract import FORECAST, Algorithm, BadParameter, Forecast, Needs, NotConverged, Series, Task, TooShort
from kernels.forecast._contracted import refuse_not_positive, series_and_season
from kernels.forecast._ets_answer import answer
from kernels.forecast._ets_model import Form, fit_form, select
from kernels.numerics.period import Season, season_option
from kernels.options import Options, check, option

LETTERS = ("AMZ", "NAMZ", "NAMZ")  # of error, trend and season
NAMED = {"N": "none", "A": "add", "M": "mul"}
FOUND = ("AM", "NA", "NAM")  # what Z stands for: a trend that multiplies runs away too often
FEWEST_WITH_TREND = 4  # rows
DAMPED = {"0": 0, "false": 0, "1": 1, "true": 1, "auto": "auto"}


def _damped(text: str) -> int | str:
    if text.lower() not in DAMPED:
        raise BadParameter(f"damped parameter can only be 0 or 1, got {text}")
    return DAMPED[text.lower()]  # type: ignore[return-value]  # a union of both


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of ets."""

    model: str = option(
        "ZZZ",
        "letters of error (A M Z), trend (N A M Z) and season (N A M Z): none, added, multiplied, found",
        parse=str.upper,
    )
    damped: Literal[0, 1, "auto"] = option(
        "auto",
        "1: the trend fades out; 0: it does not; auto: whichever fits better",
        parse=_damped,
        refusal="damped parameter can only be 0 or 1",
    )
    period: Season = season_option()

    def __post_init__(self) -> None:
        check(self)
        if len(self.model) != 3 or any(one not in allowed for one, allowed in zip(self.model, LETTERS, strict=True)):
            raise BadParameter(f"model parameter is not a valid ETS model, got {self.model}")
        if self.damped == 1 and self.model[1] == "N":
            raise BadParameter(f"damped=1 needs a trend, got model={self.model}")


def forecast(task: Task, params: Params = Params()) -> Forecast:  # noqa: B008  (frozen, no state)
    """Forecast one series.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 2, with a trend n >= 4, and two seasons where there is one; finite,
        evenly spaced, |value| <= 1e150; > 0 where a letter is M. Not modified.

    Returns
    -------
    Forecast
        extra: as for `holtwinters`.

    Raises
    ------
    TooShort : fewer values than the form needs. BadSeries : not finite, too large, or not positive where it must be.
    BadParameter : a season without a period. NotConverged : no fit, or a multiplicative trend that overflows.
    """
    y, m, seasons = series_and_season(task, params.period)
    horizon = task.horizon
    forms = _forms(y, m, params)
    if len(forms) == 1:
        fitted, tried = fit_form(y, forms[0]), 1
    else:
        fitted, tried = select(y, forms, m if m > 1 else 0, horizon)
    if fitted is None:
        raise NotConverged(f"no {forms[0]} model fits this series: its level or season would have to be <= 0")
    return answer(
        fitted,
        horizon,
        found=len(forms) > 1,
        tried=tried,
        planned=len(forms),
        instead="damped=1, or A or Z as the letter of the trend",
        seasons=seasons,
    )


def _forms(y: Series, m: int, params: Params) -> list[Form]:
    """List the forms to fit, the simplest first; refuse what the series does not allow."""
    error, trend, season = tuple(params.model)
    if "M" in params.model:
        refuse_not_positive(y, "multiplicative ETS components require")
    if season in "AM" and m == 1:
        raise BadParameter(f"model={params.model} has a season and needs period >= 2, got {params.period}")
    if trend in "AM" and len(y) < FEWEST_WITH_TREND:
        raise TooShort(f"a trend needs at least {FEWEST_WITH_TREND} rows, got {len(y)}")
    positive, damped = bool(np.all(y > 0.0)), params.damped
    wanted = [given if given != "Z" else found for given, found in zip(params.model, FOUND, strict=True)]
    found = []
    for s, t, e in product(*reversed(wanted)):
        if (s != "N" and m == 1) or (t != "N" and len(y) < FEWEST_WITH_TREND):
            continue
        for fades in [False] * (t == "N" or damped != 1) + [True] * (t != "N" and damped != 0):
            form = Form(NAMED[e], NAMED[t], NAMED[s], fades, m if s != "N" else 0)
            unstable = e == "A" and "M" in (s, t) and "Z" in (error, season)
            if (positive or not form.multiplicative) and not unstable:
                found.append(form)
    return found


ALGORITHM = Algorithm(
    "ets", "exponential smoothing by the letters of its form; ZZZ finds it", FORECAST, Params, forecast, Needs(rows=2)
)

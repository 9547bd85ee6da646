"""The Theta method in four forms: theta 2 or fitted, the line of all rows or of those so far; season taken out before.

The form of the lowest AICc answers, unless one is named. A season is taken out by classical decomposition
where the autocorrelation at its lag is significant.

Source: `kernels.forecast._theta_fit`; criterion of R. J. Hyndman and G. Athanasopoulos, "Forecasting: Principles and
Practice" (2021), section 7.5.    Cost: O(n) for each of 60 smoothing rates, four times; O(n period) for the season.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import frexp, inf, log
from typing import Literal, NamedTuple

import numpy as np

from kernels.contract import FORECAST, Algorithm, Forecast, Json, Needs, Series, Task
from kernels.forecast._contracted import refuse_not_positive, series_and_season
from kernels.forecast._theta_fit import fit, predict, season_of
from kernels.numerics.normal import two_sided_quantile
from kernels.numerics.period import Season, season_option
from kernels.options import Options, option

TINIEST = 1e-30  # squared errors of scaled data below this are rounding


class Form(NamedTuple):
    """Whether the line is that of the rows so far, and whether its share is fitted; `told` of it; what is estimated."""

    dynamic: bool
    free: bool
    told: str
    estimated: int


FORMS = {
    "standard": Form(False, False, "STM", 2),
    "optimised": Form(False, True, "OTM", 3),
    "dynamic": Form(True, False, "DSTM", 2),
    "dynamic-optimised": Form(True, True, "DOTM", 3),
}


class Prepared(NamedTuple):
    """A series (n,) in `unit` without its season (m,), which is a ratio if `relative`; and what is told of seasons."""

    values: Series
    profile: Series
    relative: bool
    unit: float
    seasons: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of theta."""

    decomposition_type: Literal["multiplicative", "additive"] = option(
        "multiplicative",
        "how the season is taken out; multiplicative needs values above 0",
        parse=str.lower,
        refusal="decomposition_type parameter can only be 'additive' or 'multiplicative'",
    )
    period: Season = season_option()
    form: Literal["auto", "standard", "optimised", "dynamic", "dynamic-optimised"] = option(
        "auto",
        "theta is 2 or fitted (optimised), its line that of all rows or of those so far (dynamic); auto: the best",
    )


def forecast(task: Task, params: Params = Params()) -> Forecast:  # noqa: B008  (frozen, no state)
    """Forecast one series.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 2, and two seasons where there is one; finite, evenly spaced,
        |value| <= 1e150; > 0 with a multiplicative decomposition. Not modified.

    Returns
    -------
    Forecast
        The interval takes errors as normal. extra: ``model_info``, ``form`` as used, ``theta``.

    Raises
    ------
    TooShort : too few rows. BadSeries : a value that is not finite, too large, or not positive where it must be.
    """
    prepared, horizon = prepare(task, params), task.horizon
    y, profile, relative, unit = prepared.values, prepared.profile, prepared.relative, prepared.unit
    n, m, zero = len(y), len(profile), y[0]
    y = y - zero
    chosen, fitted, residual = best(y, FORMS.values() if params.form == "auto" else [FORMS[params.form]])
    value, variance = predict(y, chosen.dynamic, fitted, horizon.rows)
    sigma = float(np.sqrt(np.sum(residual**2) / max(len(y) - chosen.estimated, 1)))
    half = two_sided_quantile(horizon.conf) * sigma * np.sqrt(variance)
    ahead = profile[(n + np.arange(horizon.rows)) % m]
    value += zero
    value, half = (value * ahead, half * ahead) if relative else (value + ahead, half)
    error = residual * profile[np.arange(n) % m] if relative else residual
    theta = 1.0 / max(1.0 - fitted[1], 1e-10)
    return Forecast(
        unit * value,
        unit * (value - half),
        unit * (value + half),
        mse=float(np.mean(error**2)) * unit**2,
        period=m if m > 1 else 0,
        extra={"model_info": "Theta", "form": chosen.told, "theta": float(theta), **prepared.seasons},
    )


def prepare(task: Task, params: Params) -> Prepared:
    """Take the season out of a series, which may then go on from any level; raises BadSeries or TooShort."""
    x, m, seasons = series_and_season(task, params.period)
    relative = params.decomposition_type == "multiplicative"
    if relative:
        refuse_not_positive(x, "multiplicative decomposition requires")
    unit = 2.0 ** frexp(float(np.max(np.abs(x))))[1] if x.any() else 1.0
    x /= unit
    profile, relative = season_of(x, m, relative)
    now = np.arange(len(x)) % m
    return Prepared(x / profile[now] if relative else x - profile[now], profile, relative, unit, seasons)


def best(y: Series, forms: Iterable[Form]) -> tuple[Form, Series, Series]:
    """Return the form of the lowest AICc, its parameters (first level, share, rate) and its errors; y begins at 0."""
    found, n = [], len(y)
    for form in forms:
        fitted, residual = np.empty(3), np.empty(n)
        squares, k = fit(y, form.dynamic, form.free, fitted, residual), form.estimated + 1
        penalty = 2.0 * k + 2.0 * k * (k + 1) / (n - k - 1) if n > k + 1 else inf
        found.append((n * log(max(squares, TINIEST * n)) + penalty, form, fitted, residual))
    return min(found, key=lambda one: one[0])[1:]


ALGORITHM = Algorithm(
    "theta",
    "the Theta method; the best of its standard, optimised and dynamic forms",
    FORECAST,
    Params,
    forecast,
    Needs(rows=2),
)

"""Complex exponential smoothing: level and trend in one pair of states, with no season, or one of three kinds.

A form is fitted by maximum likelihood, with a prior that keeps the forecasts of long series from drifting; of several,
that of the lowest AICc answers.

Source: I. Svetunkov, N. Kourentzes and J. K. Ord, "Complex exponential smoothing", Naval Research Logistics 69 (2022);
the recursion and its fit are in `_ces_fit`.    Cost: O(n) per run, some 200 runs for each form.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import frexp, inf, log
from typing import Literal, NamedTuple

import numpy as np

from kernels.contract import FORECAST, Algorithm, BadParameter, Forecast, Needs, NotConverged, Series, Task
from kernels.forecast._ces_fit import FREE, FULL, NONE, PARTIAL, ROWS, SIMPLE, fit, predict
from kernels.forecast._contracted import series_and_season
from kernels.forecast._zero_season import decompose
from kernels.numerics.normal import two_sided_quantile
from kernels.numerics.period import Season, season_option
from kernels.options import Options, option

FORMS = {"N": NONE, "S": SIMPLE, "P": PARTIAL, "F": FULL}
FIRST_ROWS = 10  # whose mean is the level to begin with
POTENTIAL = 1.1  # a level to begin with over its potential
LEAST_PRIOR, CALM = 0.03, 400.0  # weight of the prior, and rows at which it is 1 more: see docs
TINIEST = 1e-30  # squared errors of scaled data below this are rounding


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of ces."""

    model: Literal["N", "S", "P", "F", "Z"] = option(
        "Z",
        "season: none (N), simple (S), partial (P), full (F), or whichever fits best (Z)",
        parse=str.upper,
        refusal="model parameter can only be 'N', 'S', 'P', 'F' or 'Z'",
    )
    period: Season = season_option()


class Fitted(NamedTuple):
    """A form with its estimates, for a scaled series."""

    letter: str
    aicc: float
    parameters: Series
    states: Series
    residual: Series


def forecast(task: Task, params: Params = Params()) -> Forecast:  # noqa: B008  (frozen, no state)
    """Forecast one series.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 2, and two seasons where there is one; finite, evenly spaced,
        |value| <= 1e150. Not modified.

    Returns
    -------
    Forecast
        The interval takes errors as normal. extra: ``model_info``, ``form`` as used, ``alpha`` and, with a partial or
        full season, ``beta``: real and imaginary part.

    Raises
    ------
    TooShort : too few rows. BadSeries : a value that is not finite, or too large. BadParameter : a season without a
    period. NotConverged : no fit, or a forecast that leaves the range of numbers.
    """
    y, m, seasons = series_and_season(task, params.period)
    horizon = task.horizon
    if params.model in "SPF" and m == 1:
        raise BadParameter(f"model={params.model} has a season and needs period >= 2, got {params.period}")
    scale = 2.0 ** frexp(float(np.max(np.abs(y))))[1] if y.any() else 1.0
    y /= scale
    found: list[Fitted] = []
    for letter in FORMS if params.model == "Z" and m > 1 else [params.model if m > 1 else "N"]:
        if found and horizon.out_of_time():
            break
        found.append(_fitted(y, letter, m))
    best = min(found, key=lambda one: one.aicc)
    form = FORMS[best.letter]
    with np.errstate(over="ignore", invalid="ignore"):
        value, variance = predict(len(y), form, best.parameters, best.states, horizon.rows)
        sigma = np.sqrt(np.sum(best.residual**2) / max(len(y) - FREE[form] - 1, 1))
        half = two_sided_quantile(horizon.conf) * sigma * np.sqrt(variance)
        value, half = scale * value, scale * half
    if not np.all(np.isfinite(value) & np.isfinite(half)):
        raise NotConverged(f"the forecast leaves the range of numbers within {horizon.rows} rows")
    a0, a1, b0, b1 = best.parameters.tolist()
    beta = {"beta": [b0, b1 if form == FULL else 0.0]} if form in (PARTIAL, FULL) else {}
    return Forecast(
        value,
        value - half,
        value + half,
        mse=float(np.mean(best.residual**2)) * scale**2,
        period=m if m > 1 and form != NONE else 0,
        extra={"model_info": "CES", "form": best.letter, "alpha": [a0, a1], **beta, **seasons},
    )


def _fitted(y: Series, letter: str, m: int) -> Fitted:
    """Fit one form."""
    form, n = FORMS[letter], len(y)
    first = _first_states(y, form, m if form != NONE else 1)
    parameters, states, residual = np.empty(4), np.empty_like(first), np.empty(n)
    squares = fit(y, form, LEAST_PRIOR + (n / CALM) ** 2, first, parameters, states, residual)
    if squares == inf:
        raise NotConverged(f"no CES model {letter} fits this series")
    k = FREE[form] + 1
    corrected = 2.0 * k * (k + 1) / (n - k - 1) if n > k + 1 else inf
    return Fitted(letter, n * log(max(squares, n * TINIEST)) + 2.0 * k + corrected, parameters, states, residual)


def _first_states(y: Series, form: int, m: int) -> Series:
    """Return the states (4, m) that the first run starts with: means, and the season of the classical decomposition."""
    states = np.zeros((ROWS, m))
    if form == SIMPLE:
        states[0] = y[:m]
    else:
        states[0, 0] = np.mean(y[: FIRST_ROWS if form == NONE else m])
    if form in (PARTIAL, FULL):
        decompose(y, m, np.zeros(m), states[2], np.zeros(m))
    states[1] = states[0] / POTENTIAL
    states[3] = states[2] / POTENTIAL if form == FULL else 0.0
    return states


ALGORITHM = Algorithm(
    "ces",
    "complex exponential smoothing without a season, or with a simple, partial or full one",
    FORECAST,
    Params,
    forecast,
    Needs(rows=2),
)

"""The recommended forecast: what several methods say, each weighed by how well it did on the series' own past.

Members are `zero`, `holtwinters` with everything found, the Theta method for short series of slow seasons or else the
seasonal naive forecast, and `arima` of a few orders. Where the series is long enough, each has forecast its newest rows
from those before them (rolling origins), and the share that a member has anyway is divided by its error there. The
interval is that of the members that have one, moved to the combination, and as much wider or narrower as the
combination's errors there ask for.

Source: J. M. Bates and C. W. J. Granger, "The combination of forecasts", Operational Research Quarterly 20 (1969), for
weights by past errors; the shares they start from were chosen on development series, docs/zero.md.
Cost: that of its members, three times.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from kernels.contract import FORECAST, Algorithm, AlgorithmError, Forecast, Json, Needs, Series, Task
from kernels.forecast import _arima_few, _gaps, holtwinters, zero
from kernels.forecast._ets_model import Form
from kernels.forecast._gaps import Observed
from kernels.forecast._theta_fit import theta
from kernels.forecast._weights import by_errors
from kernels.forecast._width import Trust, width
from kernels.forecast._zero_net import MEDIAN
from kernels.forecast._zero_view import quantiles
from kernels.numerics.covariates import known
from kernels.numerics.period import Season, season_option
from kernels.options import Options, option

Choice = TypeVar("Choice")  # of a model, made by a member
FOLDS = 2
FEWEST = 8  # rows before a fold, besides two seasons
FOLD_SHARE = 5  # a fold is at most so small a part of the series
SLOW, SHORT, SHORTER = 12, 400, 100  # Theta: seasons up to this, in so few rows; without a season, in fewer
FITTED, CYCLES, LONGEST = 240, 8, 24  # what holtwinters and arima see: newest rows or cycles; longest season in rows
POWER = 2.0  # of the errors that shares are divided by
TRUST = Trust(rows=100.0, most=2.0)  # in the past, for the width of the interval over that of the members
ARIMA = 0.2  # share
LARGEST = 1e300  # bounds stay within, so that they can be added


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of auto."""

    period: Season = season_option("auto")
    second: Season = option("auto", "rows in a second, longer season, for zero", ge=0)
    gaps: str = _gaps.gaps_option()


@dataclass(frozen=True, slots=True)
class Question:
    """What a member is asked about a past: rows ahead, coverage, and seasons in rows, 0 for none."""

    x: Series
    rows: int
    conf: float
    period: int
    second: int
    out_of_time: Callable[[], bool]


Asked = list[Question]  # the series and its folds, the oldest one last


@dataclass(frozen=True, slots=True)
class Said:
    """What a member says of the rows ahead, (rows,) each; without an interval, `low` and `high` are `value`."""

    value: Series
    low: Series
    high: Series


@dataclass(frozen=True, slots=True)
class Member:
    """A member that has answered.

    share : its weight while nothing is known of its errors. past : what it said of the folds.
    """

    name: str
    share: float
    said: Said
    past: list[Said]


def forecast(task: Task, params: Params = Params()) -> Forecast:  # noqa: B008  (frozen, no state)
    """Forecast one series.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 3, finite, |value| <= 1e150. Not modified. Rows that are missing by its
        times are filled, as for `zero`. When the time is up, members that were not asked yet are left out.

    Returns
    -------
    Forecast
        value: the weighted mean of medians and means. extra: ``members`` (name, weight, and its mean absolute error in
        the past over that of the seasonal naive forecast), ``left_out`` (name and reason), ``accuracy``: that ratio of
        the combination, below 1 where it beats the naive forecast; ``periods`` and ``gaps`` as of `zero`.

    Raises
    ------
    TooShort : n < 3.
    BadSeries : a value too large to be squared.
    """
    horizon, seen = task.horizon, zero.looked_at(task, zero.Params(params.period, params.second, params.gaps))
    if (covariates := known(task, "auto")).names:
        return zero.beside(task, covariates, seen, partial(forecast, params=replace(params, gaps=_gaps.NONE)))
    x, period = seen.x, seen.period
    now = Question(x, horizon.rows, horizon.conf, period, seen.second, horizon.out_of_time)
    folds, given = _folds(now, seen.observed)
    members, left_out = _asked(now, folds)
    truths = [x[len(fold.x) :][: fold.rows][rows] for fold, rows in zip(folds, given, strict=True)]
    members = [replace(member, past=_at(member.past, given)) for member in members]
    naive = _error(_at([_seasonal_naive(fold) for fold in folds], given), truths)
    errors = [_error(member.past, truths) for member in members]
    weights = _weights(members, errors)
    past = [_combined(weights, list(each)) for each in zip(*(member.past for member in members), strict=True)]
    said = _combined(weights, [member.said for member in members])
    if past:
        value, low, high = (np.concatenate([getattr(one, name) for one in past]) for name in ("value", "low", "high"))
        said = _widened(said, width(value, low, high, np.concatenate(truths), horizon.conf, TRUST))
    if np.min(x) >= 0.0:
        said = Said(*(np.maximum(each, 0.0) for each in (said.value, said.low, said.high)))
    told: list[dict[str, Json]] = [
        {"name": member.name, "weight": round(float(weight), 4)}
        for member, weight in zip(members, weights, strict=True)
    ]
    extra: dict[str, Json] = {"members": told, **seen.extra}
    if left_out:
        extra["left_out"] = left_out
    if naive > 0.0:
        extra["accuracy"] = round(_error(past, truths) / naive, 4)
        for one, error in zip(told, errors, strict=True):
            one["mase"] = round(error / naive, 4)
    return Forecast(said.value, said.low, said.high, period=period, extra=extra)


def _folds(now: Question, observed: Observed) -> tuple[list[Question], list[Observed]]:
    """Return the questions about the newest rows that the series answers itself, and which of their rows were given.

    There are none where it is too short, or where all rows of one are filled.
    """
    n = len(now.x)
    rows = min(now.rows, n // FOLD_SHARE)
    if rows < 1 or n - FOLDS * rows < max(2 * now.period + 1, FEWEST):
        return [], []
    folds = [replace(now, x=now.x[: n - at * rows], rows=rows) for at in range(1, FOLDS + 1)]
    given = [observed[len(fold.x) :][:rows] for fold in folds]
    return (folds, given) if all(each.any() for each in given) else ([], [])


def _at(said: list[Said], given: list[Observed]) -> list[Said]:
    """Return what was said of the rows that were given; without an interval, there is none afterwards."""
    kept = []
    for each, rows in zip(said, given, strict=True):
        value = each.value[rows]
        plain = each.low is each.value
        kept.append(Said(value, value, value) if plain else Said(value, each.low[rows], each.high[rows]))
    return kept


def _asked(now: Question, folds: list[Question]) -> tuple[list[Member], list[dict[str, Json]]]:
    """Return the members that answer everything, and name and reason of the others."""
    members: list[Member] = []
    left_out: list[dict[str, Json]] = []
    for name, share, say in _members(now):
        if members and now.out_of_time():
            left_out.append({"name": name, "reason": "no time left"})
            continue
        try:
            said, *past = say([now, *folds])
            members.append(Member(name, share, said, past))
        except AlgorithmError as error:
            left_out.append({"name": name, "reason": str(error)})
    return members, left_out


def _members(now: Question) -> list[tuple[str, float, Callable[[Asked], list[Said]]]]:
    """Return name, share and method of the members for a series; `zero` is the first, and never refuses one.

    A method is asked about the series and the folds.
    """
    slow = len(now.x) < (SHORT if 0 < now.period <= SLOW else SHORTER if now.period == 0 else 0)
    shares = (0.32, 0.24, 0.24) if slow else (0.4, 0.32, 0.08)
    third = ("theta", _each(_theta)) if slow else ("seasonal-naive", _each(_seasonal_naive))
    named = (("zero", _zero), ("holtwinters", _once(_holtwinters)), third)
    members = [(name, share, say) for (name, say), share in zip(named, shares, strict=True)]
    return [*members, ("arima", ARIMA, _once(_arima_few.answered))]  # last, as it is the dearest: time may run out


def _each(say: Callable[[Question], Said]) -> Callable[[Asked], list[Said]]:
    return lambda asked: [say(question) for question in asked]


def _zero(asked: Asked) -> list[Said]:
    now = asked[0]
    told = quantiles([(each.x, np.arange(1, each.rows + 1)) for each in asked], now.period, now.second)
    return [Said(each[:, MEDIAN], *zero.bounds(each, now.conf)) for each in told]


def _once(answered: Callable[[Task, int, Choice | None], tuple[Forecast, Choice]]) -> Callable[[Asked], list[Said]]:
    """Choose the model by the whole series; in the folds that alone is fitted, which saves half of the time or more.

    answered : forecasts the newest rows with a season, 0 for none, and tells its choice; the last is one that was made.
    """

    def one(asked: Question, choice: Choice | None) -> tuple[Said, Choice]:
        period = asked.period if asked.period <= LONGEST else 0
        x = asked.x[-max(FITTED, CYCLES * period) :]
        task = Task({"val": x}, rows=asked.rows, levels=(asked.conf,), out_of_time=asked.out_of_time)
        answer, choice = answered(task, period if len(x) >= 2 * period else 0, choice)
        return Said(answer.value, np.maximum(answer.low, -LARGEST), np.minimum(answer.high, LARGEST)), choice

    def say(asked: Asked) -> list[Said]:
        said, choice = one(asked[0], None)
        return [said, *(one(fold, choice)[0] for fold in asked[1:])]

    return say


def _holtwinters(task: Task, period: int, form: Form | None) -> tuple[Forecast, Form]:
    return holtwinters.answered(task, holtwinters.Params("auto", "auto", period), form)


def _theta(asked: Question) -> Said:
    value = theta(asked.x, asked.period, asked.rows)
    return Said(value, value, value)


def _seasonal_naive(asked: Question) -> Said:
    period = asked.period or 1
    value = np.resize(asked.x[-period:], asked.rows)
    return Said(value, value, value)


def _error(said: list[Said], truths: list[Series]) -> float:
    """Return the mean absolute error over the folds, 0 without any."""
    errors = [float(np.mean(np.abs(each.value - truth))) for each, truth in zip(said, truths, strict=True)]
    return sum(errors) / max(len(errors), 1)


def _weights(members: list[Member], errors: list[float]) -> Series:
    """Return the weights of the members by their errors in the past."""
    return by_errors(np.array([member.share for member in members]), np.array(errors), POWER)


def _combined(weights: Series, said: list[Said]) -> Said:
    """Return the weighted mean; its interval is as wide as that of the members that have one."""
    value = np.asarray(sum(weight * each.value for weight, each in zip(weights, said, strict=True)))
    known = [at for at, each in enumerate(said) if each.low is not each.value]
    total = weights[known].sum()
    below = np.asarray(sum(weights[at] / total * (said[at].value - said[at].low) for at in known))
    above = np.asarray(sum(weights[at] / total * (said[at].high - said[at].value) for at in known))
    return Said(value, value - below, value + above)


def _widened(said: Said, factor: float) -> Said:
    value = said.value
    return Said(value, value - factor * (value - said.low), value + factor * (said.high - value))


ALGORITHM = Algorithm(
    "auto",
    "the recommended forecast: zero, holtwinters and others, weighed by their errors in the past of the series",
    FORECAST,
    Params,
    forecast,
    Needs(rows=zero.AT_LEAST, covariates=True),
)

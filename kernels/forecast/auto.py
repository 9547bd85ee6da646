"""The recommended forecast: what several methods say, each weighed by how well it did on the series' own past.

Where the series is long enough, each member (`_auto_members`) has forecast its newest rows from those before them
(rolling origins), and the share that a member has anyway is divided by a power of its error there, the higher the more
rows were forecast. The interval is that of the members that have one, moved to the combination, and as much wider or
narrower as the combination's errors there ask for.

Source: J. M. Bates and C. W. J. Granger, "The combination of forecasts", Operational Research Quarterly 20 (1969), for
weights by past errors; what they start from was chosen on development series, docs/zero.md.
Cost: that of its members, five times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat
from typing import NamedTuple

import numpy as np

from kernels.contract import FORECAST, Algorithm, AlgorithmError, Forecast, Json, Needs, Series, Task
from kernels.forecast import _gaps, zero
from kernels.forecast._auto_members import Question, Said, candidates, seasonal_naive
from kernels.forecast._gaps import Observed
from kernels.forecast._weights import by_errors
from kernels.forecast._width import Trust, width
from kernels.numerics.covariates import known
from kernels.numerics.period import Season, season_option
from kernels.options import Options, option

FOLDS, FEWEST_FOLDS = 4, 2
FEWEST = 8  # rows before a fold, besides two seasons
FOLD_SHARE = 5  # a fold is at most so small a part of the series
POWER, HALF_POWER = 4.0, 30.0  # of the errors that shares are divided by; rows in the past with which it is half of it
FURTHEST = 2.0  # times as far as the interval of zero reaches no member's forecast is believed
TRUST, CONF = Trust(rows=100.0, most=2.0), 0.95  # in the past, for the width of intervals; the one it goes by


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of auto."""

    period: Season = season_option("auto")
    second: Season = option("auto", "rows in a second, longer season; auto: as for zero", ge=0)
    gaps: str = _gaps.gaps_option()


@dataclass(frozen=True, slots=True)
class Member:
    """A member that has answered.

    share : its weight while nothing is known of its errors. past : what it said of the folds.
    """

    name: str
    share: float
    said: Said
    past: list[Said]


class Combined(NamedTuple):
    """What members say together: as in `Said`, with an interval."""

    value: Series
    apart: Series


def forecast(task: Task, params: Params = Params()) -> Forecast:  # noqa: B008  (frozen, no state)
    """Forecast one series.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 3, finite, |value| <= 1e150. Not modified. Rows that are missing by its
        times are filled, as for `zero`. When the time is up, members that were not asked yet are left out.

    Returns
    -------
    Forecast
        value: the weighted mean of medians and means. quantiles: the bounds of further levels. extra: ``members``
        (name, weight, and its mean absolute error in the past over that of the seasonal naive forecast), ``left_out``
        (name and reason), ``accuracy``: that ratio of the combination, below 1 where it beats the naive forecast;
        ``periods`` and ``gaps`` as of `zero`.

    Raises
    ------
    TooShort : n < 3.
    BadSeries : a value too large to be squared.
    """
    seen = zero.looked_at(task, zero.Params(params.period, params.second, params.gaps))
    if (covariates := known(task, "auto")).names:
        return zero.beside(task, covariates, seen, partial(forecast, params=replace(params, gaps=_gaps.NONE)))
    x, period = seen.x, seen.period
    now = Question(x, task.horizon.rows, (CONF, *task.levels), period, seen.second, task.out_of_time)
    folds, given = _folds(now, seen.observed)
    members, left_out = _asked(now, folds)
    truths = [x[len(fold.x) :][: fold.rows][rows] for fold, rows in zip(folds, given, strict=True)]
    members = [replace(member, past=_at(member.past, given)) for member in members]
    naive = _error(_at(seasonal_naive(folds), given), truths)
    errors = [_error(member.past, truths) for member in members]
    weights = _weights(members, errors, sum(len(truth) for truth in truths))
    past = [_combined(weights, list(each)) for each in zip(*(member.past for member in members), strict=True)]
    said = _combined(weights, [member.said for member in members])
    apart = _widening(past, truths) * said.apart[:, 1:]
    value, low, high = said.value, said.value - apart[0], said.value + apart[1]
    if np.min(x) >= 0.0:
        value, low, high = (np.maximum(each, 0.0) for each in (value, low, high))
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
    further = {}
    for at, level in enumerate(task.levels[1:], start=1):
        further[(1.0 - level) / 2.0], further[(1.0 + level) / 2.0] = low[at], high[at]
    return Forecast(value, low[0], high[0], period=period, quantiles=further, extra=extra)


def _folds(now: Question, observed: Observed) -> tuple[list[Question], list[Observed]]:
    """Return the questions about the newest rows that the series answers itself, and which of their rows were given.

    There are none where it is too short, or where all rows of one are filled.
    """
    n = len(now.x)
    rows = min(now.rows, n // FOLD_SHARE)
    count = min(FOLDS, (n - max(2 * now.period + 1, FEWEST)) // rows) if rows > 0 else 0
    if count < FEWEST_FOLDS:
        return [], []
    folds = [replace(now, x=now.x[: n - at * rows], rows=rows) for at in range(1, count + 1)]
    given = [observed[len(fold.x) :][:rows] for fold in folds]
    return (folds, given) if all(each.any() for each in given) else ([], [])


def _at(said: list[Said], given: list[Observed]) -> list[Said]:
    """Return what was said of the rows that were given."""
    return [
        Said(each.value[rows], None if each.apart is None else each.apart[..., rows])
        for each, rows in zip(said, given, strict=True)
    ]


def _asked(now: Question, folds: list[Question]) -> tuple[list[Member], list[dict[str, Json]]]:
    """Return the members that answer everything, and name and reason of the others."""
    members: list[Member] = []
    left_out: list[dict[str, Json]] = []
    first: list[Said] = []
    for name, share, say in candidates(now):
        if members and now.out_of_time():
            left_out.append({"name": name, "reason": "no time left"})
            continue
        try:
            said, *past = map(_near, say([now, *folds]), first or repeat(None))
            members.append(Member(name, share, said, past))
            first = first or [said, *past]
        except AlgorithmError as error:
            left_out.append({"name": name, "reason": str(error)})
    return members, left_out


def _near(said: Said, first: Said | None) -> Said:
    """Return what is said, moved into the interval of the first member made `FURTHEST` times as wide."""
    if first is None or first.apart is None:
        return said
    below, above = FURTHEST * first.apart[:, 0]
    return Said(np.clip(said.value, first.value - below, first.value + above), said.apart)


def _error(said: Sequence[Said | Combined], truths: list[Series]) -> float:
    """Return the mean absolute error over the folds, 0 without any."""
    errors = [float(np.mean(np.abs(each.value - truth))) for each, truth in zip(said, truths, strict=True)]
    return sum(errors) / max(len(errors), 1)


def _weights(members: list[Member], errors: list[float], rows: int) -> Series:
    """Return the weights of the members by their errors over so many rows of the past."""
    power = POWER * rows / (rows + HALF_POWER)
    return by_errors(np.array([member.share for member in members]), np.array(errors), power)


def _combined(weights: Series, said: list[Said]) -> Combined:
    """Return the weighted mean; its interval is as wide as that of the members that have one."""
    value = np.asarray(sum(weight * each.value for weight, each in zip(weights, said, strict=True)))
    wide = [(weight, each.apart) for weight, each in zip(weights, said, strict=True) if each.apart is not None]
    total = sum(weight for weight, _ in wide)
    return Combined(value, np.asarray(sum(weight / total * apart for weight, apart in wide)))


def _widening(past: list[Combined], truths: list[Series]) -> float:
    """Return by what the distances of bounds are to be multiplied, as those of the past had to be."""
    if not past:
        return 1.0
    value = np.concatenate([each.value for each in past])
    below, above = np.concatenate([each.apart[:, 0] for each in past], axis=1)
    return width(value, value - below, value + above, np.concatenate(truths), CONF, TRUST)


ALGORITHM = Algorithm(
    "auto",
    "the recommended forecast: zero, arima, theta and others, weighed by their errors in the past of the series",
    FORECAST,
    Params,
    forecast,
    Needs(rows=zero.AT_LEAST, covariates=True),
)

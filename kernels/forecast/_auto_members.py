"""The forecasters that `auto` combines: which ones a series has, with which share, and what each says of it.

Every series has `zero`, the Theta method and `arima` of a few orders. The fourth part is exponential smoothing where
there is no season; it and the last season again in a short series of a short season; and else the last season again, of
either length, and what followed stretches alike. All but `zero` and these see the newest rows alone.

Cost: that of the forecasters; what is chosen by the whole series is fitted anew in its folds, not chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from kernels.contract import Forecast, Series, Task
from kernels.forecast import _arima_few, holtwinters, zero
from kernels.forecast._ets_model import Form
from kernels.forecast._theta_fit import theta
from kernels.forecast._zero_net import MEDIAN
from kernels.forecast._zero_repeats import after_alike
from kernels.forecast._zero_view import quantiles
from kernels.numerics.normal import two_sided_quantile

Choice = TypeVar("Choice")  # of a model, made by a member
SHARE, OTHERS = 0.4, 0.2  # of zero; of each of the three other parts
SLOW, SHORT = 12, 400  # exponential smoothing: seasons up to this, in fewer rows
FITTED, CYCLES, LONGEST = 240, 8, 24  # newest rows or cycles that are seen; rows of the longest season that is fitted
LARGEST = 1e300  # distances stay within, so that they can be added


@dataclass(frozen=True, slots=True)
class Question:
    """What a member is asked about a past: rows ahead, coverages of intervals, and seasons in rows, 0 for none."""

    x: Series
    rows: int
    levels: tuple[float, ...]
    period: int
    second: int
    out_of_time: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of the rows ahead.

    value : (rows,). apart : (2, levels, rows) how far the lower and the upper bounds are from it, >= 0; None without.
    """

    value: Series
    apart: Series | None = None


Asked = list[Question]  # the series and its folds, the oldest one last


class Candidate(NamedTuple):
    """A forecaster that may become a member: its name, its share, and what it answers to each question."""

    name: str
    share: float
    say: Callable[[Asked], list[Said]]


def candidates(now: Question) -> list[Candidate]:
    """Return the forecasters for a series; `zero` is the first and never refuses one, `arima` the last and dearest."""
    smooth = ("holtwinters", _once(_holtwinters))
    again, second = ("seasonal-naive", seasonal_naive), ("second-seasonal-naive", _second_seasonal_naive)
    alike = ("analogues", _analogues)
    if now.period == 0:
        fourth = [smooth]
    elif now.period <= SLOW and len(now.x) < SHORT:
        fourth = [smooth, again]
    else:
        fourth = [again, second, alike] if now.second else [again]
    return [
        Candidate("zero", SHARE, _zero),
        Candidate("theta", OTHERS, _theta),
        *(Candidate(name, OTHERS / len(fourth), say) for name, say in fourth),
        Candidate("arima", OTHERS, _once(_arima_few.answered)),
    ]


def seasonal_naive(asked: Asked) -> list[Said]:
    """Repeat the last season, without one the last value."""
    return [_repeated(each, each.period or 1) for each in asked]


def _second_seasonal_naive(asked: Asked) -> list[Said]:
    return [_repeated(each, each.second) for each in asked]


def _analogues(asked: Asked) -> list[Said]:
    return [Said(after_alike(each.x, len(each.x), each.period, np.arange(1, each.rows + 1))) for each in asked]


def _repeated(asked: Question, season: int) -> Said:
    return Said(np.resize(asked.x[-season:], asked.rows))


def _zero(asked: Asked) -> list[Said]:
    now = asked[0]
    told = quantiles([(each.x, np.arange(1, each.rows + 1)) for each in asked], now.period, now.second)
    said = []
    for each in told:
        value, bounds = each[:, MEDIAN], np.array([zero.bounds(each, level) for level in now.levels])
        said.append(Said(value, np.stack([value - bounds[:, 0], bounds[:, 1] - value])))
    return said


def _theta(asked: Asked) -> list[Said]:
    return [Said(theta(_newest(each.x, each.period), each.period, each.rows)) for each in asked]


def _newest(x: Series, period: int) -> Series:
    return x[-max(FITTED, CYCLES * period) :]


def _once(answered: Callable[[Task, int, Choice | None], tuple[Forecast, Choice]]) -> Callable[[Asked], list[Said]]:
    """Choose the model by the whole series; in the folds that alone is fitted, which saves half of the time or more.

    The interval is asked for at the first level; further ones are as far as those of a normal distribution.

    answered : forecasts the newest rows with a season, 0 for none, and tells its choice; the last is one that was made.
    """

    def one(asked: Question, choice: Choice | None) -> tuple[Said, Choice]:
        period = asked.period if asked.period <= LONGEST else 0
        x = _newest(asked.x, period)
        task = Task({"val": x}, rows=asked.rows, levels=asked.levels[:1], out_of_time=asked.out_of_time)
        answer, choice = answered(task, period if len(x) >= 2 * period else 0, choice)
        far = np.array([two_sided_quantile(level) for level in asked.levels])[:, None]
        with np.errstate(over="ignore"):
            apart = np.stack([answer.value - answer.low, answer.high - answer.value])[:, None] * (far / far[0])
        return Said(answer.value, np.minimum(apart, LARGEST)), choice

    def say(asked: Asked) -> list[Said]:
        said, choice = one(asked[0], None)
        return [said, *(one(fold, choice)[0] for fold in asked[1:])]

    return say


def _holtwinters(task: Task, period: int, form: Form | None) -> tuple[Forecast, Form]:
    return holtwinters.answered(task, holtwinters.Params("auto", "auto", period), form)

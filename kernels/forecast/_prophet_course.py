"""The course of a trend with changepoints and of calendar seasons: what `prophet` finds, and what goes on after that.

A course that was trained beforehand is continued by the time stamps and the covariates alone; the values of a request
play no part.

Source: S. J. Taylor and B. Letham, "Forecasting at scale", The American Statistician 72 (2018), section 3.
Cost: O(rows p).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from kernels.contract import FORECAST, BadParameter, Forecast, Json, Needs, Series, Task, Times
from kernels.forecast import _trained_covariates
from kernels.forecast._contracted import LARGEST
from kernels.forecast._trained_times import UNIT_NS
from kernels.numerics.normal import two_sided_quantile
from kernels.numerics.products import times
from kernels.trained import SMALLEST, bounded, refuse_infinite, shaped, within

DAY_NS = 86_400_000_000_000
MOST_ORDER, MOST_CHANGES = 50, 1000
GROWTHS = ("linear", "logistic", "flat")
MOST_DAYS, MOST_PARAMETER = 1e15, 1e9


class Calendar(NamedTuple):
    """A season: its days, Fourier order, and, for auto, the least days of rows and what is too much between two."""

    days: float
    order: int
    span: float
    step: float


CALENDAR = {
    "yearly": Calendar(365.25, 10, 730.0, np.inf),
    "weekly": Calendar(7.0, 3, 14.0, 7.0),
    "daily": Calendar(1.0, 4, 2.0, 1.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What was found, in which units.

    growth : one of GROWTHS. multiplied : the seasons are multiplied with the trend, else added.
    unit, floor : the series is unit * scaled + floor. cap : of the scaled trend, 0 for none.
    origin, span : first day since 1970, and days from there to the last row: the trend's time is 0 to 1 there.
    variance : of the noise, scaled. yearly, weekly, daily : Fourier orders, 0 for no such season.
    changes : float64 (k,), when the slope may change. theta : float64, the parameters: of a flat trend its level, else
    slope, level and k changes; then sine and cosine of each wave, of the year first.
    covariates : names of what is added to the seasons. effect : float64 (3, k), see `_trained_covariates`, scaled.
    """

    KIND: ClassVar[str] = FORECAST
    NEEDS: ClassVar[Needs] = Needs(times=True, covariates=True, noise_check=False)

    growth: str
    multiplied: bool
    unit: float
    floor: float
    cap: float
    origin: float
    span: float
    variance: float
    yearly: int
    weekly: int
    daily: int
    changes: Series
    theta: Series
    covariates: tuple[str, ...] = ()
    effect: Series = field(default_factory=_trained_covariates.no_effect)

    def __post_init__(self) -> None:
        """Hold all of it to its bounds; raises BadParameter."""
        if self.growth not in GROWTHS:
            raise BadParameter(f"growth must be one of {', '.join(GROWTHS)}, got {self.growth}")
        within("unit", self.unit, SMALLEST, LARGEST)
        within("floor", self.floor, -LARGEST, LARGEST)
        within("cap", self.cap, 0.0, LARGEST)
        within("origin", self.origin, -MOST_DAYS, MOST_DAYS)
        within("span", self.span, SMALLEST, MOST_DAYS)
        within("variance", self.variance, 0.0, MOST_PARAMETER)
        for name in CALENDAR:
            within(name, getattr(self, name), 0, MOST_ORDER)
        within("the number of changes", self.changes.size, 0, MOST_CHANGES if self.growth != "flat" else 0)
        shaped("changes", self.changes, (self.changes.size,))
        bounded("changes", self.changes, 0.0, 1.0)
        shaped("theta", self.theta, (self.trend + 2 * sum(order for _, order in self.seasons),))
        bounded("theta", self.theta, -MOST_PARAMETER, MOST_PARAMETER)
        _trained_covariates.checked(self.covariates, self.effect)

    @property
    def trend(self) -> int:
        """How many parameters the trend has."""
        return 1 if self.growth == "flat" else 2 + self.changes.size

    @property
    def seasons(self) -> list[tuple[str, int]]:
        """The seasons that there are, and their Fourier orders."""
        return [(name, getattr(self, name)) for name in CALENDAR if getattr(self, name)]

    @property
    def told(self) -> str:
        """What was learned."""
        seasons = ", ".join(f"{name} of order {order}" for name, order in self.seasons) or "none"
        return f"{self.growth} trend with {len(self.changes)} changepoints; seasons: {seasons}"

    def at(self, day: Series, conf: float, beside: Series | float = 0.0) -> tuple[Series, Series]:
        """Return forecasts (rows,) in the unit of the series and half the widths of their intervals.

        day : (rows,) since 1970. beside : (rows,) what is added to the seasons.
        """
        t, q = (day - self.origin) / self.span, self.trend
        z = times(basis(t, self.changes, self.growth), self.theta[:q, None])[:, 0]
        wave = beside + (times(fourier(day, self.seasons), self.theta[q:, None])[:, 0] if self.seasons else 0.0)
        trend = z if not self.cap else self.cap / (1.0 + np.exp(-np.clip(z, -500.0, 500.0)))
        value = trend * (1.0 + wave) if self.multiplied else trend + wave
        reach = 1.0 if not self.cap else trend * (1.0 - trend / self.cap)
        reach = reach * (1.0 + wave if self.multiplied else 1.0)
        moved = variance_of_changes(self.theta[2:q], t)
        half = two_sided_quantile(conf) * np.sqrt(self.variance + moved * reach**2)
        return self.unit * value + self.floor, self.unit * half

    def run(self, task: Task) -> Forecast:
        """Return the course at the times that a task asks for; raises BadSeries."""
        _, outside = _trained_covariates.beside(task, self.covariates, self.effect)
        with np.errstate(over="ignore", invalid="ignore"):  # parameters of anybody: what is not finite is refused
            value, half = self.at(ahead(task), task.horizon.conf, outside)
            refuse_infinite(value - half, value + half)
        return Forecast(value, value - half, value + half, mse=None, extra=self.extra())

    def extra(self) -> dict[str, Json]:
        """Return what an answer says of the course."""
        effect = self.effect.copy()
        effect[_trained_covariates.WEIGHT] *= 1.0 if self.multiplied else self.unit
        return {
            "model_info": "Prophet",
            "seasons": [CALENDAR[name].days for name, _ in self.seasons],
            **_trained_covariates.told(self.covariates, effect),
        }


def days(moments: Times, unit: str) -> Series:
    """Return times as days since 1970."""
    each = DAY_NS // UNIT_NS[unit]
    return np.asarray(moments // each + moments % each / each)


def ahead(task: Task) -> Series:
    """Return the times of the rows to come in days since 1970, (rows,)."""
    return days(task.start + task.step * np.arange(task.rows, dtype=np.int64), task.unit)


def fourier(day: Series, seasons: Sequence[tuple[str, int]]) -> Series:
    """Return sines and cosines of all seasons, (rows, 2 * orders)."""
    parts = [
        function(2.0 * np.pi * k * day / CALENDAR[name].days)
        for name, order in seasons
        for k in range(1, order + 1)
        for function in (np.sin, np.cos)
    ]
    return np.column_stack(parts) if parts else np.zeros((len(day), 0))


def basis(t: Series, changes: Series, growth: str) -> Series:
    """Return what the parameters of the trend are multiplied with: slope, level and changes of slope."""
    if growth == "flat":
        return np.ones((len(t), 1))
    return np.column_stack([t, np.ones(len(t)), np.maximum(t[:, None] - changes, 0.0)])


def variance_of_changes(changes: Series, later: Series) -> Series:
    """Return the variance of z by changes of slope to come: as often as before, Laplace of the mean size so far."""
    if not len(changes):
        return np.zeros(len(later))
    size = np.mean(np.abs(changes))
    return np.asarray(2.0 * size**2 * len(changes) * np.maximum(later - 1.0, 0.0) ** 3 / 3.0)

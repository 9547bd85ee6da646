"""A Theta forecaster that was trained beforehand: its rate, its drift and its season go on with the rows of a request.

Where the line is that of the training, exponential smoothing around a share of it is smoothing with a drift: with rate
a and drift d, level l is expected at l + d / a and moves by a times the error, and d. Only the level is found in the
rows that are asked about, by least squares. The season goes on by the times.

Source: as `_theta_fit`; R. J. Hyndman and B. Billah, "Unmasking the Theta method", International Journal of Forecasting
19 (2003).    Cost: O(n).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kernels.contract import FORECAST, BadParameter, Forecast, Needs, Series, Task
from kernels.forecast._contracted import LARGEST, finite
from kernels.forecast._theta_fit import HALF, errors, lines
from kernels.forecast._trained_times import checked, last_row, rhythm
from kernels.forecast.theta import FORMS, Params, best, prepare
from kernels.numerics.normal import two_sided_quantile
from kernels.trained import Learner, bounded, refuse_infinite, shaped, within

MAX_PERIOD = 40_000
SMALLEST_RATIO, LARGEST_RATIO = 1e-3, 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Smoother:
    """What goes on from training to a request.

    form : as it is told. rate : of smoothing. drift : for each row. sigma : deviation of the errors, all of them in the
    unit of the series once its season is out. relative : the season is a ratio, else it is added.
    profile : float64 (period,), the season, from the first row of the training on; (1,) for none.
    origin, step : time of that row and distance of rows, in nanoseconds.
    """

    KIND: ClassVar[str] = FORECAST
    NEEDS: ClassVar[Needs] = Needs(rows=2, times=True)

    form: str
    relative: bool
    rate: float
    drift: float
    sigma: float
    origin: int
    step: float
    profile: Series

    def __post_init__(self) -> None:
        """Hold all of it to its bounds; raises BadParameter."""
        if self.form not in [one.told for one in FORMS.values() if not one.dynamic]:
            raise BadParameter(f"form must be one of STM and OTM, got {self.form}")
        within("rate", self.rate, 0.01, 1.0)
        within("drift", self.drift, -LARGEST, LARGEST)
        within("sigma", self.sigma, 0.0, LARGEST)
        checked(self.origin, self.step)
        period = self.profile.size
        within("the season's length", period, 1, MAX_PERIOD)
        shaped("profile", self.profile, (period,))
        bounded("profile", self.profile, *((SMALLEST_RATIO, LARGEST_RATIO) if self.relative else (-LARGEST, LARGEST)))

    @property
    def told(self) -> str:
        """What was learned."""
        season = f", a season of {len(self.profile)} rows" if len(self.profile) > 1 else ""
        return f"{self.form}: rate {self.rate:.4g}, drift {self.drift:.4g} a row{season}, errors of {self.sigma:.4g}"

    def run(self, task: Task) -> Forecast:
        """Go on with the rows of a task; raises BadSeries."""
        x, horizon, rows = finite(task), task.horizon, task.rows
        n, m = len(x), len(self.profile)
        first = (last_row(task, self.origin, self.step) - n + 1) % m  # by itself it may be beyond 64 bits
        now = (first + np.arange(n + rows)) % m
        season = self.profile[now]
        y = x / season[:n] if self.relative else x - season[:n]
        zero, start, residual = y[0], np.empty(2), np.empty(n)
        y -= zero
        slope = np.full(n + 1, self.drift / HALF)
        errors(y, slope * (1.0 - self.rate) / self.rate, slope, self.rate, False, start, residual)
        with np.errstate(over="ignore", invalid="ignore"):
            level = start[0] + self.rate * float(np.sum(residual)) + n * self.drift
            steps = np.arange(rows)
            value = zero + level + self.drift / self.rate + steps * self.drift
            half = two_sided_quantile(horizon.conf) * self.sigma * np.sqrt(1.0 + steps * self.rate**2)
            value, half = (value * season[n:], half * season[n:]) if self.relative else (value + season[n:], half)
            refuse_infinite(value - half, value + half)
            mse = float(np.mean((residual * season[:n] if self.relative else residual) ** 2))
        return Forecast(
            value,
            value - half,
            value + half,
            mse=mse if np.isfinite(mse) else None,
            period=m if m > 1 else 0,
            extra={"model_info": "Theta", "form": self.form},
        )


def train(task: Task, params: Params) -> Smoother:
    """Learn from the first column of a task and its times.

    Raises
    ------
    BadSeries : rows that are not evenly spaced, too large, or not positive where they must be. TooShort : too few.
    BadParameter : a form whose line is that of the rows so far, which has nothing to keep.
    """
    if params.form in ("dynamic", "dynamic-optimised"):
        raise BadParameter(f"form={params.form} keeps no line: a trained model is of the form standard or optimised")
    forms = [one for name, one in FORMS.items() if not one.dynamic and params.form in ("auto", name)]
    found = rhythm(task.times, task.unit)
    y, profile, relative, unit, _ = prepare(task, params)
    y = y - y[0]
    form, fitted, residual = best(y, forms)
    level, slope = np.empty(len(y) + 1), np.empty(len(y) + 1)
    lines(y, False, level, slope)
    sigma = float(np.sqrt(np.sum(residual**2) / max(len(y) - form.estimated, 1)))
    drift = float(fitted[1] * slope[-1]) * unit
    season = profile if relative else profile * unit
    return Smoother(form.told, relative, float(fitted[2]), drift, sigma * unit, *found, season)


LEARNER = Learner(Smoother, Params, train)

"""An ARIMA model that was trained beforehand: its coefficients, mean and variance of errors, applied to other rows.

The rows of a request go through the exact filter of the model, and its forecasts go on from there. What covariates add
is taken off before and put back after.

Source: as `arima`.    Cost: O(n r) while the filter settles, r = max(p + m P, q + m Q), then O(n (p + 1) (P + 1)).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from kernels.contract import FORECAST, BadParameter, BadSeries, Forecast, Needs, Series, Task, TooShort
from kernels.forecast import _trained_covariates
from kernels.forecast._arima_project import project
from kernels.forecast._arima_regression import Regressors
from kernels.forecast._arima_scale import differenced, scaled
from kernels.forecast._contracted import LARGEST, finite
from kernels.forecast._trained_times import checked, last_row, rhythm
from kernels.forecast.arima import AT_LEAST, LONGEST_SEASON, Params, fitted
from kernels.numerics.arma import coefficients, stationary_gain
from kernels.numerics.normal import two_sided_quantile
from kernels.trained import Learner, bounded, refuse_infinite, shaped, within

MOST = {"p": 20, "q": 20, "big_p": 5, "big_q": 5, "d": 2, "big_d": 2}
# of an unconstrained parameter, whose partial autocorrelation is its tanh: nothing is told apart beyond
FARTHEST = 8.0
MOST_VARIANCE = 1e9  # of the series over that of its errors: the filter loses its digits beyond
EXACT_WORK = 100_000_000  # elementary steps of the exact filter


@dataclass(frozen=True, slots=True, eq=False)
class Process:
    """A fitted model, in the unit of the series.

    p, q, big_p, big_q, d, big_d, period : orders; the seasonal ones of lags of so many rows.
    mean : of the differenced series. sigma : standard deviation of the errors.
    origin, step : time of the training's first row and distance of its rows, in nanoseconds.
    x : float64 (p + q + P + Q,), unconstrained parameters, see `kernels.numerics.arma.coefficients`.
    covariates : their names. effect : float64 (3, k), see `_trained_covariates`.
    """

    KIND: ClassVar[str] = FORECAST
    NEEDS: ClassVar[Needs] = Needs(rows=AT_LEAST, times=True, covariates=True)

    p: int
    q: int
    big_p: int
    big_q: int
    d: int
    big_d: int
    period: int
    mean: float
    sigma: float
    origin: int
    step: float
    x: Series
    covariates: tuple[str, ...] = ()
    effect: Series = field(default_factory=_trained_covariates.no_effect)

    def __post_init__(self) -> None:
        """Hold all of it to its bounds; raises BadParameter."""
        for name, most in MOST.items():
            within(name, getattr(self, name), 0, most)
        within("period", self.period, 2 if self.big_p + self.big_q + self.big_d else 0, LONGEST_SEASON)
        within("mean", self.mean, -LARGEST, LARGEST)
        within("sigma", self.sigma, 0.0, LARGEST)
        checked(self.origin, self.step)
        _trained_covariates.checked(self.covariates, self.effect)
        shaped("x", self.x, (self.p + self.q + self.big_p + self.big_q,))
        bounded("x", self.x, -FARTHEST, FARTHEST)
        variance, _, usable = stationary_gain(*self._polynomials())
        if not usable or not variance <= MOST_VARIANCE:
            raise BadParameter(f"x is too near to a model that is not stationary: variance {variance:g}")

    @property
    def name(self) -> str:
        """The model as statsmodels writes it."""
        season = f"({self.big_p},{self.big_d},{self.big_q},{self.period})"
        return f"SARIMAX({self.p},{self.d},{self.q})x{season}"

    @property
    def told(self) -> str:
        """What was learned."""
        return f"{self.name}, errors of {self.sigma:.4g}"

    def _polynomials(self) -> tuple[Series, Series]:
        orders = np.array([self.p, self.q, self.big_p, self.big_q, max(self.period, 1)], dtype=np.int64)
        return coefficients(self.x, orders)

    def run(self, task: Task) -> Forecast:
        """Go on with the rows of a task; raises BadSeries or TooShort."""
        last_row(task, self.origin, self.step)
        inside, outside = _trained_covariates.beside(task, self.covariates, self.effect)
        x, rows = finite(task) - inside, task.rows
        d, big_d, m = self.d, self.big_d, self.period
        if len(x) < (least := d + m * big_d + AT_LEAST):
            raise TooShort(f"at least {least} rows are needed for d={d}, D={big_d}, period={m}, got {len(x)}")
        z = scaled(x)
        w = differenced(z.values, d, big_d, m)
        mean, unit = self.mean, z.unit * z.scale
        mean = mean / unit if d + big_d else float(z.into(np.array([mean]))[0])
        phi, theta = self._polynomials()
        n, r = len(w), max(len(phi), len(theta), 1)
        exact = n if r * (n + r) <= EXACT_WORK else max(2 * r, EXACT_WORK // r)
        value, variance, error = project(z.values, w, mean, False, phi, theta, d, big_d, m, rows, exact)
        with np.errstate(over="ignore", invalid="ignore"):
            half = two_sided_quantile(task.horizon.conf) * self.sigma / unit * np.sqrt(variance)
            mse = float(np.mean((error * unit) ** 2))
        value, low, high = (z.back(one) + outside for one in (value, value - half, value + half))
        refuse_infinite(value, low, high)
        extra = {"model_info": self.name, **_trained_covariates.told(self.covariates, self.effect)}
        return Forecast(value, low, high, mse if np.isfinite(mse) else None, m, extra)


def train(task: Task, params: Params) -> Process:
    """Learn from the first column of a task, its times and its covariates.

    Raises
    ------
    BadSeries : rows that are not evenly spaced, values too large, or differences that are all the same; a covariate
        that `arima` refuses.
    BadParameter : a season too long for an ARIMA, or a model on the edge of what is stationary.
    TooShort : too few rows.
    """
    times = rhythm(task.times, task.unit)
    finite(task)
    found = fitted(task, params)
    model = found.model
    if found.way is None:
        raise BadSeries(f"the differences are all the same (d={model.d}, D={model.seasonal_d}): nothing to learn")
    if model.season or model.m > LONGEST_SEASON:
        raise BadParameter(
            f"a season of {model.m} rows is too long for a trained model, at most {LONGEST_SEASON}: give period=0, or "
            "train theta or prophet"
        )
    fit = found.way[0]
    unit, orders = model.z.unit * model.z.scale, fit.orders
    mean = fit.mean * model.scale
    beside = model.regressors
    freedom = max(len(model.w) - orders.count - orders.constant - (len(beside.names) if beside else 0), 1)
    return Process(
        p=orders.p,
        q=orders.q,
        big_p=orders.big_p,
        big_q=orders.big_q,
        d=model.d,
        big_d=model.seasonal_d,
        period=model.m,
        mean=mean * unit if model.d + model.seasonal_d else float(model.z.back(np.array([mean]))[0]),
        sigma=float(np.sqrt(fit.squares / freedom)) * model.scale * unit,
        origin=times.origin,
        step=times.step,
        x=np.clip(fit.x, -FARTHEST, FARTHEST),
        covariates=beside.names if beside else (),
        effect=_effect(beside, fit.beta * model.scale * unit) if beside else _trained_covariates.no_effect(),
    )


def _effect(beside: Regressors, weights: Series) -> Series:
    """Return origin, size and weight of each regressor, (3, k)."""
    origins = [each.centre * each.unit for each in beside.given]
    sizes = beside.size * np.array([each.scale * each.unit for each in beside.given])
    return np.array([origins, sizes, weights])


LEARNER = Learner(Process, Params, train)

"""One form of exponential smoothing, fitted: the Python side between the options and the kernels.

Source: R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder, "Forecasting with Exponential Smoothing" (2008),
tables 2.2 and 2.3 for the forms, section 7.1 for the information criteria.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import frexp, inf, isfinite, log, pi, sqrt

import numpy as np

from kernels.contract import Horizon, Json, Series
from kernels.forecast._ets_check import backtest, naive_backtest, smooth_for_horizon
from kernels.forecast._ets_fit import fit
from kernels.forecast._ets_intervals import bounds_of_paths, deviations, simulate, widen_by_season
from kernels.forecast._ets_recursion import ADD, MUL, SMALLEST, STATES, forecast_path, run_through
from kernels.forecast._ets_simple import best_alpha
from kernels.forecast._ets_start import initial_states
from kernels.numerics.normal import two_sided_quantile

CODE = {"none": ADD, "add": ADD, "mul": MUL}  # no trend and no season are additive ones that stay 0
LETTER = {"none": "N", "add": "A", "mul": "M"}
TINIEST = 4.0 * float(np.finfo(np.float64).eps)  # residuals of scaled data below this are rounding
ORIGINS = 100  # inner forecasts per series, about
UNBIASED = 3.0  # standard errors that the innovations' mean may be off
WIDE = 10.0  # times that the largest value of a series is the smallest: the squares of the small ones hardly count
DECISIVE = 10.0  # in log-likelihood


@dataclass(frozen=True, slots=True)
class Form:
    """Error "add" or "mul"; trend and seasonal "none", "add" or "mul"; period 0 without a season."""

    error: str
    trend: str
    seasonal: str
    damped: bool
    period: int

    @property
    def multiplicative(self) -> bool:
        """Tell whether the series must be positive."""
        return "mul" in (self.error, self.trend, self.seasonal)

    @property
    def parameters(self) -> int:
        """Count the smoothing parameters and the initial states; of m seasons, m - 1 are free of the level."""
        trend, season = self.trend != "none", self.seasonal != "none"
        return 2 * (1 + trend) + self.damped + (self.period if season else 0) + (not self.level_is_carried and season)

    @property
    def level_is_carried(self) -> bool:
        """Tell whether a shift between level and seasons changes nothing."""
        return self.seasonal != "none" and (self.trend, self.seasonal) != ("mul", "add")

    def __str__(self) -> str:
        """Return the usual letters of error, trend and season, such as ETS(A,Ad,M)."""
        return f"ETS({LETTER[self.error]},{LETTER[self.trend]}{'d' * self.damped},{LETTER[self.seasonal]})"


@dataclass(frozen=True, slots=True)
class Fitted:
    """A form with its estimates, all for ``z = (series - shift) / scale``.

    estimated : how many numbers were estimated, without the variance.
    states, end : level, growth and seasons before the first and after the last value.
    objective : the sum of squared errors, or its counterpart for multiplicative errors.
    residual : one-step errors z - mu, for either kind of error.
    """

    form: Form
    estimated: int
    shift: float
    scale: float
    z: Series
    smoothing: Series
    states: Series
    end: Series
    objective: float
    residual: Series

    @property
    def loglik(self) -> float:
        """Return the Gaussian log-likelihood at the variance that maximises it."""
        n = len(self.z)
        squares = max(self.objective, n * TINIEST**2)  # a perfect fit has no likelihood
        return -0.5 * n * (log(2.0 * pi * squares / n) + 1.0 + 2.0 * log(self.scale))

    @property
    def aic(self) -> float:
        """Return Akaike's criterion; the variance counts as a parameter."""
        return 2.0 * (self.estimated + 1) - 2.0 * self.loglik

    @property
    def aicc(self) -> float:
        """Return the corrected criterion, inf where there are too few observations for it."""
        k, n = self.estimated + 1, len(self.z)
        return self.aic + 2.0 * k * (k + 1) / (n - k - 1) if n > k + 1 else inf

    @property
    def mse(self) -> float:
        """Return the mean of the squared one-step errors, in squared units of the series."""
        return float(np.mean(self.residual**2)) * self.scale**2

    def variance(self, error: str) -> float:
        """Return the variance of the errors in z, of the relative errors for `error` "mul"."""
        error_at = self.residual if error == "add" else self.residual / (self.z - self.residual)
        return float(np.sum(error_at**2)) / max(len(self.z) - self.estimated, 1)

    def diagnostics(self) -> dict[str, Json]:
        """Return what the answer tells of the fit; whatever is not finite is left out."""
        alpha, beta, gamma, phi = map(float, self.smoothing)
        form, seasons = self.form, self.states[STATES:]
        params: dict[str, Json] = {"alpha": alpha}
        level, growth = float(self.states[0]), float(self.states[1])
        if form.seasonal != "none":
            params["gamma"] = gamma
            middle = float(np.mean(seasons))  # level and seasons are told apart by this only
            if not form.level_is_carried:
                params["initial_seasons"] = (seasons * self.scale).tolist()
            elif form.seasonal == "add":
                level += middle
                params["initial_seasons"] = ((seasons - middle) * self.scale).tolist()
            else:
                level *= middle
                growth *= middle if form.trend == "add" else 1.0
                params["initial_seasons"] = (seasons / middle).tolist()
        if form.trend != "none":
            params["beta"] = beta
            params["initial_growth"] = growth * self.scale if form.trend == "add" else growth
        if form.damped:
            params["phi"] = phi
        params["initial_level"] = level * self.scale + self.shift
        unit = self.scale**2 if form.error == "add" else 1.0
        found = {"loglik": self.loglik, "aic": self.aic, "aicc": self.aicc, "sigma2": self.variance(form.error) * unit}
        return {name: value for name, value in found.items() if isfinite(value)} | {"params": params}


def scaling(y: Series, form: Form) -> tuple[float, float]:
    """Return shift and scale that bring a series to about 1; a power of 2, so that no digit is lost."""
    shift = 0.0 if form.multiplicative else float(y[0])
    largest = float(np.max(np.abs(y - shift)))
    return shift, 2.0 ** frexp(largest)[1] if largest > 0.0 else 1.0


def fit_form(y: Series, form: Form, prior: float = 0.0) -> Fitted | None:
    """Fit smoothing parameters and initial states; None where no start stays in the form's domain.

    prior : weight of the prior that keeps the trend and the season of few observations calm; 0 for none.
    """
    shift, scale = scaling(y, form)
    z = (y - shift) / scale
    smoothing, states = np.empty(4), np.empty(STATES + max(form.period, 1))
    kinds = CODE[form.error], CODE[form.trend], CODE[form.seasonal]
    objective = fit(z, *kinds, form.trend != "none", form.seasonal != "none", form.damped, prior, smoothing, states)
    if not isfinite(objective):
        return None
    return _finished(form, form.parameters, shift, scale, z, smoothing, states)


def fit_explicit(y: Series, form: Form) -> Fitted | None:
    """Fit a form with additive errors by least squares; with relative errors where squares lose the small values.

    With a multiplicative part the level follows e / s, so that a season of 1 % of the others can serve as a handle on
    it, and its own values are not met at all.
    """
    fitted = fit_form(y, form)
    if "mul" not in (form.trend, form.seasonal) or np.max(y) <= WIDE * np.min(y):
        return fitted
    relative = fit_form(y, replace(form, error="mul"))
    if fitted is None or relative is None:
        return fitted
    return relative if relative.loglik > with_likelier_error(fitted).loglik + DECISIVE else fitted


def fit_simple(y: Series) -> Fitted:
    """Fit simple exponential smoothing whose level starts at the first value."""
    form = Form("add", "none", "none", damped=False, period=0)
    shift, scale = scaling(y, form)
    z = (y - shift) / scale
    smoothing = np.array([best_alpha(z), 0.0, 0.0, 1.0])
    return _finished(form, 1, shift, scale, z, smoothing, np.zeros(STATES + 1))


def _finished(
    form: Form, estimated: int, shift: float, scale: float, z: Series, smoothing: Series, states: Series
) -> Fitted:
    end, residual = states.copy(), np.empty(len(z))
    kinds = CODE[form.error], CODE[form.trend], CODE[form.seasonal]
    objective = run_through(z, *kinds, smoothing, end, residual)
    return Fitted(form, estimated, shift, scale, z, smoothing, states, end, objective, residual)


def select(y: Series, forms: Sequence[Form], period: int, horizon: Horizon) -> tuple[Fitted | None, int]:
    """Return the best fit and how many forms were tried; stops early once out of time.

    The best has the lowest AICc of those whose innovations have mean zero and whose forecasts inside the series are
    better than repeating the last season. If none is that good, the one that forecasts best inside the series, among
    them a form without trend smoothed for that.
    """
    fits: list[Fitted] = []
    tried = 0
    for form in forms:
        if fits and horizon.out_of_time():
            break
        fitted = fit_form(y, form, prior=1.0)
        tried += 1
        if fitted is not None:
            fits.append(fitted)
    if not fits:
        return None, tried
    m, n = max(period, 1), len(y)
    first = max(m, n // 3)
    where = horizon.rows, first, max(1, (n - first) // ORIGINS)
    bar = naive_backtest(fits[0].z, m, *where) * fits[0].scale
    inside = [(f, *_look(f, where)) for f in fits]
    sound = [row for row in inside if row[1] < UNBIASED] or inside
    good = [row[0] for row in sound if row[2] < bar]
    if good:
        return min(good, key=lambda f: (f.aicc, f.estimated)), tried
    sound += [(f, *_look(f, where)) for f in _smoothed_for_horizon(y, forms, where)]
    return min(sound, key=lambda row: row[2])[0], tried


def _smoothed_for_horizon(y: Series, forms: Sequence[Form], where: tuple[int, int, int]) -> list[Fitted]:
    """Return the form with additive errors, no trend and the most of an additive season, if it is allowed."""
    steady = [form for form in forms if (form.error, form.trend) == ("add", "none") and form.seasonal != "mul"]
    if not steady:
        return []
    form = steady[-1]
    shift, scale = scaling(y, form)
    z = (y - shift) / scale
    smoothing, states = np.empty(4), np.empty(STATES + max(form.period, 1))
    initial_states(z, ADD, 0, ADD, states)
    smooth_for_horizon(z, ADD, ADD, form.seasonal != "none", states, *where, smoothing)
    return [_finished(form, form.parameters, shift, scale, z, smoothing, states)]


def _look(fitted: Fitted, where: tuple[int, int, int]) -> tuple[float, float]:
    trend, season = CODE[fitted.form.trend], CODE[fitted.form.seasonal]
    deviation, missed = backtest(fitted.z, trend, season, fitted.smoothing, fitted.states, *where)
    return deviation, missed * fitted.scale


def with_likelier_error(fitted: Fitted) -> Fitted:
    """Return the fit with errors additive or relative, at the same estimates, whichever is likelier.

    For forms with a multiplicative trend or season, whose series is not shifted.
    """
    error = "add" if fitted.form.error == "mul" else "mul"
    other = _finished(
        replace(fitted.form, error=error),
        fitted.estimated,
        fitted.shift,
        fitted.scale,
        fitted.z,
        fitted.smoothing,
        fitted.states,
    )
    return other if other.objective < fitted.objective else fitted


def predict(fitted: Fitted, horizon: Horizon) -> tuple[Series, Series, Series]:
    """Return forecast, low and high; not finite where a multiplicative trend overflows.

    Those of a multiplicative form are positive, as its series is.
    """
    form, end = fitted.form, fitted.end
    phase = len(fitted.z) % (len(end) - STATES)
    path = forecast_path(horizon.rows, phase, CODE[form.trend], CODE[form.seasonal], fitted.smoothing[3], end)
    if form.multiplicative:
        path = np.maximum(path, SMALLEST)
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = _bounds(fitted, path, phase, horizon.conf)
        value, low, high = (part * fitted.scale + fitted.shift for part in (path, low, high))
    return value, low, high


def _bounds(fitted: Fitted, path: Series, phase: int, conf: float) -> tuple[Series, Series]:
    """Return the interval of z around its forecasts: in closed form where the model has one that is positive enough."""
    form, smoothing = fitted.form, fitted.smoothing
    error, trend, season = CODE[form.error], CODE[form.trend], CODE[form.seasonal]
    sigma2 = fitted.variance(form.error)
    if MUL not in (trend, season):
        half = two_sided_quantile(conf) * deviations(path, error, sigma2, smoothing, form.period)
        if error == ADD or np.all(half < path):
            return path - half, path + half
    paths = simulate(len(path), phase, error, trend, season, sqrt(sigma2), smoothing, fitted.end)
    low, high = bounds_of_paths(paths, path, conf)
    if form.trend == "none":
        widen_by_season(low, high, max(form.period, 1))
    return low, high

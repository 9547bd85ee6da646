"""Turns a fitted model into the answer: forecasts and intervals in the user's units, and what the model is.

The interval of one model is that of its state-space form (`_arima_project`). Where the orders were searched it also
counts what the search did not know: the constant and the variance are estimates (generalised least squares, Student's
t), and other models fitted nearly as well (S. T. Buckland, K. P. Burnham and N. H. Augustin, "Model selection: an
integral part of inference", Biometrics 53 (1997), eq. 9, with Akaike weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np

from kernels.contract import Forecast, Horizon, Json, Series
from kernels.forecast._arima_harmonics import Harmonics
from kernels.forecast._arima_orders import Limits, Orders
from kernels.forecast._arima_project import project
from kernels.forecast._arima_regression import BOUNDLESS, Regressors, combined, doubt
from kernels.forecast._arima_scale import LARGEST, Scaled
from kernels.forecast._arima_search import Fit, Search
from kernels.forecast._arima_short import SHORT, spread
from kernels.numerics.arma import coefficients
from kernels.numerics.normal import two_sided_quantile
from kernels.numerics.student_t import two_sided_point

# Models within so much AICc of the chosen one, and no more than so many, widen the interval.
NEARBY, RIVALS = 6.0, 12


@dataclass(frozen=True, slots=True)
class Differenced:
    """The series, `d` and `seasonal_d` times differenced at season length `m`: ``w``.

    season : what was taken off the series before, as it does not come from the differences.
    regressors : what is in the series beside the ARIMA process, differenced alike.
    """

    z: Scaled
    w: Series
    d: int
    seasonal_d: int
    m: int
    season: Harmonics | None = None
    regressors: Regressors | None = None

    def process(self, fit: Fit) -> tuple[Series, Series]:
        """Return the ARIMA process, scaled as z, and its differences: both without what regressors make of them."""
        if not self.regressors:
            return self.z.values, self.w
        weights = fit.beta * self.scale
        return self.z.values - combined(weights, self.regressors.inside), self.w - combined(weights, self.regressors.w)

    def project(self, fit: Fit, mean_uncertain: bool, rows: int, exact_steps: int) -> tuple[Series, Series, Series]:
        """Return forecasts, their variance over that of the innovations, and the in-sample errors, scaled as z."""
        y, w = self.process(fit)
        phi, theta = self._polynomials(fit)
        mean, together = fit.mean * self.scale, self.regressors is not None
        d, seasonal_d, m = self.d, self.seasonal_d, self.m
        value, variance, error = project(
            y, w, mean, mean_uncertain and not together, phi, theta, d, seasonal_d, m, rows, exact_steps
        )
        if self.regressors:
            value = value + combined(fit.beta * self.scale, self.regressors.ahead)
        return value, variance, error

    def doubt(self, fit: Fit, rows: int, exact_steps: int) -> Series:
        """Return the variance (rows,) of forecasts by the coefficients of the regressors, and the constant with them.

        It is in units of the variance of the innovations.
        """
        regressors = self.regressors
        if not regressors:
            return np.zeros(rows)
        phi, theta = self._polynomials(fit)
        columns = list(zip(regressors.inside, regressors.w, regressors.ahead, strict=True))
        if fit.orders.constant:
            rising = np.arange(-len(self.z.values), rows, dtype=np.float64) / (self.m if self.seasonal_d else 1)
            course = rising if self.d + self.seasonal_d else np.ones(len(rising))
            columns.append((course[:-rows], np.ones(len(self.w)), course[-rows:]))
        moves = [
            ahead - project(inside, w, 0.0, False, phi, theta, self.d, self.seasonal_d, self.m, rows, exact_steps)[0]
            for inside, w, ahead in columns
        ]
        return doubt(np.array([w for _, w, _ in columns]), np.array(moves), phi, theta, exact_steps)

    def _polynomials(self, fit: Fit) -> tuple[Series, Series]:
        orders = fit.orders
        vector = np.array([orders.p, orders.q, orders.big_p, orders.big_q, max(self.m, 1)], dtype=np.int64)
        return coefficients(fit.x, vector)

    @property
    def scale(self) -> float:
        """Standard deviation of w, which the search divides by; 1 for a constant."""
        return float(np.std(self.w)) or 1.0

    def name(self, orders: Orders) -> str:
        """Return the model as statsmodels writes it."""
        season = f"({orders.big_p},{self.seasonal_d},{orders.big_q},{self.m})"
        return f"SARIMAX({orders.p},{self.d},{orders.q})x{season}"


def answer(model: Differenced, fit: Fit, search: Search, limits: Limits, horizon: Horizon) -> Forecast:
    """Forecast with the chosen model and describe it."""
    orders, n, rows = fit.orders, len(model.w), horizon.rows
    searched = search.n_models > 1
    value, variance, error = model.project(fit, searched and orders.constant, rows, search.all_steps(orders))
    freedom = max(n - orders.count - orders.constant - search.regressors, 1)
    sigma2 = fit.squares * model.scale**2 / freedom
    if searched:
        variance += model.doubt(fit, rows, search.all_steps(orders))
    variance *= sigma2
    if searched and not model.m and n < SHORT and sigma2 > 0.0:
        variance *= spread(model, fit, sigma2, error, rows)
    quantile = two_sided_point(horizon.conf, float(freedom)) if searched else two_sided_quantile(horizon.conf)
    if searched:
        variance += _disagreement(model, fit, search, value)
    if model.season:
        variance += model.season.doubt_ahead(rows)
    unit = model.z.scale * model.z.unit
    loglik = fit.loglik - n * (log(model.scale) + log(model.z.scale) + log(model.z.unit))
    k = orders.count + orders.constant + search.regressors + 1
    diagnostics: dict[str, Json] = {"loglik": loglik, "aic": 2.0 * k - 2.0 * loglik}
    if n - k - 1 > 0:
        diagnostics["aicc"] = search.penalty(orders) - 2.0 * loglik
    diagnostics |= {
        "sigma2": _squared(sigma2, unit),
        "params": _named(model, fit),
        "n_models": search.n_models,
    }
    if model.regressors:
        diagnostics["covariates"] = _effects(model, fit)
    extra = {"search": search.told(limits), "diagnostics": diagnostics}
    return _reply(model, value, quantile * np.sqrt(variance), float(np.mean(error * error)), orders, extra)


def answer_for_constant(model: Differenced, horizon: Horizon) -> Forecast:
    """Continue a series whose differences are all the same: nothing is uncertain, and there is no likelihood."""
    mean = float(np.mean(model.w)) / model.scale
    orders = Orders(0, 0, constant=mean != 0.0)
    fit = Fit(
        orders, np.zeros(0), mean, 0.0, 0.0, 0.0, np.zeros(len(model.regressors.names) if model.regressors else 0)
    )
    value, _, _ = model.project(fit, False, horizon.rows, len(model.w))
    diagnostics = {"sigma2": 0.0, "params": _named(model, fit), "n_models": 0}
    extra = {"search": "none: the differences are constant", "diagnostics": diagnostics}
    return _reply(model, value, np.zeros(horizon.rows), 0.0, orders, extra)


def _reply(
    model: Differenced, value: Series, half: Series, mse: float, orders: Orders, extra: dict[str, Json]
) -> Forecast:
    """Return forecasts and half widths in the user's units."""
    if model.season:
        value = value + model.season.ahead(len(value))
        extra["diagnostics"]["harmonics"] = model.season.count
    return Forecast(
        value=model.z.back(value),
        low=model.z.back(value - half),
        high=model.z.back(value + half),
        mse=_squared(mse, model.z.scale * model.z.unit),
        period=model.m,
        extra={"model_info": model.name(orders)} | extra,
    )


def _disagreement(model: Differenced, fit: Fit, search: Search, value: Series) -> Series:
    """Return the variance of the forecasts between the models that fit nearly as well as the chosen one."""
    total, squares = 0.0, np.zeros(len(value))
    for rival in search.ranked()[:RIVALS]:
        if rival.aicc > fit.aicc + NEARBY or search.out_of_time():
            break
        weight = exp(-0.5 * max(rival.aicc - fit.aicc, 0.0))
        total += weight
        other, _, _ = model.project(rival, False, len(value), search.all_steps(rival.orders))
        with np.errstate(over="ignore"):
            squares += np.minimum(weight * (other - value) ** 2, BOUNDLESS)
    return squares / total if total else squares


def _squared(value: float, unit: float) -> float:
    """Return ``value * unit**2``, within the range of a double."""
    return float(min(value * unit * unit, LARGEST)) if unit < 1e150 else float(LARGEST)


def _named(model: Differenced, fit: Fit) -> dict[str, Json]:
    """Return the coefficients by name, in the user's units."""
    orders, named, first = fit.orders, dict[str, Json](), 0
    for name, count in (("ar", orders.p), ("ma", orders.q), ("sar", orders.big_p), ("sma", orders.big_q)):
        one = fit.x[first : first + count].copy()
        first += count
        alone = (count, 0) if name.endswith("ar") else (0, count)
        phi, theta = coefficients(one, np.array([*alone, 0, 0, 1], dtype=np.int64))
        named |= {f"{name}{i + 1}": float(c) for i, c in enumerate(np.concatenate((phi, theta)))}
    z, differences = model.z, model.d + model.seasonal_d
    if orders.constant and differences == 0:
        named["mean"] = float(z.back(np.array([fit.mean * model.scale - _moved(model, fit)]))[0])
    elif orders.constant and differences == 1:
        step = fit.mean * model.scale * z.scale * z.unit / (model.m if model.seasonal_d else 1)
        named["drift"] = float(np.clip(step, -LARGEST, LARGEST))
    return named


def _moved(model: Differenced, fit: Fit) -> float:
    """Return what the origins of the regressors add to the mean, scaled as z."""
    if not model.regressors:
        return 0.0
    origins = np.array([each.centre / each.scale for each in model.regressors.given]) / model.regressors.size
    return float(fit.beta @ origins) * model.scale


def _effects(model: Differenced, fit: Fit) -> dict[str, Json]:
    """Return the coefficients of the regressors by name, in units of the series over those of the covariate."""
    regressors, z = model.regressors, model.z
    if not regressors:
        return {}
    with np.errstate(over="ignore"):
        own = np.array([each.scale for each in regressors.given]) * regressors.size
        effects = fit.beta * model.scale / own * z.scale
        effects = effects / np.array([each.unit for each in regressors.given]) * z.unit
    return dict(zip(regressors.names, np.clip(effects, -LARGEST, LARGEST).tolist(), strict=True))

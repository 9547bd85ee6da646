"""How much wider an interval is because the model was estimated, for forms that were found automatically.

Estimates have the covariance ``sigma2 (J'J)^-1``, J the derivatives of the errors for them, and move the forecasts by
the derivatives of those; the variance is an estimate too (Student's t). How much an additive trend wanders is too much
in doubt for derivatives and told by its likelihood (`_ets_posterior`). A short series without season also tells by how
much its errors grow with the steps ahead: faster than the model says where its trend changes.

Sources: G. A. F. Seber and C. J. Wild, "Nonlinear Regression" (1989), section 5.1; C. Chatfield, "Calculating interval
forecasts", J. Business & Economic Statistics 11 (1993), sections 3 and 6.    Cost: O(n k**2), k estimates.
"""

from __future__ import annotations

import numpy as np

from kernels.contract import Horizon, Series
from kernels.forecast._ets_intervals import deviations
from kernels.forecast._ets_model import CODE, Fitted
from kernels.forecast._ets_posterior import Posterior
from kernels.forecast._ets_recursion import MUL, STATES, forecast_path, run_through
from kernels.numerics.normal import two_sided_quantile
from kernels.numerics.student_t import two_sided_point

STEP = 1e-6  # of a derivative by difference
FAINTEST = 1e-8  # of what the errors say of the clearest direction; less is rounding of the derivatives
MOST = 100_000  # rows times estimates; with more, estimating costs the forecast next to nothing
MOST_WANDERING = 5_000_000  # rows times squared estimates; with more, trying pairs of alpha and beta takes too long
SHORT = 60  # rows of a series whose errors several steps ahead are looked at


def widening(fitted: Fitted, value: Series, low: Series, high: Series, horizon: Horizon) -> Series:
    """Return (rows,) by what the distances of bounds from the forecast are to be multiplied; at least 1, not falling.

    1 for a level alone, and for series so long that nothing is in doubt.
    """
    form, n = fitted.form, len(fitted.z)
    quantile = two_sided_quantile(horizon.conf)
    deviation = (high - low) / (2.0 * quantile * fitted.scale)
    factor = np.ones(horizon.rows)
    freely = form.trend != "none" or form.seasonal != "none"
    if freely and n * fitted.estimated <= MOST and np.all(deviation > 0.0) and np.all(np.isfinite(deviation)):
        ratio = two_sided_point(horizon.conf, float(max(n - fitted.estimated, 1))) / quantile
        wandering = form.trend == "add" and n * fitted.estimated**2 <= MOST_WANDERING
        doubt = _doubt(fitted, horizon.rows, wandering)
        if wandering:
            doubt += Posterior(fitted, horizon.rows).doubt((value - fitted.shift) / fitted.scale, deviation)
        factor = max(ratio, 1.0) * np.sqrt(1.0 + doubt / deviation**2)
    if not form.period and n < SHORT:
        factor = factor * np.sqrt(_growth_of_errors(fitted, horizon.rows))
    return np.asarray(np.maximum.accumulate(factor))


def widened(fitted: Fitted, value: Series, low: Series, high: Series, factor: Series) -> tuple[Series, Series]:
    """Return the bounds so much further away; those of a multiplicative form stay positive."""
    top = value + factor * (high - value)
    if fitted.form.multiplicative:
        return value * (low / value) ** factor, top
    return value - factor * (value - low), top


def _estimates(fitted: Fitted, given: bool) -> list[int]:
    """Return the places of what was estimated in smoothing (4,) followed by states (2 + m,).

    given : alpha and beta are not in doubt.
    """
    form = fitted.form
    trend, season = form.trend != "none", form.seasonal != "none"
    chosen = [not given, trend and not given, season, form.damped, True, trend]
    return [i for i, used in enumerate(chosen) if used] + [len(chosen) + i for i in range(form.period)]


def _doubt(fitted: Fitted, rows: int, given: bool) -> Series:
    """Return (rows,) the variance of the forecasts of z that comes from estimating; 0 where it cannot be told."""
    form, z = fitted.form, fitted.z
    error, trend, season = CODE[form.error], CODE[form.trend], CODE[form.seasonal]
    n, m = len(z), len(fitted.states) - STATES

    def run(theta: Series) -> tuple[Series, Series]:
        end, residual = theta[4:].copy(), np.empty(n)
        run_through(z, error, trend, season, theta[:4].copy(), end, residual)
        path = forecast_path(rows, n % m, trend, season, float(theta[3]), end)
        return (residual / (z - residual) if error == MUL else residual), path

    theta, free = np.concatenate((fitted.smoothing, fitted.states)), _estimates(fitted, given)
    at, path = run(theta)
    slopes, moves = np.empty((n, len(free))), np.empty((rows, len(free)))
    for column, i in enumerate(free):
        moved = theta.copy()
        moved[i] += STEP * max(abs(theta[i]), 0.1) * (-1.0 if i < 4 and theta[i] > 0.5 else 1.0)
        other, other_path = run(moved)
        slopes[:, column] = (other - at) / (moved[i] - theta[i])
        moves[:, column] = (other_path - path) / (moved[i] - theta[i])
    size = np.linalg.norm(slopes, axis=0)
    if not (np.all(np.isfinite(slopes)) and np.all(np.isfinite(moves)) and np.all(size > 0.0)):
        return np.zeros(rows)
    slopes /= size
    strength, directions = np.linalg.eigh(slopes.T @ slopes)
    # a shift between level and seasons changes neither errors nor forecasts: nothing is known of it, and nothing needed
    known = strength > FAINTEST * strength[-1]
    along = (moves / size) @ directions[:, known]
    return np.asarray(fitted.variance(form.error) * np.sum(along**2 / strength[known], axis=1))


def _growth_of_errors(fitted: Fitted, rows: int) -> Series:
    """Return by what forecasts from inside the series missed more than one step ahead, against what the model says."""
    form, z, n = fitted.form, fitted.z, len(fitted.z)
    error, trend, season = CODE[form.error], CODE[form.trend], CODE[form.seasonal]
    sigma2 = fitted.variance(form.error)
    total, count = np.zeros(rows), np.zeros(rows)
    for t in range(max(4, n // 3), n):
        end, ahead = fitted.states.copy(), min(rows, n - t)
        run_through(z[:t].copy(), error, trend, season, fitted.smoothing, end, np.empty(t))
        path = forecast_path(ahead, 0, trend, season, fitted.smoothing[3], end)
        expected = deviations(path, error, sigma2, fitted.smoothing, 0)
        missed = np.divide(z[t : t + ahead] - path, expected, out=np.zeros(ahead), where=expected > 0.0)
        total[:ahead] += missed**2
        count[:ahead] += 1.0
    ratio = np.divide(total, count, out=np.zeros(rows), where=count > 0.0)
    if not (rows > 0 and ratio[0] > 0.0 and np.all(np.isfinite(ratio))):
        return np.ones(rows)
    return np.asarray(np.maximum(ratio / ratio[0], 1.0))

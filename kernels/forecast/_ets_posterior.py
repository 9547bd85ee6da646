"""What else a series lets the smoothing of its level and trend be, and what it would forecast then.

Where the trend moves slowly, the most likely beta is often 0 though a series like it comes as well from a beta that
lets forecasts wander off much further. Its likelihood there is no parabola, so the derivatives at the estimate do not
tell; alpha and beta are tried on a grid instead, each pair weighed by its likelihood with the initial states integrated
out. The prior of the fit, which keeps forecasts calm, has no part in it: calm is what an interval must not presume.

Sources: R. D. Snyder, J. K. Ord and A. B. Koehler, "Prediction intervals for ARIMA models", J. Business & Economic
Statistics 19 (2001), for the predictive distribution; A. C. Harvey, "Forecasting, Structural Time Series Models and the
Kalman Filter" (1989), section 3.4.4, for the likelihood without initial states. Cost: O(n k**2) per pair, k states.
"""

from __future__ import annotations

from math import exp, inf, log

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series
from kernels.forecast._ets_fit import NEAR_ONE
from kernels.forecast._ets_intervals import deviations
from kernels.forecast._ets_model import CODE, Fitted
from kernels.forecast._ets_recursion import ADD, STATES, forecast_path, normal_equations, run_through
from kernels.forecast._ets_refine import BOXED, to_natural
from kernels.numerics.cholesky import factor, solve_factored

Places = NDArray[np.int64]
ALPHAS, BETAS = 3, 9  # of the grid, even in the box of the fit
FIRST_STEP = 0.02  # from the estimate, in the box; then twice as far each time
UNLIKELY = 6.0  # in log-likelihood below the estimate, where the grid ends
MOST_LIKELY = 50.0  # above it: the prior of the fit keeps it below, never so far


@kernel("Tuple((f8, f8, f8[::1]))(f8[::1], i8, i8, i8, f8[::1], f8[::1], i8[::1], i8)")
def conditional(
    y: Series, error: int, trend: int, season: int, smoothing: Series, states: Series, moving: Places, rows: int
) -> tuple[float, float, Series]:
    """Estimate the initial states anew for given smoothing parameters, from `states` on.

    moving : which states are estimated.

    Returns
    -------
    What `run_through` returns, inf where nothing can be computed; the logarithm of the determinant of the states'
    information, without the variance; and (rows,) forecasts.
    """
    n, m, count = y.shape[0], states.shape[0] - STATES, moving.shape[0]
    width = BOXED + STATES + m
    end, none = states.copy(), np.empty(0)
    value = run_through(y, error, trend, season, smoothing, end, none)
    if not value < inf:
        return inf, 0.0, none
    tangents = np.zeros((STATES + m, width))
    for i in range(STATES + m):
        tangents[i, BOXED + i] = 1.0
    gram, gradient = np.empty((width, width)), np.empty(width)
    normal_equations(y, error, trend, season, smoothing, states, tangents, gram, gradient)
    system, step = np.empty((count, count)), np.empty(count)
    for a in range(count):
        i = BOXED + moving[a]
        step[a] = -gradient[i]
        for b in range(count):
            system[a, b] = gram[i, BOXED + moving[b]]
    if not factor(system, count):
        return inf, 0.0, none
    solve_factored(system, step, count)
    determinant, moved = 0.0, states.copy()
    for a in range(count):
        determinant += 2.0 * log(system[a, a])
        moved[moving[a]] += step[a]
    better = run_through(y, error, trend, season, smoothing, moved, none)
    if better < value:  # always, where the errors are linear in the states
        value, end = better, moved
    return value, determinant, forecast_path(rows, n % m, trend, season, smoothing[3], end)


class Posterior:
    """One fitted form with an additive trend at other smoothing of its level and trend.

    rows : how many are forecast.
    """

    def __init__(self, fitted: Fitted, rows: int) -> None:
        form = fitted.form
        self._fitted, self._rows = fitted, rows
        self._kinds = CODE[form.error], CODE[form.trend], CODE[form.seasonal]
        seasons = range(STATES, STATES + form.period)
        # a level that the seasons can stand for stays
        self._moving = np.array([*([] if form.level_is_carried else [0]), 1, *seasons], dtype=np.int64)
        alpha, beta, gamma, phi = map(float, fitted.smoothing)
        share = gamma / (1.0 - alpha) if alpha < 1.0 else 0.0
        self._box = np.array([alpha, beta / alpha if alpha > 0.0 else 0.0, share, phi])

    def doubt(self, path: Series, deviation: Series) -> Series:
        """Return (rows,) what is to be added to the squared `deviation` of z around its forecasts `path`; at least 0.

        The variance is the mean of those that the pairs of the grid have around their own forecasts, and that of the
        forecasts around `path`.
        """
        best = self._at(self._box)[0]
        if not best > -inf:
            return np.zeros(self._rows)
        own = self._spread(self._fitted.smoothing)
        alphas, betas = (self._nodes(axis, count, best) for axis, count in enumerate((ALPHAS, BETAS)))
        total, weights = np.zeros(self._rows), 0.0
        for alpha in alphas:
            for share in betas:
                found, ahead, smoothing, ratio = self._at(np.array([alpha, share, *self._box[2:]]))
                if found > -inf and np.all(np.isfinite(ahead)):
                    weight = exp(min(found - best, MOST_LIKELY))
                    spread = deviation**2 * ratio * self._spread(smoothing) / own
                    total += weight * (spread + (ahead - path) ** 2)
                    weights += weight
        return np.maximum(total / weights - deviation**2, 0.0) if weights > 0.0 else np.zeros(self._rows)

    def _at(self, box: Series) -> tuple[float, Series, Series, float]:
        """Return log-likelihood, forecasts, smoothing and the variance relative to the estimate's."""
        fitted, smoothing = self._fitted, np.empty(BOXED)
        to_natural(box, smoothing)
        value, information, ahead = conditional(
            fitted.z, *self._kinds, smoothing, fitted.states, self._moving, self._rows
        )
        if not 0.0 < value < inf:
            return -inf, ahead, smoothing, 1.0
        free = len(fitted.z) - len(self._moving)
        return -0.5 * (free * log(value) + information), ahead, smoothing, value / fitted.objective

    def _nodes(self, axis: int, count: int, best: float) -> Series:
        """Return places between the two where the likelihood of the estimate has gone, the other parameter fixed."""
        ends = []
        for step in (-FIRST_STEP, FIRST_STEP):
            box, moved = self._box.copy(), step
            while True:
                box[axis] = min(max(self._box[axis] + moved, 0.0), NEAR_ONE)
                if box[axis] in (0.0, NEAR_ONE) or self._at(box)[0] < best - UNLIKELY:
                    break
                moved *= 2.0
            ends.append(box[axis])
        return np.linspace(ends[0], ends[1], count)

    def _spread(self, smoothing: Series) -> Series:
        """Return (rows,) the variances of forecasts, in that of the errors; of what multiplies nearly.

        Errors are taken as additive: the variance of relative ones that feed on each other is that of a few paths which
        grow without bound; it says nothing of where nearly all of them are.
        """
        rows = np.empty(self._rows)
        return np.asarray(deviations(rows, ADD, 1.0, smoothing, self._fitted.form.period) ** 2)

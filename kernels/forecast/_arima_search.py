"""Which ARMA orders fit the differenced series best: stepwise search by AICc.

Source: R. J. Hyndman and Y. Khandakar, "Automatic time series forecasting: the forecast package for R", J. Statistical
Software 27 (2008), section 3.2: four simple models first, then neighbours of the best one. Here the neighbours of the
best few models are tried, and every fit maximises the exact likelihood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from math import exp, inf, log, pi

import numpy as np

from kernels.contract import Series, TooShort
from kernels.forecast._arima_conditional import improve_conditionally
from kernels.forecast._arima_fit import improve
from kernels.forecast._arima_orders import Limits, Orders, neighbours, seeds, starts
from kernels.forecast._arima_regression import coefficients as regression_coefficients
from kernels.forecast._arima_regression import rest
from kernels.numerics.arma import Lags, coefficients, roots_beyond

# The roots of a candidate stay beyond this radius: nearer ones mean a model on the edge, poor at forecasting.
RADIUS = 1.01
# How many of the best models have all their neighbours tried; one only where a fit takes long.
BEAM, LONG = 3, 5_000
# How many of the best models, and how near to the best one, are fitted to the end.
FINALISTS, MARGIN = 3, 2.0
# Of maxima that differ by less log-likelihood than this, one without a root on the unit circle is taken.
EDGE_GAIN = 0.05
# While searching, an iteration must promise this much log-likelihood; in the final fit the second.
SEARCH_TOLERANCE, TOLERANCE = 1e-3, 1e-7
# Above so many elementary steps of the filter a search improves models conditionally first, and the exact likelihood
# only of those within so much AICc of the best, by at most so many iterations.
LONG_WORK, CONTENDER, EXACT_ITERATIONS = 150_000, 6.0, 3
# Above so many elementary steps of the exact filter the search lets it go to its limit early.
EXACT_WORK = 1_000_000
# Steps of the exact filter that mean none: what comes before the series is 0.
CONDITIONAL = -1
# Iterations of one fit, at most.
ITERATIONS = 100
# Elementary steps (about half a nanosecond each) between two looks at the clock.
UNINTERRUPTED = 100_000_000

OutOfTime = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted candidate, in the units of the differenced series it was given.

    x : unconstrained parameters, see `kernels.numerics.arma.coefficients`.
    squares : sum of the squared standardised one-step errors.
    beta : (k,) coefficients of the regressors' columns.
    """

    orders: Orders
    x: Series
    mean: float
    squares: float
    loglik: float
    aicc: float
    beta: Series = field(default_factory=lambda: np.zeros(0))


@dataclass(slots=True)
class Search:
    """One differenced series and every candidate fitted to it so far.

    w : float64 (n,), the differenced series, not constant, of about unit scale.
    period : season length m, 0 for none.
    out_of_time : polled between fits and, where they are long, inside them.
    regressors : coefficients that count in the criteria besides those of the ARMA: of harmonics and of `columns`.
    columns : (k, n) differenced regressors, of about unit scale, whose coefficients belong to each fit.
    """

    w: Series
    period: int
    out_of_time: OutOfTime
    regressors: int = 0
    columns: Series = field(default_factory=lambda: np.empty((0, 0)))
    fits: dict[Orders, Fit] = field(default_factory=dict)
    n_models: int = 0
    stopped: bool = False

    def run(self, limits: Limits, start: Orders) -> Fit:
        """Search, then fit the best candidates to the end; at least one model is always fitted."""
        if limits.least == replace(limits.most, constant=False) and len(limits.constants) == 1:
            return self._given(replace(limits.most, constant=limits.constants[0]))
        self.visit(seeds(limits, start), thorough=True)
        known = 0
        while not self.stopped and known < len(self.fits):
            known = len(self.fits)
            for fit in self.ranked()[: self.beam]:
                self.visit(o for o in neighbours(fit.orders) if limits.allow(o))
        return self._final()

    @property
    def conditional(self) -> bool:
        """Tell whether models are improved by conditional least squares first."""
        return len(self.w) > LONG or len(self.w) * self.period > LONG_WORK

    @property
    def beam(self) -> int:
        """How many of the best models the search spreads out from."""
        return BEAM if len(self.w) <= LONG or self.period else 1

    def told(self, limits: Limits) -> str:
        """Say in words how the model was found."""
        if self.stopped:
            return f"stopped by timeout after {self.n_models} models"
        if self.n_models == 1:
            return "orders given"
        return f"stepwise, {self.n_models} models"

    def ranked(self) -> list[Fit]:
        """Return the usable fits, best first."""
        return sorted((f for f in self.fits.values() if f.aicc < inf), key=lambda fit: (fit.aicc, fit.orders))

    def _given(self, orders: Orders) -> Fit:
        """Fit the one model that was asked for."""
        if not self.enough_for(orders):
            least = max(self.span(orders), orders.count + orders.constant + len(self.columns) + 2) + 1
            raise TooShort(f"at least {least} differenced values are needed for these orders, got {len(self.w)}")
        self.n_models = 1
        if self.conditional:
            fit = self._fit_conditionally(
                Fit(orders, np.zeros(orders.count), 0.0, inf, -inf, inf), starts(orders), -inf
            )
            if self.out_of_time():
                self.stopped = True
                return fit
            return max(fit, self.maximise(orders, fit.x, TOLERANCE, self.all_steps(orders)), key=lambda f: f.loglik)
        return self._best_start(orders, starts(orders))

    def _final(self) -> Fit:
        """Fit the best candidates exactly, from several starts; return the best of them."""
        ranked = self.ranked()
        if not ranked:
            raise TooShort(f"no model within the given orders can be fitted to {len(self.w)} differenced values")
        if self.out_of_time():
            return ranked[0]
        best = replace(ranked[0], aicc=inf)
        for fit in ranked[:FINALISTS]:
            if fit.aicc > ranked[0].aicc + MARGIN:
                break
            # what conditional least squares found has been improved already
            better = fit if self.conditional else self.maximise(fit.orders, fit.x, TOLERANCE, len(self.w))
            if self.conditional or not self.inside(better):
                better = self.exactly(fit, self.all_steps(fit.orders))
            if better.aicc < best.aicc:
                best = better
            if self.out_of_time():
                self.stopped = True
                break
        return best

    def _best_start(self, orders: Orders, tried: list[Series]) -> Fit:
        """Maximise from every start a little, then go on from the best few."""
        n = len(self.w)
        fits = [self.maximise(orders, tried[0], SEARCH_TOLERANCE, n)]
        for x in tried[1:]:
            if self.out_of_time():
                self.stopped = True
                break
            fits.append(self.maximise(orders, x, SEARCH_TOLERANCE, n))
        fits.sort(key=lambda fit: -fit.loglik)
        if self.stopped:
            return fits[0]
        chosen = fits[:2] + [f for f in fits[2:] if self.inside(f)][:1]
        fits = sorted((self.maximise(orders, f.x, TOLERANCE, n) for f in chosen), key=lambda fit: -fit.loglik)
        steady = (f for f in fits if self.inside(f) and f.loglik >= fits[0].loglik - EDGE_GAIN)
        return next(steady, fits[0])

    def exactly(self, fit: Fit, exact_steps: int) -> Fit:
        """Return a fit with its likelihood, its parameters unchanged."""
        x = fit.x.copy()
        squares, mean, logs, _ = improve(
            self.w, self.columns, fit.orders.constant, x, self.vector(fit.orders), exact_steps, 0, 0.0, inf, np.zeros(1)
        )
        return self.judged(fit.orders, x, squares, mean, logs, exact_steps)

    def visit(self, candidates: Iterable[Orders], thorough: bool = False) -> None:
        """Fit the candidates that were not yet; where the time is up, one at most."""
        for orders in candidates:
            if orders in self.fits:
                continue
            if self.fits and self.out_of_time():
                self.stopped = True
                return
            self.fits[orders] = self.fit(orders, thorough)
            self.n_models += 1

    def fit(self, orders: Orders, thorough: bool) -> Fit:
        """Fit one candidate from the best model's parameters and from zero, or from many points."""
        none = Fit(orders, np.zeros(orders.count), 0.0, inf, -inf, inf)
        if not self.enough_for(orders):
            return none
        ranked = self.ranked()
        goal = self.loglik_for(orders, ranked[min(self.beam, len(ranked)) - 1].aicc) if ranked else -inf
        cold = starts(orders) if thorough else [np.zeros(orders.count)]
        points = [carry_over(f, orders) for f in ranked[:1]] + cold
        if self.conditional:
            return self._fit_conditionally(none, points, goal)
        best = none
        for x in points if orders.count else points[-1:]:
            fit = self.maximise(orders, x, SEARCH_TOLERANCE, self.exact_steps(orders), max(goal, best.loglik))
            if fit.loglik > best.loglik and self.inside(fit):
                best = fit
            if best.loglik > -inf and self.out_of_time():
                break
        return best

    def _fit_conditionally(self, none: Fit, points: list[Series], goal: float) -> Fit:
        """Fit one candidate by conditional least squares; where that makes it a contender, exactly."""
        orders = none.orders
        n, vector = len(self.w), self.vector(orders)
        given = not self.fits  # the first model has to do whatever its roots are
        w = self.w - np.mean(self.w) if orders.constant else self.w
        if len(self.columns):
            w = rest(self.w, self.columns, orders.constant)
        found: list[tuple[float, Series]] = []
        wanted = squares_for(goal, n)
        for x in points if orders.count else points[-1:]:
            squares = self._descend(w, x, vector, wanted)
            if squares < inf and (given or roots_beyond(x, vector, RADIUS)):
                found.append((squares, x))
                wanted = min(wanted, squares)
            if found and self.out_of_time():
                break
        if not found:
            return none
        x = min(found, key=lambda pair: pair[0])[1]
        exact_steps = self.exact_steps(orders)
        fit = self.exactly(replace(none, x=x), exact_steps)
        ranked = self.ranked()
        if orders.count and (not ranked or fit.aicc < ranked[0].aicc + CONTENDER) and not self.out_of_time():
            better = self.maximise(orders, x, SEARCH_TOLERANCE, exact_steps, goal, EXACT_ITERATIONS)
            if self.inside(better) and better.aicc < fit.aicc:
                return better
        return fit

    def _descend(self, w: Series, x: Series, vector: Lags, wanted: float) -> float:
        """Improve `x` in place by conditional least squares, with a look at the clock now and then."""
        iterations = min(ITERATIONS, max(1, UNINTERRUPTED // ((len(x) + 1) * 32 * len(w))))
        damping, squares = np.array([1e-2]), inf
        for _ in range(0, ITERATIONS, iterations):
            squares, done = improve_conditionally(w, x, vector, iterations, SEARCH_TOLERANCE, wanted, damping)
            if done or self.out_of_time():
                break
        return squares

    def loglik_for(self, orders: Orders, aicc: float) -> float:
        """Return the log-likelihood with which a candidate has that AICc."""
        return 0.5 * (self.penalty(orders) - aicc)

    def penalty(self, orders: Orders) -> float:
        """Return what AICc adds to -2 loglik."""
        n, k = len(self.w), orders.count + orders.constant + self.regressors + 1
        return 2.0 * k + 2.0 * k * (k + 1) / (n - k - 1) if n - k - 1 > 0 else inf

    def inside(self, fit: Fit) -> bool:
        """Tell whether a fit's roots keep their distance from the unit circle."""
        return fit.loglik > -inf and bool(roots_beyond(fit.x, self.vector(fit.orders), RADIUS))

    def enough_for(self, orders: Orders) -> bool:
        """Tell whether the series is long enough for a candidate's lags and for its AICc."""
        return len(self.w) > max(self.span(orders), orders.count + orders.constant + len(self.columns) + 2)

    def span(self, orders: Orders) -> int:
        """Return the longest lag of a candidate: the dimension of its state."""
        return max(orders.p + self.period * orders.big_p, orders.q + self.period * orders.big_q)

    def exact_steps(self, orders: Orders) -> int:
        """Return after how many steps the filter may go to its limit while searching; negative: at once."""
        r = max(self.span(orders), 1)
        return CONDITIONAL if self.heavy(orders) else max(2 * r, EXACT_WORK // r)

    def all_steps(self, orders: Orders) -> int:
        """Return for how many steps the filter is exact in the last fit: for all where that is affordable."""
        n, r = len(self.w), self.span(orders)
        work = (orders.count + 1) * (1 + len(self.columns)) * (8 * n + r * (n + r))
        affordable = not self.conditional or work <= 2 * UNINTERRUPTED
        return n if affordable else self.exact_steps(orders)

    def heavy(self, orders: Orders) -> bool:
        """Tell whether even one exact likelihood takes too long to be interrupted."""
        n, r = len(self.w), self.span(orders)
        return r * (1 + len(self.columns)) * max(n + r, 3 * r * (orders.count + 1)) > UNINTERRUPTED

    def vector(self, orders: Orders) -> Lags:
        """Return orders as the kernels take them."""
        return np.array([orders.p, orders.q, orders.big_p, orders.big_q, max(self.period, 1)], dtype=np.int64)

    def maximise(
        self,
        orders: Orders,
        start: Series,
        tolerance: float,
        exact_steps: int,
        goal: float = -inf,
        most: int = ITERATIONS,
    ) -> Fit:
        """Maximise the likelihood from one start; `goal` is the one that makes the model worth having."""
        n, x = len(self.w), start.copy()
        vector = self.vector(orders)
        r = self.span(orders)
        one = 8 * n + (r * (min(n, exact_steps) + r) if exact_steps >= 0 else 0)
        work = (orders.count + 1) * (1 + len(self.columns)) * one
        iterations = max(1, min(most, UNINTERRUPTED // work))
        w, columns, constant, damping = self.w, self.columns, orders.constant, np.array([1e-2])
        squares_wanted = squares_for(goal, n)
        for _ in range(0, most, iterations):
            squares, mean, logs, done = improve(
                w, columns, constant, x, vector, exact_steps, iterations, tolerance, squares_wanted, damping
            )
            if done or self.out_of_time():
                break
        return self.judged(orders, x, squares, mean, logs, exact_steps)

    def judged(self, orders: Orders, x: Series, squares: float, mean: float, logs: float, exact_steps: int) -> Fit:
        """Return a fit with its likelihood, AICc and the coefficients of the columns."""
        n = len(self.w)
        if not squares < inf:
            return Fit(orders, x, 0.0, inf, -inf, inf)
        squares = max(squares, 1e-30 * n)
        loglik = -0.5 * n * (log(2.0 * pi * squares / n) + 1.0)
        aicc = self.penalty(orders) - 2.0 * loglik
        beta = np.zeros(0)
        if len(self.columns):
            phi, theta = coefficients(x, self.vector(orders))
            mean, beta = regression_coefficients(self.w, self.columns, orders.constant, phi, theta, exact_steps)
        return Fit(orders, x, mean, squares * exp(-logs / n), loglik, aicc, beta)


def squares_for(loglik: float, n: int) -> float:
    """Return the sum of squares of that log-likelihood; infinite where none is asked for."""
    return n / (2.0 * pi) * exp(-2.0 * loglik / n - 1.0) if loglik > -inf else inf


def carry_over(fit: Fit, orders: Orders) -> Series:
    """Return a start for `orders` from the parameters of another model: common ones kept, new ones 0."""
    x = np.zeros(orders.count)
    old = new = 0
    for name in ("p", "q", "big_p", "big_q"):
        had, has = getattr(fit.orders, name), getattr(orders, name)
        both = min(had, has)
        x[new : new + both] = np.clip(fit.x[old : old + both], -3.0, 3.0)
        old, new = old + had, new + has
    return x

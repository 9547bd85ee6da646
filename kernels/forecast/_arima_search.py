"""Which ARMA orders fit the differenced series best: stepwise search by AICc.

Source: R. J. Hyndman and Y. Khandakar, "Automatic time series forecasting: the forecast package for R", J. Statistical
Software 27 (2008), section 3.2: four simple models first, then neighbours of the best one. Here the neighbours of the
best few models are tried, and every fit maximises the exact likelihood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import exp, inf, log, pi

import numpy as np

from kernels.contract import Series, TooShort
from kernels.forecast._arima_fit import improve
from kernels.numerics.arma import Lags, roots_beyond

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
# Above so many elementary steps of the exact filter the search lets it go to its limit early.
EXACT_WORK = 1_000_000
# Elementary steps (about half a nanosecond each) between two looks at the clock.
UNINTERRUPTED = 100_000_000

OutOfTime = Callable[[], bool]


@dataclass(frozen=True, slots=True, order=True)
class Orders:
    """Orders of one candidate for the differenced series."""

    p: int
    q: int
    big_p: int = 0
    big_q: int = 0
    constant: bool = False

    @property
    def count(self) -> int:
        """Number of ARMA coefficients."""
        return self.p + self.q + self.big_p + self.big_q


@dataclass(frozen=True, slots=True)
class Limits:
    """The smallest and largest orders a search may try; `constants`: which choices of a constant it has."""

    least: Orders
    most: Orders
    constants: tuple[bool, ...]

    def allow(self, orders: Orders) -> bool:
        """Tell whether a candidate is within the limits."""
        low, high = self.least, self.most
        return (
            low.p <= orders.p <= high.p
            and low.q <= orders.q <= high.q
            and low.big_p <= orders.big_p <= high.big_p
            and low.big_q <= orders.big_q <= high.big_q
            and orders.constant in self.constants
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted candidate, in the units of the differenced series it was given.

    x : unconstrained parameters, see `kernels.numerics.arma.coefficients`.
    squares : sum of the squared standardised one-step errors.
    """

    orders: Orders
    x: Series
    mean: float
    squares: float
    loglik: float
    aicc: float


@dataclass(slots=True)
class Search:
    """One differenced series and every candidate fitted to it so far.

    w : float64 (n,), the differenced series, not constant, of about unit scale.
    period : season length m, 0 for none.
    out_of_time : polled between fits and, where they are long, inside them.
    """

    w: Series
    period: int
    out_of_time: OutOfTime
    fits: dict[Orders, Fit] = field(default_factory=dict)
    n_models: int = 0
    stopped: bool = False

    def run(self, limits: Limits, start: Orders) -> Fit:
        """Search, then fit the best candidates to the end; at least one model is always fitted."""
        if limits.least == replace(limits.most, constant=False) and len(limits.constants) == 1:
            return self._given(replace(limits.most, constant=limits.constants[0]))
        self._visit(seeds(limits, start), thorough=True)
        known = 0
        while not self.stopped and known < len(self.fits):
            known = len(self.fits)
            for fit in self.ranked()[: self.beam]:
                self._visit(o for o in neighbours(fit.orders) if limits.allow(o))
        return self._final()

    @property
    def beam(self) -> int:
        """How many of the best models the search spreads out from."""
        return BEAM if len(self.w) <= LONG else 1

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
            least = max(self.span(orders), orders.count + orders.constant + 2) + 1
            raise TooShort(f"at least {least} differenced values are needed for these orders, got {len(self.w)}")
        self.n_models = 1
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
            better = self.maximise(fit.orders, fit.x, TOLERANCE, len(self.w))
            if not self.inside(better):
                better = self.exactly(fit)
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

    def exactly(self, fit: Fit) -> Fit:
        """Return a fit with its exact likelihood, its parameters unchanged."""
        x, n = fit.x.copy(), len(self.w)
        squares, mean, logs, _ = improve(
            self.w, fit.orders.constant, x, self.vector(fit.orders), n, 0, 0.0, inf, np.array([0.0])
        )
        return self.judged(fit.orders, x, squares, mean, logs)

    def _visit(self, candidates: Iterable[Orders], thorough: bool = False) -> None:
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
        best = none
        for x in points if orders.count else points[-1:]:
            fit = self.maximise(orders, x, SEARCH_TOLERANCE, self.exact_steps(orders), max(goal, best.loglik))
            if fit.loglik > best.loglik and self.inside(fit):
                best = fit
        return best

    def loglik_for(self, orders: Orders, aicc: float) -> float:
        """Return the log-likelihood with which a candidate has that AICc."""
        return 0.5 * (self.penalty(orders) - aicc)

    def penalty(self, orders: Orders) -> float:
        """Return what AICc adds to -2 loglik."""
        n, k = len(self.w), orders.count + orders.constant + 1
        return 2.0 * k + 2.0 * k * (k + 1) / (n - k - 1) if n - k - 1 > 0 else inf

    def inside(self, fit: Fit) -> bool:
        """Tell whether a fit's roots keep their distance from the unit circle."""
        return fit.loglik > -inf and bool(roots_beyond(fit.x, self.vector(fit.orders), RADIUS))

    def enough_for(self, orders: Orders) -> bool:
        """Tell whether the series is long enough for a candidate's lags and for its AICc."""
        return len(self.w) > max(self.span(orders), orders.count + orders.constant + 2)

    def span(self, orders: Orders) -> int:
        """Return the longest lag of a candidate: the dimension of its state."""
        return max(orders.p + self.period * orders.big_p, orders.q + self.period * orders.big_q)

    def exact_steps(self, orders: Orders) -> int:
        """Return after how many steps the filter may go to its limit while searching."""
        r = max(self.span(orders), 1)
        return max(2 * r, EXACT_WORK // r)

    def vector(self, orders: Orders) -> Lags:
        """Return orders as the kernels take them."""
        return np.array([orders.p, orders.q, orders.big_p, orders.big_q, max(self.period, 1)], dtype=np.int64)

    def maximise(self, orders: Orders, start: Series, tolerance: float, exact_steps: int, goal: float = -inf) -> Fit:
        """Maximise the likelihood from one start; `goal` is the one that makes the model worth having."""
        n, x = len(self.w), start.copy()
        vector = self.vector(orders)
        r = self.span(orders)
        work = (orders.count + 1) * (8 * n + r * (min(n, exact_steps) + r))
        iterations = max(1, min(100, UNINTERRUPTED // work))
        damping = np.array([1e-2])
        squares_wanted = n / (2.0 * pi) * exp(-2.0 * goal / n - 1.0) if goal > -inf else inf
        for _ in range(0, 100, iterations):
            squares, mean, logs, done = improve(
                self.w, orders.constant, x, vector, exact_steps, iterations, tolerance, squares_wanted, damping
            )
            if done or self.out_of_time():
                break
        return self.judged(orders, x, squares, mean, logs)

    def judged(self, orders: Orders, x: Series, squares: float, mean: float, logs: float) -> Fit:
        """Return a fit with its likelihood and AICc."""
        n = len(self.w)
        if not squares < inf:
            return Fit(orders, x, 0.0, inf, -inf, inf)
        squares = max(squares, 1e-30 * n)
        loglik = -0.5 * n * (log(2.0 * pi * squares / n) + 1.0)
        aicc = self.penalty(orders) - 2.0 * loglik
        return Fit(orders, x, mean, squares * exp(-logs / n), loglik, aicc)


def seeds(limits: Limits, start: Orders) -> Iterator[Orders]:
    """Yield the models a search begins with; the first is always cheap."""
    low, high = limits.least, limits.most
    for p, q, big_p, big_q in (
        (0, 0, 0, 0),
        (2, 2, 1, 1),
        (1, 0, 1, 0),
        (0, 1, 0, 1),
        (start.p, start.q, start.big_p, start.big_q),
    ):
        for constant in limits.constants[: 2 if p + q == 0 else 1]:
            yield Orders(
                min(max(p, low.p), high.p),
                min(max(q, low.q), high.q),
                min(max(big_p, low.big_p), high.big_p),
                min(max(big_q, low.big_q), high.big_q),
                constant,
            )


def neighbours(at: Orders) -> Iterator[Orders]:
    """Yield the models one step away, seasonal steps first."""
    p, q, big_p, big_q, constant = at.p, at.q, at.big_p, at.big_q, at.constant
    steps = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))
    for a, b in steps:
        yield Orders(p, q, big_p + a, big_q + b, constant)
    for a, b in steps:
        yield Orders(p + a, q + b, big_p, big_q, constant)
    yield Orders(p, q, big_p, big_q, not constant)


def starts(orders: Orders) -> list[Series]:
    """Return starting points all over the parameter space, the likely ones first: there may be several maxima."""
    counts = (orders.p, orders.q, orders.big_p, orders.big_q)
    levels = (
        (0.0, 0.0, 0.0, 0.0),
        (0.3, 0.8, 0.5, 0.5),
        (-0.3, -0.5, 1.5, 1.0),
        (2.0, 1.2, 2.0, 1.5),
        (-1.5, 1.5, -0.5, 0.5),
        (1.0, -1.0, 1.0, -0.5),
        (-1.5, -2.0, 2.5, 2.0),
    )
    points = [np.repeat(np.array(level), counts) for level in levels]
    random = np.random.default_rng(0)
    points += [random.normal(0.0, 1.2, orders.count) for _ in range(5)]
    return points if orders.count else points[:1]


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

"""Orders of candidates: which ones a search may try, where it begins, what is next to what, and from where to fit them.

Source: R. J. Hyndman and Y. Khandakar, "Automatic time series forecasting: the forecast package for R", J. Statistical
Software 27 (2008), section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from kernels.contract import Series


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

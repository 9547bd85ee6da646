"""From what score on a stretch is unusual for its own series: bounds by the highest scores of equal stretches.

Scores of neighbouring rows depend on each other, the highest of each stretch hardly do, and most stretches of a series
are usual. So the bounds stand on the lower and middle quantiles of the logarithms of these maxima, which anomalies do
not move. Logarithms: a score has no largest value, and most have a tail that falls as a power or faster.

Source: B. M. Hill, "A simple general approach to inference about the tail of a distribution", The Annals of Statistics
3 (1975), for a tail that is exponential in the logarithm; S. Coles, "An Introduction to Statistical Modeling of Extreme
Values" (2001), chapter 3, for block maxima.    Cost: O(n).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np

from kernels.contract import Series

LEAST_SPREAD = 0.05  # of the logarithms: maxima that are all alike leave room for rounding and for chance
SIGMA_BELOW = 1.0364333894937898  # from the 15 % quantile of a normal distribution to its median
FEW = 30  # stretches; with fewer, the upper decile is one or two of them
TAIL, TAIL_OF_FEW = (0.5, 0.9), (0.25, 0.75)  # between these quantiles the tail is measured
LEAST_DECAY = 1e-3
UNIT = 10_000  # rows that a number of alarms refers to
COUNTED = 40_000  # rows that a shorter series counts for: what is odd is not rarer because less was looked at


def maxima(score: Series, rows: int) -> Series:
    """Return the highest score of each stretch of about so many rows."""
    edges = np.linspace(0, len(score), max(1, len(score) // rows) + 1).astype(np.int64)
    highest: Series = np.maximum.reduceat(score, edges[:-1])
    return highest


@dataclass(frozen=True, slots=True)
class Bounds:
    """How the maxima of a series' usual stretches are distributed.

    centre, spread : of their logarithms.
    corner, decay : beyond exp(corner), which the share `beyond` of them exceeds, that many fall by a factor of e each
        time the logarithm grows by `decay`.
    count : number of stretches.
    rows : of the series.
    """

    centre: float
    spread: float
    corner: float
    decay: float
    beyond: float
    count: int
    rows: int

    @classmethod
    def of(cls, score: Series, rows: int) -> Bounds:
        """Measure a score, float64 (n,), > 0, by stretches of so many rows."""
        logs = np.log(maxima(score, rows))
        low, high = TAIL if len(logs) >= FEW else TAIL_OF_FEW
        below, centre, first, last = np.quantile(logs, (0.15, 0.5, low, high)).tolist()
        spread = max((centre - below) / SIGMA_BELOW, LEAST_SPREAD)
        decay = max((last - first) / log((1.0 - low) / (1.0 - high)), LEAST_DECAY)
        return cls(centre, spread, last, decay, 1.0 - high, len(logs), len(score))

    def usual(self, spreads: float) -> float:
        """Return the score so many spreads above that of the usual stretch."""
        return exp(min(self.centre + spreads * self.spread, 700.0))

    def tail(self, alarms: float) -> float:
        """Return the score that about `alarms` usual stretches in 10 000 rows exceed."""
        expected = alarms * max(self.rows, COUNTED) / UNIT
        return exp(min(self.corner + self.decay * log(max(self.beyond * self.count / expected, 1.0)), 700.0))

    def certainty(self, score: float) -> float:
        """Return the probability that no usual stretch of the series reaches a score."""
        expected = self.count * self.beyond * exp(min((self.corner - log(score)) / self.decay, 700.0))
        return exp(-expected)

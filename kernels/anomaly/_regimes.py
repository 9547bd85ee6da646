"""The segments of one level, or of one line each, that a series goes through, and how sure each change between them is.

The series is looked at as some hundred means. Segments are fitted at the least cost; a change between two of them
counts if means of as many rows move less by chance (`kernels.numerics.fluctuation`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, exp, log, sqrt

import numpy as np

from kernels.contract import Series
from kernels.numerics.change_points import LEVEL, LINE, Begins, running_sums, segments, significant
from kernels.numerics.fluctuation import fluctuation
from kernels.numerics.normal import normal_quantile

MEANS = 512  # of a column, at most
CANDIDATE = 0.5  # of the evidence that a change needs, so that it is looked at
REACHES = 4  # a change is looked at from the least segment over this on
PLACES = 4.0  # places that differ, in each such reach
OF_LINE = 1.3  # the penalty of a line over that of a level


@dataclass(frozen=True, slots=True)
class Means:
    """A series as m <= `MEANS` means of `block` rows each, but for the `skipped` oldest ones."""

    values: Series
    block: int
    skipped: int

    @classmethod
    def of(cls, rows: Series) -> Means:
        """Take the means of a series."""
        block = -(-len(rows) // MEANS)
        skipped = len(rows) % block
        return cls(rows[skipped:].reshape(-1, block).mean(axis=1), block, skipped)


@dataclass(frozen=True, slots=True)
class Chance:
    """What evidence chance brings about in a column without changes that has so many `places` for one."""

    places: float

    def bound(self, alpha: float, parameters: int) -> float:
        """Return the evidence that such a column reaches with probability `alpha`."""
        share = min(alpha / self.places, 0.5)
        return float(normal_quantile(share / 2.0) ** 2) if parameters == LEVEL else -2.0 * log(share)

    def certainty(self, evidence: float, parameters: int) -> float:
        """Return the probability that it does not reach it."""
        tail = erfc(sqrt(0.5 * evidence)) if parameters == LEVEL else exp(-0.5 * min(evidence, 1400.0))
        return exp(-self.places * tail)


@dataclass(frozen=True, slots=True)
class Regimes:
    """The segments of a series.

    begins : int64 (k + 1,): the row in which each begins, to within a block of `Means`, and the number of rows.
    evidence : (k + 1,): that of the change in each begin over what it needs; inf at both ends.
    certainty : (k + 1,): the probability that chance reaches no such evidence in a series without changes.
    parameters : LEVEL or LINE: what each follows.
    """

    begins: Begins
    evidence: Series
    certainty: Series
    parameters: int


def regimes(means: Means, loud: Series, least: int, alpha: float, floor: float) -> Regimes:
    """Return the segments of a series: of levels or of lines, whichever cost less.

    Parameters
    ----------
    loud : (m,): how much louder than usual the noise of each mean is, > 0.
    least : rows of a segment. alpha : the probability that a series without changes has more than one.
    floor : the least variance of a mean: that of rounding.
    """
    loudness = np.concatenate(([0.0], np.cumsum(loud)))
    sums = running_sums(means.values - means.values.mean())
    noise = np.maximum(fluctuation(means.values, loudness), floor)
    shortest = max(2, -(-least // means.block))
    nearest = min(max(4, shortest // REACHES), shortest)
    chance = Chance(PLACES * len(means.values) / nearest)
    tried = []
    for parameters in (LEVEL, LINE):
        bound = chance.bound(alpha, parameters)
        penalty = CANDIDATE * bound * noise[shortest] * (OF_LINE if parameters == LINE else 1.0)
        begins, cost = segments(sums, parameters, shortest, penalty)
        tried.append((cost, parameters, bound, begins))
        if len(begins) == 2:  # a column that one level suits has neither steps nor slopes
            break
    _, parameters, bound, begins = min(tried, key=lambda fit: fit[0])
    begins, evidence = significant(sums, noise, loudness, begins, parameters, nearest, bound)
    certainty = np.array([chance.certainty(each, parameters) for each in evidence])
    rows = begins * means.block + means.skipped
    rows[0] = 0
    return Regimes(rows, evidence / bound, certainty, parameters)

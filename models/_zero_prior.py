"""The prior of `zero`: what series there are, as a program that draws them. No measured series is used anywhere.

A group of series shares length, horizon and seasons; each draws its family, its parameters and what happened to it on
the way: sums, powers, floors, shifts, outliers, holes, rounding. The season that the network is told is mostly, but not
always, the true one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from kernels.contract import Series
from models._zero_prior_families import FAMILIES
from models._zero_prior_parts import between, unit

SHORTEST, LONGEST, FURTHEST = 6, 1000, 220
LONG, LONG_SHARE, FURTHEST_OF_LONG = 2500, 0.04, 336  # what monitoring keeps
GROUP = 256
SEASONAL = 0.72
CALENDAR = (4, 4, 5, 6, 7, 7, 10, 12, 12, 12, 12, 24, 24, 24, 24, 30, 48, 48, 52, 52, 60, 96, 96, 144, 168, 288)
SECOND = (7, 7, 7, 5, 4, 12, 2, 3)  # in first seasons
SHARES = (0.17, 0.20, 0.17, 0.11, 0.09, 0.05, 0.07, 0.14)  # of all families but the last two
# Shares of growth and structural series among those that are short without a season, have a slow season, are longer
# without a season, and others: what is short and slow is economic more often than not.
ECONOMIC = ((0.60, 0.05), (0.25, 0.40), (0.30, 0.05), (0.08, 0.05))
ECONOMIC_AT_FIRST = ((0.55, 0.0), (0.35, 0.0), (0.20, 0.0), (0.06, 0.0))  # without structural ones
LARGEST = 1e15


@dataclass(frozen=True, slots=True)
class Drawn:
    """One generated series.

    values : float64 (rows + horizon,), finite; the first `rows` are what a forecast is made from.
    period, second : seasons that the network is told, 0 for none.
    family : index in `FAMILIES`.
    """

    values: Series
    rows: int
    period: int
    second: int
    family: int


def draw(random: Generator, count: int = GROUP, structural: bool = True) -> Iterator[Drawn]:
    """Yield at most `count` series of one length and season; without `structural`, of the prior of the first stages."""
    rows, horizon = _size(random)
    period, second = _seasons(random, rows, horizon)
    shares = _shares(rows, period, structural)
    family = random.choice(len(FAMILIES), count, p=shares)
    values = _drawn(random, family, rows + horizon, period, second)
    mixed = random.random(count) < 0.15
    if mixed.any():
        other = random.choice(len(FAMILIES), int(mixed.sum()), p=shares)
        added = unit(_drawn(random, other, rows + horizon, period, second))
        size = values[mixed].std(1, keepdims=True) * between(random, 0.1, 3.0, len(other))
        values[mixed] += size * added
    values = _disturbed(random, values, rows)
    usable = np.isfinite(values).all(1) & (np.abs(values).max(1) < LARGEST)
    for one in np.flatnonzero(usable):
        told = _told(random, rows, period, second)
        yield Drawn(np.ascontiguousarray(values[one]), rows, *told, int(family[one]))


def _size(random: Generator) -> tuple[int, int]:
    """Draw length and horizon."""
    kind, furthest = random.random(), FURTHEST
    if kind < LONG_SHARE:
        rows, furthest = int(random.uniform(LONGEST, LONG)), FURTHEST_OF_LONG
    elif kind < 0.75:
        rows = int(between(random, SHORTEST, LONGEST, 1)[0, 0])
    else:
        rows = int(random.uniform(0.3 * LONGEST, LONGEST))
    return rows, int(between(random, 3.0, min(furthest, 2.0 * rows + 6.0), 1)[0, 0])


def _calendar(random: Generator, rows: int) -> int:
    """Draw a usual season, mostly one that fits twice."""
    period = 0
    for _ in range(8):
        period = int(random.choice(CALENDAR))
        if 2 * period <= rows:
            break
    return period


def _seasons(random: Generator, rows: int, horizon: int) -> tuple[int, int]:
    """Draw the true seasons; 0 for none."""
    if random.random() >= SEASONAL:
        return 0, 0
    free = int(between(random, 2.0, max(3.0, rows / 2.0), 1)[0, 0])
    period = _calendar(random, rows) if random.random() < 0.6 else free
    if 2 * period > rows and random.random() < 0.9:
        return 0, 0
    second = period * int(random.choice(SECOND)) if period <= 288 and random.random() < 0.3 else 0
    return period, second if second <= 2 * (rows + horizon) else 0


def _told(random: Generator, rows: int, period: int, second: int) -> tuple[int, int]:
    """Draw what the network is told: the truth, nothing, or what is wrong."""
    chance = random.random()
    if period:
        if chance < 0.06:
            return 0, 0
        told, told_second = (_calendar(random, rows), 0) if chance < 0.1 else (period, second if chance < 0.85 else 0)
    else:
        told, told_second = (_calendar(random, rows), 0) if chance < 0.5 else (0, 0)
        if told and random.random() < 0.15:
            told_second = 7 * told
    return (told, told_second if 2 * told_second <= rows else 0) if 2 * told <= rows else (0, 0)


def _shares(rows: int, period: int, structural: bool) -> Series:
    """Return the share of each family."""
    kind = 3 if rows >= 400 or period > 12 else 1 if period else 0 if rows < 100 else 2
    economic = (ECONOMIC if structural else ECONOMIC_AT_FIRST)[kind]
    shares = np.array([*SHARES, 0.0, 0.0]) * (1.0 - sum(economic))
    shares[-2:] = economic
    return shares


def _drawn(random: Generator, family: NDArray[np.int64], rows: int, period: int, second: int) -> Series:
    values = np.empty((len(family), rows))
    for which in np.unique(family):
        chosen = family == which
        values[chosen] = FAMILIES[which](random, int(chosen.sum()), rows, period, second)
    return values


def _disturbed(random: Generator, values: Series, rows: int) -> Series:
    """Do to series what happens to them; `rows` of them are past."""
    count, total = values.shape
    deviation = values.std(1, keepdims=True)
    chance = random.random(count)
    powers = (chance < 0.06) & (deviation[:, 0] > 1e-12)
    if powers.any():
        size = random.uniform(0.3, 1.2, (int(powers.sum()), 1))
        values[powers] = np.exp(np.clip(size * unit(values[powers]), -8.0, 8.0))
    upside_down = (chance >= 0.06) & (chance < 0.10)
    values[upside_down] *= -1.0
    backwards = (chance >= 0.10) & (chance < 0.13)
    values[backwards] = values[backwards, ::-1]
    for one in np.flatnonzero((chance >= 0.13) & (chance < 0.17)):  # a floor, then 0
        floor = np.quantile(values[one, :rows], random.uniform(0.0, 0.5))
        values[one] = np.maximum(values[one], floor) - floor
    for one in np.flatnonzero((chance >= 0.17) & (chance < 0.19)):  # a capacity
        values[one] = np.minimum(values[one], np.quantile(values[one, :rows], random.uniform(0.6, 1.0)))
    deviation = values.std(1)
    for one in np.flatnonzero(random.random(count) < 0.10):  # another level
        near = random.random() < 0.3  # its end
        since = rows - 1 - random.integers(0, min(rows, 12)) if near else random.integers(0, total)
        values[one, since:] += deviation[one] * random.normal(0.0, 1.5)
    for one in np.flatnonzero(random.random(count) < 0.10):  # outliers
        hit = random.integers(0, total, random.integers(1, 5))
        values[one, hit] += deviation[one] * 2.0 * random.standard_t(2.0, len(hit))
    for one in np.flatnonzero(random.random(count) < 0.06):  # a hole: bridged by a line, or the last value repeated
        first = int(random.integers(0, rows))
        last = min(rows - 1, first + 1 + int(between(random, 1.0, max(2.0, rows / 8.0), 1)[0, 0]))
        end = values[one, last] if random.random() < 0.6 else values[one, first]
        values[one, first:last] = np.linspace(values[one, first], end, last - first, endpoint=False)
    coarse = random.random((count, 1)) < 0.12
    grain = np.maximum(deviation[:, None] * between(random, 0.02, 1.0, count), 1e-12)
    values = np.where(coarse, np.round(values / grain) * grain, values)
    positive = random.random((count, 1))
    lift = deviation[:, None] * between(random, 0.3, 100.0, count) - values.min(1, keepdims=True)
    anywhere = deviation[:, None] * random.normal(0.0, 3.0, (count, 1))
    return values + np.where(positive < 0.42, lift, np.where(positive < 0.6, anywhere, 0.0))

"""What the generated series of `zero` are made of: noise, seasons, trends. All arrays are (series, rows).

Every part draws its own kind and strength for each series, so that no two are alike.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from kernels._jit import kernel
from kernels.contract import Series


@kernel("f8[:,::1](f8[:,::1], f8[:,::1], i8)")
def recursion(driven: Series, weights: Series, lag: int) -> Series:
    """Return y with y[t] = driven[t] + sum over i of weights[i] y[t - lag (i + 1)], series by series.

    weights : (series, order). Before the first row y is 0.
    """
    y = driven.copy()
    for s in range(y.shape[0]):
        for t in range(y.shape[1]):
            for i in range(weights.shape[1]):
                if t >= lag * (i + 1):
                    y[s, t] += weights[s, i] * y[s, t - lag * (i + 1)]
    return y


def between(random: Generator, low: float, high: float, count: int) -> Series:
    """Return `count` numbers spread evenly over the logarithm from low to high, as a column."""
    return np.exp(random.uniform(np.log(low), np.log(high), (count, 1)))


def some(random: Generator, share: float, count: int) -> Series:
    """Return a column of ones and zeros: who of `count` series is chosen."""
    return (random.random((count, 1)) < share).astype(np.float64)


def unit(values: Series) -> Series:
    """Return series with mean 0 and deviation 1; constant ones become 0."""
    values = values - values.mean(1, keepdims=True)
    deviation = values.std(1, keepdims=True)
    scaled: Series = np.divide(values, deviation, out=np.zeros_like(values), where=deviation > 1e-9)
    return scaled


def step_size(values: Series) -> Series:
    """Return the deviation of steps from row to row, as a column."""
    size: Series = np.diff(values, axis=1).std(1, keepdims=True) + 1e-12
    return size


def normal(random: Generator, count: int, rows: int) -> Series:
    """Return independent normal values; drawn in single precision, which is faster."""
    return random.standard_normal((count, rows), np.float32).astype(np.float64)


def noise(random: Generator, count: int, rows: int) -> Series:
    """Return independent errors of about unit variance: normal, heavy tailed, with outliers, in bursts, skewed."""
    errors = normal(random, count, rows)
    kind = random.random(count)
    heavy = kind < 0.2
    if heavy.any():  # Student's t as a normal over a random deviation
        freedom = random.uniform(2.5, 8.0, (int(heavy.sum()), 1))
        deviation = np.sqrt(random.chisquare(np.broadcast_to(freedom, errors[heavy].shape)) / freedom)
        errors[heavy] *= np.sqrt((freedom - 2.0) / freedom) / np.maximum(deviation, 1e-3)
    outliers = (kind >= 0.2) & (kind < 0.35)
    if outliers.any():
        number = int(outliers.sum())
        hit = random.random((number, rows)) < between(random, 0.005, 0.08, number)
        errors[outliers] *= np.where(hit, random.uniform(3.0, 10.0, (number, 1)), 1.0)
    bursts = (kind >= 0.35) & (kind < 0.5)
    if bursts.any():
        errors[bursts] *= np.exp(_volatility(random, int(bursts.sum()), rows))
    skewed = (kind >= 0.5) & (kind < 0.57)
    if skewed.any():
        number = int(skewed.sum())
        errors[skewed] = random.choice([-1.0, 1.0], (number, 1)) * (random.exponential(size=(number, rows)) - 1.0)
    return errors


def _volatility(random: Generator, count: int, rows: int) -> Series:
    """Return the logarithm of a deviation that wanders around 0."""
    memory = 1.0 - between(random, 0.005, 0.3, count)
    size = random.uniform(0.3, 1.0, (count, 1))
    driven = size * np.sqrt(1.0 - memory**2) * normal(random, count, rows)
    driven[:, :1] = size * random.standard_normal((count, 1))
    return recursion(driven, memory, 1)


def autocorrelated(random: Generator, count: int, rows: int) -> Series:
    """Return noise of first order, of unit variance.

    That of two in five series is independent; one in seven remembers long besides.
    """
    memory = random.uniform(-0.3, 0.98, (count, 1)) * some(random, 0.6, count)
    errors = noise(random, count, rows)
    errors[:, 1:] *= np.sqrt(1.0 - memory**2)
    made = recursion(errors, memory, 1)
    long = random.random(count) < 0.15
    if long.any():  # nearly a power law: first orders of unlike memories, added
        number = int(long.sum())
        for rate in (0.1, 0.02, 0.004):
            driven = normal(random, number, rows)
            driven[:, 1:] *= np.sqrt(1.0 - (1.0 - rate) ** 2)
            made[long] += recursion(driven, np.full((number, 1), 1.0 - rate), 1)
        made[long] *= 0.5
    return made


def profile(random: Generator, count: int, period: int) -> Series:
    """Return one season each, (count, period), of mean 0 and deviation 1.

    Waves, bumps like the hours of a day, unrelated values, on and off, few rows that differ.
    """
    shape = np.empty((count, period))
    kind = random.choice(5, count, p=(0.4, 0.25, 0.2, 0.08, 0.07))
    phase = np.arange(period)
    for which in np.unique(kind):
        chosen = kind == which
        number = int(chosen.sum())
        if which == 0:
            order = np.arange(1, min(period // 2, 8) + 1)
            used = order <= random.integers(1, 9, (number, 1))
            height = random.standard_normal((number, len(order), 2)) * used[:, :, None]
            height /= order[:, None] ** random.uniform(0.0, 2.0, (number, 1, 1))
            angle = 2.0 * np.pi * np.outer(order, phase) / period
            made = height[:, :, 0] @ np.cos(angle) + height[:, :, 1] @ np.sin(angle)
        elif which == 1:
            made = 0.15 * some(random, 0.3, number) * random.standard_normal((number, period))
            for bump in range(3):
                off = np.abs(phase - period * random.random((number, 1)))
                width = period * random.uniform(0.04, 0.25, (number, 1))
                height = random.uniform(-0.5, 1.5, (number, 1)) * some(random, 1.0 - 0.4 * bump, number)
                made += height * np.exp(-0.5 * (np.minimum(off, period - off) / width) ** 2)
        elif which == 2:
            made = random.standard_normal((number, period))
            for _ in range(int(random.integers(0, 4 + max(0, period - 12) // 8))):
                made = 0.5 * made + 0.25 * (np.roll(made, 1, 1) + np.roll(made, -1, 1))
        elif which == 3:
            first, length = random.integers(0, period, (number, 1)), random.integers(1, max(period, 2), (number, 1))
            made = ((phase - first) % period < length).astype(np.float64)
        else:
            made = random.standard_normal((number, period)) * (
                random.random((number, period)) < 1.0 / max(period / 6, 2)
            )
        shape[chosen] = made
    return unit(shape)


def season(random: Generator, count: int, rows: int, period: int, second: int = 0) -> Series:
    """Return seasonal paths of deviation about 1: fixed, drifting, or fading into another; 0 without a period.

    second : a longer season, made of whole first ones (days of a week) or by itself; 0 for none.
    """
    if period < 2:
        return np.zeros((count, rows))
    cycles = -(-rows // period)
    path = np.tile(profile(random, count, period), cycles)[:, :rows]
    kind = random.random(count)
    drifting = (kind >= 0.55) & (kind < 0.8)
    if drifting.any():
        number = int(drifting.sum())
        steps = normal(random, number, cycles * period) * between(random, 0.005, 0.2, number)
        path[drifting] += np.cumsum(steps.reshape(number, cycles, period), 1).reshape(number, -1)[:, :rows]
    share = np.linspace(0.0, 1.0, rows)
    fading = (kind >= 0.8) & (kind < 0.9)
    if fading.any():
        other = np.tile(profile(random, int(fading.sum()), period), cycles)[:, :rows]
        path[fading] += share * (other - path[fading])
    swelling = kind >= 0.9
    path[swelling] *= 1.0 + share * random.uniform(-0.6, 0.6, (int(swelling.sum()), 1))
    if second:
        path = _with_second(random, path, period, second)
    resting = random.random(count) < 0.12
    if resting.any():  # holidays, days off, machines at rest: a cycle now and then is flat
        number = int(resting.sum())
        flat = random.random((number, cycles)) < between(random, 0.005, 0.1, number)
        left = np.where(flat, random.uniform(0.0, 0.6, (number, 1)), 1.0)
        path[resting] *= np.repeat(left, period, axis=1)[:, :rows]
    return path


def _with_second(random: Generator, path: Series, period: int, second: int) -> Series:
    count, rows = path.shape
    row = np.arange(rows) + random.integers(0, second)
    if second % period == 0 and random.random() < 0.7:
        of_cycle = profile(random, count, second // period)[:, row // period % (second // period)]
        height, times = random.uniform(0.1, 1.0, (count, 1)), some(random, 0.5, count)
        return path * (1.0 + 0.5 * times * height * of_cycle) + (1.0 - 0.7 * times) * height * of_cycle
    return path + random.uniform(0.2, 1.5, (count, 1)) * profile(random, count, second)[:, row % second]


def trend(random: Generator, count: int, rows: int) -> Series:
    """Return smooth paths of deviation 1: none, broken lines, exponentials, saturation, a slope that wanders."""
    time = np.linspace(0.0, 1.0, rows)
    path = np.zeros((count, rows))
    kind = random.random(count)
    lines = (kind >= 0.2) & (kind < 0.55)
    number = int(lines.sum())
    if number:
        slope = random.standard_normal((number, 1)) + np.zeros((number, rows))
        for _ in range(3):
            breaks = random.random((number, 1)) * 1.3
            slope += random.standard_normal((number, 1)) * (time > breaks) * some(random, 0.5, number)
        path[lines] = np.cumsum(slope, 1)
    growing = (kind >= 0.55) & (kind < 0.67)
    path[growing] = np.exp(random.normal(0.0, 2.0, (int(growing.sum()), 1)) * time)
    saturating = (kind >= 0.67) & (kind < 0.85)
    number = int(saturating.sum())
    middle, width = random.uniform(-0.2, 1.3, (number, 1)), between(random, 0.02, 0.5, number)
    path[saturating] = 1.0 / (1.0 + np.exp(np.clip((middle - time) / width, -50.0, 50.0)))
    wandering = kind >= 0.85
    number = int(wandering.sum())
    slope = recursion(normal(random, number, rows), np.full((number, 1), 0.98), 1)
    path[wandering] = np.cumsum(slope, 1)
    turned: Series = unit(path) * random.choice([-1.0, 1.0], (count, 1))
    return turned

"""The families of generated series of `zero`: each (random, count, rows, period, second) -> (count, rows).

period, second : rows in a season and in a second, longer one; below 2: none.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from kernels.contract import Series
from models._zero_prior_parts import (
    autocorrelated,
    between,
    noise,
    profile,
    recursion,
    season,
    some,
    step_size,
    trend,
)

LARGEST_LOG = 12.0


def _exp(values: Series) -> Series:
    grown: Series = np.exp(np.clip(values, -LARGEST_LOG, LARGEST_LOG))
    return grown


def arima(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Autoregression and moving averages of random order, seasonal ones too, integrated 0 to 2 times."""
    burn = 60 + 2 * period
    errors = noise(random, count, rows + burn)
    driven = errors.copy()
    for lag in (1, 2, 3):
        driven[:, lag:] -= (
            random.uniform(-0.95, 0.95, (count, 1)) * some(random, 0.75 / lag, count) / lag * errors[:, :-lag]
        )
    first = np.where(some(random, 0.5, count) > 0, random.beta(2.0, 1.2, (count, 1)), random.random((count, 1)))
    reflection = [first * 0.98 * np.where(some(random, 0.7, count) > 0, 1.0, -1.0) * some(random, 0.75, count)]
    reflection += [0.7 * random.uniform(-1.0, 1.0, (count, 1)) * some(random, share, count) for share in (0.5, 0.25)]
    w = recursion(driven, _levinson(reflection), 1)
    w /= w.std(1, keepdims=True) + 1e-9
    integrated_season = period > 1 and random.random() < 0.5
    if period > 1:
        lagged = w.copy()
        lagged[:, period:] -= random.uniform(0.0, 0.95, (count, 1)) * some(random, 0.6, count) * w[:, :-period]
        w = recursion(lagged, random.uniform(0.2, 0.98, (count, 1)) * some(random, 0.6, count), period)
        if integrated_season:
            w += random.normal(0.0, 0.5, (count, 1)) * some(random, 0.4, count)
            w[:, :period] += between(random, 0.3, 20.0, count) * profile(random, count, period)
            w = recursion(w, np.ones((count, 1)), period)
    w = w[:, burn:].copy()
    times = random.random((count, 1))
    drift = random.normal(0.0, 0.3, (count, 1)) * some(random, 0.0 if integrated_season else 0.4, count)
    once = np.cumsum(w - w.mean(1, keepdims=True) * some(random, 0.7, count) + drift, 1)
    twice = np.cumsum(0.1 * once, 1) + noise(random, count, rows) * once.std(1, keepdims=True) * between(
        random, 1e-3, 0.1, count
    )
    w = np.where(times < 0.4, w, once if integrated_season else np.where(times < 0.92, once, twice))
    if period > 1 and not integrated_season:
        w += step_size(w) * between(random, 0.3, 10.0, count) * season(random, count, rows, period, second)
    return w


def _levinson(reflection: list[Series]) -> Series:
    """Return stationary autoregressive weights of reflection coefficients, (series, order)."""
    weights = np.zeros((len(reflection[0]), 0))
    for r in reflection:
        weights = np.hstack((weights - r * weights[:, ::-1], r))
    return np.ascontiguousarray(weights)


def smoothing(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Exponential smoothing: level, damped growth and season that follow the errors; half of it on the log scale."""
    errors = noise(random, count, rows)
    alpha = np.where(
        some(random, 0.8, count) > 0, random.uniform(0.02, 0.99, (count, 1)), between(random, 1e-3, 0.1, count)
    )
    grows = some(random, 0.65, count)
    beta = alpha * between(random, 0.005, 0.4, count) * some(random, 0.5, count) * grows
    damping = np.where(some(random, 0.4, count) > 0, 1.0, random.uniform(0.8, 0.995, (count, 1)))
    start = random.normal(0.0, 0.25, (count, 1)) * grows * np.where(damping < 1.0, 3.0, 1.0)
    driven = np.concatenate((start, (beta * errors)[:, :-1]), 1)
    growth = damping * recursion(driven, damping, 1)
    level = np.cumsum(growth + np.concatenate((np.zeros((count, 1)), (alpha * errors)[:, :-1]), 1), 1)
    y = level + errors
    if period > 1:
        gamma = (1.0 - alpha) * between(random, 1e-3, 0.5, count) * some(random, 0.6, count)
        height = between(random, 0.3, 20.0, count)
        moved = np.concatenate((height * profile(random, count, period), (gamma * errors)), 1)[:, :rows]
        y += recursion(np.ascontiguousarray(moved), np.ones((count, 1)), period)
    if second:
        y += y.std(1, keepdims=True) * random.uniform(0.1, 1.0, (count, 1)) * season(random, count, rows, second)
    return np.where(some(random, 0.5, count) > 0, y, 100.0 * _exp(between(random, 0.003, 0.15, count) * y))


def components(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Trend, season and noise, added or multiplied."""
    slow, repeated = trend(random, count, rows), season(random, count, rows, period, second)
    errors = autocorrelated(random, count, rows)
    added = between(random, 0.1, 10.0, count) * slow
    added += between(random, 0.1, 5.0, count) * repeated + between(random, 0.02, 2.0, count) * errors
    level = np.maximum(1.0 + random.uniform(0.0, 0.45, (count, 1)) * slow, 0.02)
    level = level * np.where(
        some(random, 0.5, count) > 0,
        _exp(between(random, 0.03, 0.8, count) * repeated),
        1.0 + between(random, 0.03, 0.4, count) * repeated,
    )
    size = between(random, 0.005, 0.3, count)
    multiplied = np.where(some(random, 0.6, count) > 0, level * _exp(size * errors), level + size * errors)
    return np.where(some(random, 0.5, count) > 0, added, 100.0 * multiplied)


def smooth_process(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Gaussian processes of random kernels, smooth, rough, periodic or nearly so, by random Fourier features."""
    y = np.zeros((count, rows))
    time, waves = np.arange(rows), 12
    for _ in range(int(random.integers(1, 3))):
        length = between(random, 2.0, rows, count)
        about = period if period > 1 and random.random() < 0.8 else 2.0 + random.random() * rows / 2.0
        kind = random.random((count, 1))
        order = 1 + np.arange(waves) % 6
        smooth = np.where(kind < 0.2, random.standard_normal((count, waves)), random.standard_t(3.0, (count, waves)))
        off = random.standard_normal((count, waves)) / (length + 2.0 * about) * (kind > 0.75)
        frequency = np.where(kind < 0.5, smooth / length, 2.0 * np.pi * order / about + off)
        height = random.standard_normal((count, waves)) / order ** random.uniform(0.3, 2.0, (count, 1))
        height = np.where(kind < 0.5, np.sqrt(2.0 / waves), height) * between(random, 0.2, 3.0, count)
        angle = frequency[:, :, None] * time + random.uniform(0.0, 2.0 * np.pi, (count, waves, 1))
        y += np.einsum("sw,swt->st", height, np.cos(angle))
    y += y.std(1, keepdims=True) * between(random, 0.005, 1.0, count) * autocorrelated(random, count, rows)
    size: Series = y.std(1, keepdims=True) * between(random, 0.3, 3.0, count) * some(random, 0.3, count)
    return y + size * trend(random, count, rows)


def levels(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Reversion to levels that change at times."""
    stay = 1.0 / (between(random, 0.05, 1.0, count) * rows + 5.0)
    visited = np.cumsum(random.random((count, rows)) < stay, 1) % 3
    level = random.standard_normal((count, 3)) * between(random, 0.5, 5.0, count)
    pull = between(random, 0.005, 0.9, count)
    driven = pull * np.take_along_axis(level, visited, 1) + between(random, 0.1, 1.5, count) * noise(
        random, count, rows
    )
    driven[:, :1] += level[:, :1] * (1.0 - pull)
    y = recursion(driven, 1.0 - pull, 1)
    if period > 1:
        y += y.std(1, keepdims=True) * between(random, 0.1, 5.0, count) * season(random, count, rows, period, second)
    size: Series = y.std(1, keepdims=True) * between(random, 0.01, 0.5, count) * some(random, 0.3, count)
    return y + size * noise(random, count, rows)


def counts(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Poisson counts whose mean has season, trend and memory; a third is intermittent."""
    log_mean = random.uniform(0.1, 1.0, (count, 1)) * season(random, count, rows, period, second)
    log_mean += random.uniform(0.0, 0.6, (count, 1)) * autocorrelated(random, count, rows)
    log_mean += random.uniform(0.0, 0.4, (count, 1)) * trend(random, count, rows)
    mean = between(random, 0.05, 60.0, count) * np.exp(np.minimum(log_mean, 6.0))
    asleep = random.random((count, rows)) < random.uniform(0.2, 0.9, (count, 1)) * some(random, 0.3, count)
    return np.where(asleep, 0.0, random.poisson(np.minimum(mean, 1e6)))


def machines(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Imitate machines: set points held for a while, saw teeth, duty cycles, regular spikes, bursts of load, resets."""
    y = np.zeros((count, rows))
    length = period if period > 1 else int(np.exp(random.uniform(np.log(4.0), np.log(max(8.0, rows / 2)))))
    cycle = (np.arange(rows) + random.integers(0, length, (count, 1))) % length / length
    kind = random.choice(6, count, p=(0.3, 0.15, 0.2, 0.1, 0.15, 0.1))
    for which in np.unique(kind):
        chosen = kind == which
        number, at = int(chosen.sum()), cycle[chosen]
        if which == 0:
            changes = random.random((number, rows)) < 1.0 / between(random, 4.0, 200.0, number)
            held = np.cumsum(changes, 1, dtype=np.int64)
            often = max(int(held.max()) + 1, 7)
            point = random.normal(0.0, 2.0, (number, often))
            few = random.integers(0, random.integers(2, 7, (number, 1)), (number, often))
            point = np.where(some(random, 0.6, number) > 0, np.take_along_axis(point, few, 1), point)
            made = np.take_along_axis(point, held, 1)
            made += between(random, 0.1, 3.0, number) * some(random, 0.5, number) * season(random, number, rows, period)
        elif which == 1:
            share = random.uniform(0.05, 0.95, (number, 1))
            made = np.where(at < share, at / share, (1.0 - at) / (1.0 - share))
        elif which == 2:
            jitter = random.uniform(0.0, 0.1, (number, 1)) * random.standard_normal((number, rows))
            made = (at + jitter < random.uniform(0.1, 0.9, (number, 1))).astype(np.float64)
        elif which == 3:
            made = np.where(at < 1.0 / length, np.exp(0.3 * random.standard_normal((number, rows))), 0.0)
        elif which == 4:
            begins = random.random((number, rows)) < 1.0 / between(random, 20.0, 300.0, number)
            burst = begins * random.pareto(2.0, (number, rows))
            made = recursion(burst, 1.0 - between(random, 0.02, 0.7, number), 1)
            made += between(random, 0.05, 1.0, number) * (1.0 + season(random, number, rows, period, second))
        else:
            fill = random.gamma(between(random, 0.5, 20.0, number), size=(number, rows))
            total = np.cumsum(fill, 1)
            made = total % (total[:, -1:] / between(random, 1.5, 20.0, number))
        y[chosen] = made
    y += (y.std(1, keepdims=True) + 1e-3) * between(random, 0.003, 1.0, count) * autocorrelated(random, count, rows)
    size: Series = y.std(1, keepdims=True) * between(random, 0.1, 3.0, count) * some(random, 0.3, count)
    return y + size * trend(random, count, rows)


def walk(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Walk at random, as prices do: little drift, at times momentum or noise on top; seven in ten are exponentiated."""
    size = between(random, 0.002, 0.1, count)
    momentum = random.uniform(-0.2, 0.6, (count, 1)) * some(random, 0.4, count)
    drift = random.normal(0.0, 0.08, (count, 1)) * some(random, 0.5, count)
    y = np.cumsum(size * (recursion(noise(random, count, rows), momentum, 1) + drift), 1)
    y = np.where(some(random, 0.7, count) > 0, _exp(y), y)
    y += step_size(y) * between(random, 0.05, 3.0, count) * some(random, 0.3, count) * noise(random, count, rows)
    return y + step_size(y) * between(random, 0.1, 3.0, count) * some(random, 0.5, count) * season(
        random, count, rows, period, second
    )


def growth(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Growth as short economic series have it: a random walk on the log scale whose drift reverts to a small mean."""
    longer = min(1.0, (100.0 / rows) ** 0.5)  # what is long grows and varies less from row to row
    size = longer * between(random, 0.01, 0.25, count)
    usual = longer * random.normal(0.35, 0.3, (count, 1)) * size
    memory = random.uniform(0.0, 0.95, (count, 1))
    driven = (
        random.uniform(0.0, 0.7, (count, 1)) * size * np.sqrt(1.0 - memory**2) * random.standard_normal((count, rows))
    )
    y = np.cumsum(usual + recursion(driven, memory, 1) + size * noise(random, count, rows), 1)
    if period > 1:
        y += step_size(y) * between(random, 0.1, 8.0, count) * season(random, count, rows, period, second)
    y = np.where(some(random, 0.75, count) > 0, 100.0 * _exp(y), y)
    return y + step_size(y) * between(random, 0.05, 1.5, count) * some(random, 0.3, count) * noise(random, count, rows)


def structural(random: Generator, count: int, rows: int, period: int, second: int) -> Series:
    """Add a level that walks, drift that reverts, season and irregular part, as monthly figures; mostly in logarithms.

    Source: A. C. Harvey, "Forecasting, structural time series models and the Kalman filter" (1989), chapter 2.
    """
    longer = min(1.0, (100.0 / rows) ** 0.5)
    irregular = between(random, 0.01, 0.25, count)
    size = longer * irregular * between(random, 0.05, 3.0, count)
    memory = random.uniform(0.0, 0.97, (count, 1))
    usual = longer * random.normal(0.1, 0.2, (count, 1)) * size
    driven = (
        random.uniform(0.0, 0.5, (count, 1)) * size * np.sqrt(1.0 - memory**2) * random.standard_normal((count, rows))
    )
    y = np.cumsum(usual + recursion(driven, memory, 1) + size * noise(random, count, rows), 1)
    if period > 1:
        y += irregular * between(random, 0.3, 12.0, count) * season(random, count, rows, period, second)
    errors = noise(random, count, rows)
    kept = random.uniform(-0.4, 0.6, (count, 1)) * some(random, 0.5, count)
    y += irregular * recursion(errors * np.sqrt(1.0 - kept**2), kept, 1)
    return np.where(some(random, 0.8, count) > 0, 100.0 * _exp(y), y)


FAMILIES = (arima, smoothing, components, smooth_process, levels, counts, machines, walk, growth, structural)

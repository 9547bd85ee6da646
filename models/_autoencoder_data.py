"""Generated series to train the autoencoder on, and anomalies to hide in them.

What measured series are made of, in random proportions: a repeated shape (waves, pulses like a heart's, plateaus like a
working day, ramps) whose length and height vary, coloured noise, drift, trend, bursts and rounding. No measured data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from kernels.contract import Series

ROWS = 2048
COLOURS = (0.0, 0.5, 0.9, 0.97, 0.995)  # first-order autocorrelation of the noise


@dataclass(frozen=True, slots=True)
class Example:
    """A series with anomalies; `anomalous` marks their rows."""

    values: Series
    anomalous: NDArray[np.bool_]


def normal_series(random: Generator, rows: int = ROWS) -> tuple[Series, float]:
    """Return a series without anomalies, and the length of its season in rows (0: none)."""
    season = float(10 ** random.uniform(0.8, 2.4)) if random.random() < 0.75 else 0.0
    values = _seasonal(random, rows, season) if season else np.zeros(rows)
    loudness = 10 ** random.uniform(-2.5, -0.3) if season else 1.0
    values += loudness * _noise(random, rows, float(random.choice(COLOURS)))
    if random.random() < 0.3:
        values += random.uniform(0.0, 1.5) * _noise(random, rows, 0.999)
    if random.random() < 0.3:
        values += random.normal(scale=2.0) * np.linspace(0.0, 1.0, rows)
    if random.random() < 0.15:
        values = np.exp(0.7 * values)
    if random.random() < 0.1:
        values = np.round(values * random.uniform(1.0, 8.0))
    return values, season


def example(random: Generator, rows: int = ROWS) -> tuple[Example, float]:
    """Return a series with one to three anomalies, and the length of its season."""
    normal, season = normal_series(random, rows)
    values = normal.copy()
    for _ in range(random.integers(1, 4)):
        _disturb(random, values, season)
    return Example(values, np.abs(values - normal) > 0.05 * normal.std()), season


def _noise(random: Generator, rows: int, colour: float) -> Series:
    """Return noise of unit variance with an autocorrelation of `colour` per row, shaped in the frequency domain."""
    spectrum = np.fft.rfft(random.standard_normal(rows))
    angle = np.linspace(0.0, np.pi, len(spectrum))
    spectrum *= np.sqrt(1.0 - colour**2) / np.abs(1.0 - colour * np.exp(-1j * angle))
    noise: Series = np.fft.irfft(spectrum, rows)
    return noise


def _seasonal(random: Generator, rows: int, season: float) -> Series:
    """Return a shape that repeats, in unit variance; half of the time its length varies."""
    jitter = 10 ** random.uniform(-3.0, -1.0) if random.random() < 0.5 else 0.0
    lengths = season * np.maximum(1.0 + jitter * random.standard_normal(int(2 * rows / season) + 4), 0.5)
    starts = np.concatenate(([0.0], np.cumsum(lengths))) - random.uniform(0.0, season)
    row = np.arange(rows)
    cycle = np.clip(np.searchsorted(starts, row, side="right") - 1, 0, len(lengths) - 1)
    shape = SHAPES[random.integers(len(SHAPES))](random, np.clip((row - starts[cycle]) / lengths[cycle], 0.0, 1.0))
    heights = 1.0 + random.uniform(0.0, 0.1) * random.standard_normal(len(lengths))
    values: Series = shape / (shape.std() + 1e-9) * heights[cycle]
    return values


def _waves(random: Generator, phase: Series) -> Series:
    order = np.arange(1, random.integers(2, 7))
    height = random.standard_normal(len(order)) / order ** random.uniform(0.5, 1.5)
    shift = random.uniform(0.0, 2.0 * np.pi, len(order))
    waves: Series = np.sin(2.0 * np.pi * np.outer(phase, order) + shift) @ height
    return waves


def _pulses(random: Generator, phase: Series) -> Series:
    total = np.zeros_like(phase)
    for _ in range(random.integers(1, 6)):
        centre, width = random.uniform(0.1, 0.9), 10 ** random.uniform(-2.0, -0.8)
        total += random.normal() * 10 ** random.uniform(-0.6, 0.3) * np.exp(-0.5 * ((phase - centre) / width) ** 2)
    return total


def _plateau(random: Generator, phase: Series) -> Series:
    rise, fall = np.sort(random.uniform(0.05, 0.95, 2))
    steepness = 2.0 * 10 ** random.uniform(-2.0, -1.0)
    plateau: Series = 0.5 * (np.tanh((phase - rise) / steepness) - np.tanh((phase - fall) / steepness))
    return plateau


def _ramp(random: Generator, phase: Series) -> Series:
    return np.where(phase < random.uniform(0.2, 0.8), phase, 1.0 - phase)


SHAPES = (_waves, _pulses, _plateau, _ramp)


def _disturb(random: Generator, values: Series, season: float) -> None:
    """Change one stretch of a series in place, in one of nine ways."""
    rows = len(values)
    unit = 1.4826 * float(np.median(np.abs(values - np.median(values)))) + 1e-3 * float(values.std()) + 1e-9
    about = season or 10 ** random.uniform(0.5, 1.8)
    kind = random.integers(9)
    length = int(random.integers(1, 4)) if kind == 0 else int(about * 10 ** random.uniform(-1.2, 0.3))
    length = min(max(length, 1), rows // 4)
    first = int(random.integers(rows - length))
    part = values[first : first + length].copy()
    height = unit * 10 ** random.uniform(0.3, 1.0) * random.choice((-1.0, 1.0))
    if kind == 0:  # spike
        part += 1.5 * height
    elif kind == 1:  # other level
        part += height
    elif kind == 2:  # stuck
        part[:] = part.mean() if random.random() < 0.5 else part[0]
    elif kind == 3:  # other amplitude
        part = part.mean() + (part - part.mean()) * random.choice((0.2, 0.4, 2.0, 3.0))
    elif kind == 4:  # backwards, upside down
        part = part[::-1] if random.random() < 0.5 else 2.0 * part.mean() - part
    elif kind == 5:  # out of turn
        other = int(random.integers(rows - length))
        part = values[other : other + length].copy()
    elif kind == 6:  # noisy
        part += 0.5 * abs(height) * random.standard_normal(length)
    elif kind == 7:  # bump
        part += height * np.hanning(length + 2)[1:-1]
    else:  # other speed
        row = first + np.arange(length) * random.choice((0.4, 0.6, 1.6, 2.2))
        part = np.interp(np.minimum(row, rows - 1), np.arange(rows), values)
    values[first : first + length] = part

"""Lessons for `zero`: generated series as the network sees them, and what came after them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from kernels.contract import Series
from kernels.forecast import _zero_features
from models import _zero_prior
from models._zero_prior import Drawn

STEPS = 8  # rows ahead that one lesson asks for, spread over its horizon
IN_LOG = 0.5  # share of the positive series that are learnt in the logarithm as well
FURTHEST_OFF = 300.0  # units: one wild series must not decide

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lessons:
    """Features and answers; `step` and `wanted` have `STEPS` rows a lesson.

    series : (lessons, OF_SERIES). step : (lessons, STEPS, OF_STEP). wanted : (lessons, STEPS), in units.
    family : (lessons,) index in `FAMILIES`.
    """

    series: Floats
    step: Floats
    wanted: Floats
    family: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.family)


def lessons(random: Generator, count: int, structural: bool = True) -> Lessons:
    """Return so many lessons, in random order; `structural`: of which prior, see `_zero_prior.draw`."""
    made = Lessons(
        np.empty((count, _zero_features.OF_SERIES), np.float32),
        np.empty((count, STEPS, _zero_features.OF_STEP), np.float32),
        np.empty((count, STEPS), np.float32),
        np.empty(count, np.int64),
    )
    order, done = random.permutation(count), 0
    while done < count:
        for drawn in _zero_prior.draw(random, structural=structural):
            for values in _views(random, drawn):
                if done < count and _fill(random, made, int(order[done]), values, drawn):
                    done += 1
    return made


def _views(random: Generator, drawn: Drawn) -> list[Series]:
    """Return the series itself, and in part its logarithm."""
    if drawn.values.min() > 0.0 and random.random() < IN_LOG:
        return [drawn.values, np.log(drawn.values)]
    return [drawn.values]


def _fill(random: Generator, made: Lessons, at: int, values: Series, drawn: Drawn) -> bool:
    """Write one lesson; False where the past is constant."""
    rows, horizon = drawn.rows, len(values) - drawn.rows
    ahead = 1 + ((np.arange(STEPS) + random.random(STEPS)) * horizon / STEPS).astype(np.int64)
    series, step = np.empty(_zero_features.OF_SERIES), np.empty((STEPS, _zero_features.OF_STEP))
    base, unit = np.empty(STEPS), np.empty(STEPS)
    if not _zero_features.features(values[:rows], drawn.period, drawn.second, ahead, series, step, base, unit):
        return False
    made.series[at], made.step[at] = series, step
    made.wanted[at] = np.clip((values[rows - 1 + ahead] - base) / unit, -FURTHEST_OFF, FURTHEST_OFF)
    made.family[at] = drawn.family
    return True

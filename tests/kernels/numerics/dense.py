"""A structural model with a season as one big normal distribution: all covariances written out, no recursion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.contract import Series
from kernels.numerics.local_level import DEVIATION, FIRST_SLOPE, LEVEL, MODEL, NOISE, PHI, RHO, SLOPE

Mask = NDArray[np.bool_]


def model(**parts: float) -> Series:
    """Return the model with the given parts, the others 0."""
    found = np.zeros(MODEL)
    places = {"level": LEVEL, "slope": SLOPE, "deviation": DEVIATION, "noise": NOISE}
    places |= {"phi": PHI, "rho": RHO, "first_slope": FIRST_SLOPE}
    for name, value in parts.items():
        found[places[name]] = value
    return found


FULL = model(level=0.3, slope=0.02, deviation=0.5, noise=0.4, phi=0.9, rho=0.6, first_slope=0.05)


def covariance(n: int, m: int, parts: Series, step: float, strength: float, sum_to_zero: bool = True) -> Series:
    """Return the covariance (n, n) of all values where the first level is 0."""
    phi, rho = parts[PHI], parts[RHO]
    total = np.zeros((n, n))
    for source in range(n):  # what steps in row `source` does to the values after it
        slope = np.cumsum([0.0, *(phi ** np.arange(n - source - 1))])[: n - source]
        effect = np.zeros(n)
        effect[source:] = slope
        total += (parts[FIRST_SLOPE] if source == 0 else parts[SLOPE]) * np.outer(effect, effect)
        if source > 0:
            total += parts[LEVEL] * np.outer(np.arange(n) >= source, np.arange(n) >= source)
    rows = np.arange(n)
    apart = np.abs(rows[:, None] - rows[None, :])
    total += parts[DEVIATION] / (1.0 - rho**2) * rho**apart + parts[NOISE] * np.eye(n)
    if m > 0:
        phase, cycle = rows % m, rows // m
        same = phase[:, None] == phase[None, :]
        total += strength * (same - (1.0 / m if sum_to_zero else 0.0))
        total += step * same * np.minimum(cycle[:, None], cycle[None, :])
    return total


def conditional(y: Series, observed: Mask, total: Series) -> tuple[Series, Series]:
    """Return mean and variance of the values not observed given the others, the first level being unknown.

    Differences to the first value do not depend on that level.
    """
    n = len(y)
    contrast = np.eye(n)
    contrast[:, 0] -= 1.0
    spread = contrast @ total @ contrast.T
    seen, gap = np.flatnonzero(observed)[1:], np.flatnonzero(~observed)
    weights = np.linalg.solve(spread[np.ix_(seen, seen)], spread[np.ix_(seen, gap)])
    mean = y[0] + weights.T @ (y[seen] - y[0])
    return mean, np.diag(spread)[gap] - np.sum(weights * spread[np.ix_(seen, gap)], axis=0)


def log_likelihood(y: Series, observed: Mask, total: Series) -> tuple[float, float]:
    """Return the two sums of `likelihood`: squares and logs."""
    contrast = np.eye(len(y))
    contrast[:, 0] -= 1.0
    seen = np.flatnonzero(observed)[1:]
    spread = (contrast @ total @ contrast.T)[np.ix_(seen, seen)]
    away = y[seen] - y[0]
    return float(away @ np.linalg.solve(spread, away)), float(np.linalg.slogdet(spread)[1])


def with_gaps(n: int, share: float, seed: int) -> tuple[Series, Mask]:
    """Return noise and what of it is observed, the first row always."""
    rng = np.random.default_rng(seed)
    observed = rng.random(n) > share
    observed[0] = True
    return rng.normal(size=n), observed

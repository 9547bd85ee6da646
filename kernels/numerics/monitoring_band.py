"""A band of what is usual in the course of a batch: repeated runs of one process, laid over each other.

Each run is cleaned of spikes (Hampel), of leaps (rate of change), brought to one length, smoothed (Savitzky and Golay);
over the runs, centre and bounds of each point are quantiles, or mean and standard deviations.
Source: F. R. Hampel, "The influence curve and its role in robust estimation", JASA 69 (1974); A. Savitzky and
M. J. E. Golay, "Smoothing and differentiation of data by simplified least squares procedures", Analytical Chemistry 36
(1964), with the fit of the first and last window continued to the ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import BadParameter, BadSeries, Series, Times
from kernels.numerics.quantiles import median
from kernels.numerics.splines import cubic_spline

LEAST_ROWS = 10  # of a run; shorter ones are left out
LEAST_CUBIC = 4
MAX_POINTS = 5_000_000  # of all runs at their common length
MAX_WORK = 2_000_000_000  # products of smoothing
MAX_NEAR = 500_000_000  # values that spikes are told from: for each one of a run those of its neighbourhood
MAX_ORDER = 20
MAD = 1.4826  # median absolute deviations in a standard deviation
LINEAR, CUBIC = "linear", "cubic"
PERCENTILES, MEAN = "median_percentile", "mean_std"


@dataclass(frozen=True, slots=True)
class Hampel:
    """A value further than `sigma` robust deviations from its neighbours' median becomes that."""

    window_size: int = 7
    sigma: float = 3.0
    active: bool = True

    def __post_init__(self) -> None:
        """Raise BadParameter in the contracted words."""
        if not (self.window_size > 0 and self.sigma <= 3.0):
            raise BadParameter(
                "invalid parameters for hampel filter, "
                f"window size:{self.window_size}, sigma:{int(self.sigma) if np.isfinite(self.sigma) else self.sigma}"
            )


@dataclass(frozen=True, slots=True)
class Derivative:
    """Values that changed by more than `max_rate` in a unit of time are left out; with a rate of 0 all are."""

    max_rate: float = 50.0
    active: bool = True


@dataclass(frozen=True, slots=True)
class Normalize:
    """Every run has `target_len` points, between its own ones by straight lines or a cubic spline."""

    target_len: int = 1000
    method: str = LINEAR

    def __post_init__(self) -> None:
        """Raise BadParameter for no points, or a method that does not exist."""
        if self.target_len <= 0:
            raise BadParameter(f"target_len must be > 0, got {self.target_len}")
        if self.method not in (LINEAR, CUBIC):
            raise BadParameter(f"method must be {LINEAR} or {CUBIC}, got {self.method!r}")


@dataclass(frozen=True, slots=True)
class Savgol:
    """Each point is that of a polynomial fitted to a window around it."""

    window: int = 9
    polyorder: int = 2
    active: bool = True

    def __post_init__(self) -> None:
        """Raise BadParameter, for the window in the contracted words."""
        if self.window <= 0 or self.window % 2 == 0:
            raise BadParameter(f"Savitzky-Golay window must be a positive odd integer, input size: {self.window}")
        if not 0 <= self.polyorder < min(self.window, MAX_ORDER + 1):
            raise BadParameter(
                f"polyorder must be 0 to {MAX_ORDER} and less than the window, {self.window}, got {self.polyorder}"
            )


@dataclass(frozen=True, slots=True)
class Golden:
    """Centre and bounds: median and percentiles, or the mean and `n_std` standard deviations around it."""

    method: str = PERCENTILES
    lower_percentile: float = 10.0
    upper_percentile: float = 90.0
    n_std: float = 2.0

    def __post_init__(self) -> None:
        """Raise BadParameter for a method that does not exist, or bounds in the wrong order."""
        if self.method not in (PERCENTILES, MEAN):
            raise BadParameter(f"method must be {PERCENTILES} or {MEAN}, got {self.method!r}")
        if not 0.0 <= self.lower_percentile <= self.upper_percentile <= 100.0:
            raise BadParameter(
                f"percentiles must be 0 to 100, the lower one first, got {self.lower_percentile} and "
                f"{self.upper_percentile}"
            )
        if not 0.0 <= self.n_std < np.inf:
            raise BadParameter(f"n_std must be >= 0, got {self.n_std}")


@dataclass(frozen=True, slots=True)
class Config:
    """What is done, in the order in which it is done."""

    hampel: Hampel = field(default_factory=Hampel)
    derivative: Derivative = field(default_factory=Derivative)
    normalize: Normalize = field(default_factory=Normalize)
    savgol: Savgol = field(default_factory=Savgol)
    golden: Golden = field(default_factory=Golden)


class Band(NamedTuple):
    """Centre and bounds, float64 (target_len,) each, or (0,) where there was no run."""

    center: Series
    lower: Series
    upper: Series


def band(
    data: Series,
    times: Times,
    windows: Sequence[tuple[int, int]],
    config: Config,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Band:
    """Return the band over some runs.

    Parameters
    ----------
    data : float64 (n,), finite. times : int64 (n,), increasing.
    windows : first and last time of each run, both belonging to it. One with less than 10 rows is left out.

    Raises
    ------
    BadParameter : a smoothing window longer than a run. BadSeries : runs too many or too long, values out of range,
    the time is up.
    """
    length = config.normalize.target_len
    if len(windows) * length > MAX_POINTS or len(windows) * length * config.savgol.window > MAX_WORK:
        raise BadSeries(
            f"{len(windows)} windows of {length} points, smoothed over {config.savgol.window}, are too many: at most "
            f"{MAX_POINTS} points and {MAX_WORK} products are allowed"
        )
    if config.savgol.active and config.savgol.window > length:
        raise BadParameter(f"the window of savgol must be at most target_len, {length}, got {config.savgol.window}")
    if len(data) and not np.abs(data).max() < 1e150:
        raise BadSeries(f"values must be less than 1e150, got {np.abs(data).max()}")
    first, last = np.array(windows, np.int64).reshape(-1, 2).T
    edges = zip(np.searchsorted(times, first), np.searchsorted(times, last, side="right"), strict=True)
    at = [slice(int(begin), int(end)) for begin, end in edges]
    near = sum(_near(rows.stop - rows.start, config.hampel) for rows in at)
    if near > MAX_NEAR:
        raise BadSeries(f"spikes would be told from {near} values, at most {MAX_NEAR} are allowed: shorten window_size")
    runs = []
    for rows in at:
        if out_of_time():
            raise BadSeries("the band was not found in time; fewer or shorter windows take less")
        run = _cleaned(data[rows], times[rows], config)
        if run is not None:
            runs.append(run)
    if not runs:
        return Band(np.zeros(0), np.zeros(0), np.zeros(0))
    table = np.array(runs)
    if config.golden.method == MEAN:
        center, spread = table.mean(axis=0), config.golden.n_std * table.std(axis=0)
        return Band(center, center - spread, center + spread)
    center = np.median(table, axis=0)
    lower, upper = np.percentile(table, [config.golden.lower_percentile, config.golden.upper_percentile], axis=0)
    return Band(center, lower, upper)


def _near(rows: int, how: Hampel) -> int:
    """Return how many values the spikes of a run are told from."""
    return rows * min(2 * how.window_size, rows) if how.active and rows >= LEAST_ROWS else 0


def _cleaned(values: Series, times: Times, config: Config) -> Series | None:
    """Return a run at the common length, None if too little is left of it."""
    if len(values) < LEAST_ROWS:
        return None
    values = np.ascontiguousarray(values)
    if config.hampel.active:
        values = _without_spikes(values, min(config.hampel.window_size, len(values)), config.hampel.sigma)
    if config.derivative.active:
        if config.derivative.max_rate <= 0.0:
            return None
        steady = np.abs(np.diff(values)) / np.diff(times) <= config.derivative.max_rate
        keep = np.append(True, steady)
        values, times = values[keep], times[keep]
    if len(values) < 2:
        return None
    values = _at_length(values, times, config.normalize)
    return _smoothed(values, config.savgol) if config.savgol.active else values


@kernel("f8[::1](f8[::1], i8, f8)")
def _without_spikes(x: Series, width: int, sigma: float) -> Series:
    n = x.shape[0]
    found = x.copy()
    for i in range(n):
        near = x[max(i - width, 0) : min(i + width, n)]
        middle = median(near)
        spread = MAD * median(np.abs(near - middle))
        if spread > 0.0 and abs(x[i] - middle) > sigma * spread:
            found[i] = middle
    return found


def _at_length(values: Series, times: Times, how: Normalize) -> Series:
    place = (times - times[0]) / float(times[-1] - times[0])
    at = np.linspace(0.0, 1.0, how.target_len)
    if how.method == CUBIC and len(values) >= LEAST_CUBIC:
        return cubic_spline(place, np.ascontiguousarray(values), at)
    return np.interp(at, place, values)


def _smoothed(y: Series, how: Savgol) -> Series:
    half = how.window // 2
    basis = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, how.window), how.polyorder)
    q: NDArray[np.float64] = np.linalg.qr(basis)[0]
    inside = np.convolve(y, (q @ q[half])[::-1], "valid")
    first, last = q[:half] @ (q.T @ y[: how.window]), q[half + 1 :] @ (q.T @ y[-how.window :])
    return np.concatenate((first, inside, last))

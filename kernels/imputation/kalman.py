"""Kalman smoothing: gaps are filled by the smoothed state of a structural model with season, chosen automatically.

A value is a level that wanders, a season that may change from cycle to cycle, noise, and what the series is found to
have besides: a deviation that fades (AR(1)) or a slope that fades. The season's strength and pace come from the phases
alone (`kernels.numerics.phases`), everything else from the exact likelihood of the series without its season
(`_kalman_fit`); the form has the lowest AICc of C. M. Hurvich and C.-L. Tsai (1989). The answer is the joint
smoothing of all parts (`kernels.numerics.structural`, `_kalman_long` for a long season), missing rows handled exactly.

Source: A. C. Harvey, "Forecasting, Structural Time Series Models and the Kalman Filter" (1989); A. C. Harvey and
R. G. Pierse, "Estimating missing observations in economic time series", JASA 79 (1984).
Cost: O(n) per likelihood, some 100 of them per form; O(n m**2), or O(n) per iteration, for the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kernels.contract import IMPUTATION, Algorithm, Filling, Needs, Series, Task, TooShort
from kernels.imputation import _axis, linear
from kernels.imputation._kalman_fit import DEVIATING, OWN, PLAIN, STEP, TRENDING, fit
from kernels.imputation._kalman_long import smooth_long_season
from kernels.numerics.local_level import MODEL, NOISE
from kernels.numerics.period import Season, find_period, season_length, season_option
from kernels.numerics.phases import season_variances, smooth_phases
from kernels.numerics.structural import smooth_season
from kernels.options import Options

Observed = NDArray[np.bool_]
FEWEST = 5  # observations; fewer are joined by lines
CYCLES = 2  # a season must fit so often
PASSES = 3  # season and what fills the gaps of the level, in turn
DEAREST = 1e8  # rows times squared season length that the exact joint smoothing is for
LARGEST = np.finfo(np.float64).max
ROUNDING = 1e-12  # of the range: what is left of an exact season
FORMS = (PLAIN, DEVIATING, TRENDING)
STARTS = {PLAIN: (0.0,) * 5, DEVIATING: (-3.0, 0.0, 1.0, 0.0, 0.0), TRENDING: (0.0, -3.0, 0.0, 0.0, 0.0)}
STEPS = 160  # of the search without season
DEAREST_FIT = 6e6  # rows times squared season length that is then fitted jointly, so many steps from what is known
POLISHING_STEPS = 40
FEWEST_FIT = 60  # observations; all parameters at once follow the chance in fewer
LONGEST_WITH_SLOPE = 12  # rows per season: a slope would take the curve of a longer one for its own
SMALLEST = 1e-6  # variance over that of the noise, where the joint fit starts


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Params(Options):
    """Options of kalman."""

    period: Season = season_option("auto")


def impute(task: Task, params: Params = Params()) -> Filling:  # noqa: B008  (frozen, no state)
    """Fill the gaps of one series.

    Parameters
    ----------
    task : its first column, float64 (n,), n >= 1, finite, any unit, and the times of its rows. Not modified.

    Returns
    -------
    Filling
        period : the season used, 0 for none.

    Raises
    ------
    BadSeries
    TooShort : a season was given, and the time axis has less than two.
    """
    season = 0

    def with_season(values: Series, observed: Observed) -> tuple[Series, Series]:
        nonlocal season
        automatic = params.period == "auto"
        season = choose_period(values, observed) if automatic else season_length(params.period, values)
        if CYCLES * season > len(values):
            raise TooShort(f"a season needs two whole periods, {CYCLES * season} rows, got {len(values)}")
        return fill(values, observed, season, out_of_time=task.out_of_time)

    found = _axis.filled(task, with_season)
    return replace(found, period=season)


def choose_period(values: Series, observed: Observed) -> int:
    """Return the season length of a series with gaps, 0 for none: that of the series with its gaps bridged by lines."""
    bridged, _ = linear.fill(values, observed)
    largest = float(np.max(np.abs(bridged)))
    return find_period(bridged / largest) if largest > 0.0 else 0


def fill(
    values: Series, observed: Observed, period: int, *, out_of_time: Callable[[], bool] = _never
) -> tuple[Series, Series]:
    """Fill one series.

    Parameters
    ----------
    values : float64 (n,), evenly spaced, any unit; where not observed, any finite number. Not modified.
    observed : bool (n,), at least one true.
    period : rows per season, 0 or 1 for none; a season that does not fit twice is left out.
    out_of_time : polled between models; once true, the best one so far answers, or straight lines.

    Returns
    -------
    value : float64 (n,), `values` where observed.
    error : float64 (n,), standard error of the value that was to be observed, in the series' unit; 0 where observed.
    """
    value, error = linear.fill(values, observed)
    seen = np.flatnonzero(observed)
    low, high = float(np.min(values[seen])), float(np.max(values[seen]))
    middle, half = 0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low
    if len(seen) < FEWEST or not half > 0.0 or out_of_time():
        return value, error
    first = int(seen[0])  # what lies before has no past: the lines answer
    there = np.ascontiguousarray(observed[first:])
    z = (np.where(there, values[first:], middle) - middle) / half
    smoothed, variance = _smoothed(z, there, period if 2 <= period <= len(z) // CYCLES else 0, out_of_time)
    gap = first + np.flatnonzero(~there)
    with np.errstate(over="ignore"):  # at the end of the range
        value[gap] = np.clip(smoothed[~there] * half + middle, -LARGEST, LARGEST)
        error[gap] = np.minimum(np.sqrt(variance[~there]) * half, LARGEST)
    return value, error


def _smoothed(z: Series, observed: Observed, m: int, out_of_time: Callable[[], bool]) -> tuple[Series, Series]:
    """Return the smoothed values (n,) and their variances (n,) of a series within -1 and 1, its first row observed."""
    season, noise, variances = _season(z, observed, m)
    if not variances[1] > 0.0:
        m = 0
    rest = np.where(observed, z - season, 0.0)
    if np.ptp(rest[observed]) <= ROUNDING:
        return season + np.mean(rest[observed]), np.zeros(len(z))
    forms = FORMS if m <= LONGEST_WITH_SLOPE else FORMS[:TRENDING]
    form, x, model = _best_model(rest, observed, forms, out_of_time)
    affordable = 0 < len(z) * m**2 <= DEAREST_FIT and np.sum(observed) >= FEWEST_FIT
    if affordable and not out_of_time():
        x[STEP:] = np.log(np.maximum(variances / model[NOISE], SMALLEST))
        fit(z, observed, m, form, 1.0, POLISHING_STEPS, x, model, variances)
    step, strength = float(variances[0]), float(variances[1])
    value, variance = np.empty(len(z)), np.empty(len(z))
    if len(z) * m**2 > DEAREST:
        squares = smooth_long_season(z, observed, m, model, noise, step, strength, value, variance)
    else:
        squares, _ = smooth_season(z, observed, m, model, step, strength, value, variance)
    return value, variance * (squares / (np.sum(observed) - 1))


def _best_model(
    rest: Series, observed: Observed, forms: Sequence[int], out_of_time: Callable[[], bool]
) -> tuple[int, Series, Series]:
    """Return the form of lowest AICc, its parameters (5,) and the model they stand for."""
    found: list[tuple[float, int, Series, Series]] = []
    count = int(np.sum(observed)) - 1
    for form in forms:
        parameters = OWN[form] + 1
        if found and (count <= parameters + 1 or out_of_time()):
            break
        x, model = np.array(STARTS[form]), np.empty(MODEL)
        misfit = fit(rest, observed, 0, form, 2.0, STEPS, x, model, np.empty(2))
        found.append((misfit + 2.0 * parameters * count / max(count - parameters - 1, 1), form, x, model))
    return min(found, key=lambda one: one[0])[1:]


def _season(z: Series, observed: Observed, m: int) -> tuple[Series, float, Series]:
    """Return a first estimate of the season (n,), the variance around it and those of its step and first cycle (2,)."""
    season, spread = np.zeros(len(z)), np.empty(len(z))
    noise = step = strength = 0.0
    for _ in range(PASSES if m > 0 else 0):
        bridged = linear.fill(z - season, observed)[0] + season
        rest = np.where(observed, z - _moving_mean(bridged, m), 0.0)
        noise, step, strength = season_variances(rest, observed, m)
        smooth_phases(rest, observed, m, noise, step, strength, season, spread)
    return season, noise, np.array([step, strength])


def _moving_mean(x: Series, m: int) -> Series:
    """Return the centred means over `m` rows, of an even number with half the outer ones; the ends repeat."""
    total = np.concatenate(([0.0], np.cumsum(x)))
    mean = (total[m:] - total[:-m]) / m
    if m % 2 == 0:
        mean = 0.5 * (mean[1:] + mean[:-1])
    before = (len(x) - len(mean)) // 2
    return np.pad(mean, (before, len(x) - len(mean) - before), mode="edge")


ALGORITHM = Algorithm(
    "kalman",
    "smoothed state of a structural model with season, found automatically",
    IMPUTATION,
    Params,
    impute,
    Needs(times=True),
)

"""Whatever the unit and the zero of the data, the answer is the same: over all algorithms that are found.

Flags, scores, coefficients and tests have no unit; forecasts, fillings and distances have the data's. What multiplies
knows where zero is: it is excluded from shifts by its options, as is ARMA around a mean of exactly 0, which is left out
of a series that lies so. Densities of a histogram have a unit, and so has what hbos makes of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels import registry
from kernels.contract import (
    ANOMALY,
    DISTANCE,
    FORECAST,
    Algorithm,
    Correlation,
    Detection,
    Filling,
    Forecast,
    Series,
    Task,
)

pytestmark = pytest.mark.compiled_only("every algorithm at every scale, minutes as plain Python")

ROWS, PERIOD, AHEAD = 120, 12, 6
# Besides the defaults; what multiplies comes in only where the scale changes.
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "lof": [{"neighbors": 3}],
    "shesd": [{"period": PERIOD}, {"period": PERIOD, "trend": "stl"}, {"period": 1}, {"longterm": True}],
    "shape": [{"period": PERIOD}, {"window": 10}],
    "spike": [{"period": PERIOD}, {"period": 1}],
    "shift": [{"period": PERIOD}],
    "holtwinters": [
        {"trend": "add"},
        {"trend": "add", "damped": 1},
        {"trend": "add", "seasonal": "add", "period": PERIOD},
        {"seasonal": "add", "period": "auto"},
    ],
    "arima": [{"period": PERIOD}, {"p": 2, "d": 1, "q": 1}, {"p": 1, "d": 0, "q": 0}],
    "kalman": [{"period": PERIOD}],
    "theta": [{"decomposition_type": "additive", "period": PERIOD}],
}
WITH_UNIT = ("hbos",)
WITH_ZERO = ("ces", "prophet")  # potential and priors are in units of the level
# Know whole numbers, and look at the logarithm of what is positive: held to the unit of what is not whole.
LEARNED = ((FORECAST, "auto"), (FORECAST, "zero"))
DEFAULTS = {
    "dtw": {"exact": True},  # by resolutions, rounding chooses among ways that are as cheap, and so the window
    "theta": {"decomposition_type": "additive"},
    "ets": {"model": "AZA", "period": PERIOD},
}
MULTIPLIED: dict[str, list[dict[str, Any]]] = {
    "holtwinters": [
        {"trend": "mul"},
        {"trend": "add", "seasonal": "mul", "period": PERIOD},
        {"trend": "auto", "seasonal": "auto", "period": PERIOD},
    ],
    "theta": [{"period": PERIOD}],
    "ets": [{}, {"model": "MAM", "period": PERIOD}],
    "ces": [{"period": PERIOD}],
}
SCALES = (1e-12, 1e-9, 1e-3, 7.0, 1e6, 1e12)
OFFSETS = (-1e9, -1e3, 0.1, 1e6, 1e9)


def season_with_outliers() -> Series:
    """A season in noise around 100, in steps of 2 ** -10, so that a shift by whole numbers is exact."""
    rng = np.random.default_rng(5)
    x = 100.0 + 5.0 * np.sin(2 * np.pi * np.arange(ROWS) / PERIOD) + rng.normal(size=ROWS)
    x[[30, 77]] += [25.0, -18.0]
    return np.round(x * 1024.0) / 1024.0


def counts() -> Series:
    """Whole numbers with many ties, and two that stand out."""
    x = np.random.default_rng(6).poisson(4.0, ROWS) + 100.0
    x[[20, 90]] = [140.0, 60.0]
    return x


def one_spike() -> Series:
    x = np.full(ROWS, 7.0)
    x[50] = 9.0
    return x


SERIES = {make.__name__: make() for make in (season_with_outliers, counts, one_spike)}


def cases(multiplied: bool) -> list[Any]:
    found = []
    for algorithm in (one for one in registry.discover() if one.name not in WITH_UNIT):
        if algorithm.name in WITH_ZERO and not multiplied:
            continue
        for options in [
            DEFAULTS.get(algorithm.name, {}),
            *OPTIONS.get(algorithm.name, []),
            *(MULTIPLIED.get(algorithm.name, []) * multiplied),
        ]:
            learned = (algorithm.kind, algorithm.name) in LEARNED
            for name in ["season_with_outliers"] * multiplied if learned else SERIES:
                told = "-".join([algorithm.name, name, *(f"{key}={value}" for key, value in options.items())])
                found.append(pytest.param(algorithm, options, name, id=told))
    return found


def answer(algorithm: Algorithm, options: dict[str, Any], x: Series) -> Any:
    if algorithm.needs.columns == "two":
        return algorithm.run(Task.of(np.column_stack((x, np.roll(x, 3)))), algorithm.params(**options))
    kept = np.delete(np.arange(ROWS), [40, 41, 42, 100]) if algorithm.needs.times else np.arange(ROWS)
    rows = 0 if algorithm.kind == ANOMALY else AHEAD
    task = Task.of(x[kept], times=kept * 1000, start=ROWS * 1000, step=1000, rows=rows)
    return algorithm.run(task, algorithm.params(**options))


def hold_equal(first: Any, other: Any, scale: float, offset: float, spread: float) -> None:
    """Compare the answer to x with that to ``x * scale + offset``, in units of the spread of x.

    The searches of the forecasters end within 1e-4 of the optimum; rounding is that of numbers so large.
    """
    rounding = 16.0 * np.finfo(np.float64).eps * (1.0 + abs(offset) / scale / spread)
    if isinstance(first, Detection):
        np.testing.assert_array_equal(other.flags, first.flags)
        np.testing.assert_allclose(other.score, first.score, rtol=1e-7 + 1e4 * rounding, atol=1e4 * rounding)
        return
    if isinstance(first, Correlation):
        unit = scale if first.measure == DISTANCE else 1.0
        assert other.value / unit == pytest.approx(first.value, rel=1e-7 + 1e4 * rounding, abs=1e4 * rounding)
        if first.at_lags is None:  # of lags that are alike, rounding chooses one
            assert other.lag == first.lag
        return
    values = ("value", "low", "high") if isinstance(first, Forecast) else ("value",)
    for name in values:
        back = (getattr(other, name) - offset) / scale
        np.testing.assert_allclose(back, getattr(first, name), rtol=0.0, atol=(1e-4 + 1e3 * rounding) * spread)
    if isinstance(first, Filling):
        np.testing.assert_allclose(other.error / scale, first.error, rtol=1e-3, atol=1e3 * rounding * spread)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("algorithm", "options", "name"), cases(multiplied=True))
def test_the_unit_does_not_matter(algorithm: Algorithm, options: dict[str, Any], name: str, scale: float) -> None:
    x = SERIES[name]
    first, other = answer(algorithm, options, x), answer(algorithm, options, x * scale)
    hold_equal(first, other, scale, 0.0, float(np.ptp(x)))


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize(("algorithm", "options", "name"), cases(multiplied=False))
def test_the_zero_does_not_matter(algorithm: Algorithm, options: dict[str, Any], name: str, offset: float) -> None:
    x = SERIES[name]
    first, other = answer(algorithm, options, x), answer(algorithm, options, x + offset)
    hold_equal(first, other, 1.0, offset, float(np.ptp(x)))

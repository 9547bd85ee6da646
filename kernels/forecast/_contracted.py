"""What the forecasters of TDgpt 3.4 have in common: the checks of a series, in the contracted words."""

from __future__ import annotations

import numpy as np

from kernels.contract import BadSeries, Json, Series, Task, TooShort, as_series
from kernels.numerics.period import Season, season_told

LARGEST = 1e150  # what can still be squared


def series_and_season(task: Task, period: Season) -> tuple[Series, int, dict[str, Json]]:
    """Return an own copy of the first column, the rows in a season (1 for none), and what is told of seasons.

    Raises
    ------
    BadSeries : a value that is not finite, or too large to be squared.
    TooShort : fewer than 2 rows, or than two seasons.
    """
    x = finite(task)
    season, told = season_told(period, x)
    season = max(season, 1)
    if len(x) < (least := max(2, 2 * season if season > 1 else 0)):
        raise TooShort(
            f"number of input data is less than the required periods: {len(x)} rows, at least {least} are needed"
        )
    return x, season, told


def finite(task: Task) -> Series:
    """Return an own copy of the first column; raises BadSeries."""
    given = np.asarray(task.series, dtype=np.float64)
    if not np.isfinite(given).all():
        row = int(np.argmin(np.isfinite(given)))
        raise BadSeries(f"input data contains NaN or infinite values: {given[row]} at row {row}")
    x = as_series(given)
    if (largest := float(np.max(np.abs(x)))) > LARGEST:
        raise BadSeries(f"values must lie within {LARGEST:g}, got one of magnitude {largest:g}")
    return x


def refuse_not_positive(x: Series, what: str) -> None:
    """Raise BadSeries where a value is not above 0; `what` needs that."""
    if not np.all(x > 0.0):
        row = int(np.argmax(x <= 0.0))
        raise BadSeries(f"{what} strictly positive input data, got {x[row]:g} at row {row}")

"""Series of the contract for theta, ets, ces and prophet, and what all of them refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from benchmarks.bench_forecast import PASSENGERS
from kernels.contract import BadSeries, Forecast, Task, TooShort

__all__ = ["L96", "PASSENGERS", "refused_by_all"]
L96 = np.array(
    [13, 14, 8, 10, 16, 26, 32, 27, 18, 32, 36, 24, 22, 23, 22, 18, 25, 21, 21, 14, 8, 11, 14, 23, 18, 17, 19, 20, 22]
    + [19, 13, 26, 13, 14, 22, 24, 21, 22, 26, 21, 23, 24, 27, 41, 31, 27, 35, 26, 28, 36, 39, 21, 17, 22, 17, 19, 15]
    + [34, 10, 15, 22, 18, 15, 20, 15, 22, 19, 16, 30, 27, 29, 23, 20, 16, 21, 21, 25, 16, 18, 15, 18, 14, 10, 15, 8]
    + [15, 6, 11, 8, 7, 13, 10, 23, 16, 15, 25],
    dtype=np.float64,
)


def refused_by_all(forecast: Callable[[Task, Any], Forecast], params: Callable[[], Any], **asked: Any) -> None:
    """Hold a forecaster to the refusals that all have in common."""
    with pytest.raises(BadSeries, match="input data contains NaN or infinite values: nan at row 2"):
        forecast(Task.of([1.0, 2.0, np.nan, 4.0], rows=1, **asked), params())
    with pytest.raises(TooShort, match="number of input data is less than the required periods: 1 rows"):
        forecast(Task.of([1.0], rows=1, **asked), params())
    with pytest.raises(BadSeries, match=r"values must lie within 1e\+150, got one of magnitude 1e\+200"):
        forecast(Task.of([1e200, 1.0, 2.0], rows=1, **asked), params())

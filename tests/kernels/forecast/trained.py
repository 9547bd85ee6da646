"""What the tests of trained forecasters have in common: series with times, and the check of other steps."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import BadSeries, Series, Task
from kernels.trained import Trained

HOUR = 3_600_000
START = 1_700_000_000_000


def ask(x: Series, first: int = 0, rows: int = 4, unit: str = "ms", step: int = HOUR, conf: float = 0.95) -> Task:
    """The task of forecasting hourly rows from the row `first` after the start."""
    times = START + (first + np.arange(len(x), dtype=np.int64)) * step
    per_ms = {"ms": 1, "us": 1000}[unit]
    start = (int(times[-1]) + step) * per_ms
    return Task.of(x, times=times * per_ms, start=start, step=step * per_ms, rows=rows, unit=unit, conf=conf)


def refuses_other_steps(model: Trained, x: Series) -> None:
    """Assert that rows at another distance, and rows without times, are refused."""
    with pytest.raises(BadSeries, match=r"the model was trained on rows 3600 s apart, these are 60 s apart"):
        model.run(ask(x, step=60_000))
    with pytest.raises(BadSeries, match="a trained model needs the times of the rows"):
        model.run(Task.of(x, start=100, step=1, rows=3))

"""Leaves the range of numbers."""

from __future__ import annotations

import numpy as np

from taosanode import FORECAST, Algorithm, Forecast, NoOptions, Task


def endless(task: Task, params: NoOptions) -> Forecast:
    value = np.full(task.rows, np.inf)
    return Forecast(value, value, value)


ALGORITHM = Algorithm("endless", "runs out of the float range", FORECAST, NoOptions, endless)

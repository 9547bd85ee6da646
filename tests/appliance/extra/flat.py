"""The last value again, with an interval as wide as the coverage that was asked for."""

from __future__ import annotations

import numpy as np

from taosanode import FORECAST, Algorithm, Forecast, NoOptions, Task


def flat(task: Task, params: NoOptions) -> Forecast:
    value, conf = np.full(task.rows, task.series[-1]), task.levels[0]
    return Forecast(value, value - conf, value + conf, mse=1.0)


ALGORITHM = Algorithm("flat", "the last value again", FORECAST, NoOptions, flat)

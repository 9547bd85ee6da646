"""The last value again, with an interval as wide as the coverage that was asked for."""

from __future__ import annotations

import numpy as np

from kernels.contract import Forecast, Forecaster, Horizon, NoParams, Series


def flat(series: Series, horizon: Horizon, params: NoParams) -> Forecast:
    value = np.full(horizon.rows, series[-1])
    return Forecast(value, value - horizon.conf, value + horizon.conf, mse=1.0)


ALGORITHM = Forecaster("flat", "the last value again", NoParams, flat)

"""Leaves the range of numbers."""

from __future__ import annotations

import numpy as np

from kernels.contract import Forecast, Forecaster, Horizon, NoParams, Series


def endless(series: Series, horizon: Horizon, params: NoParams) -> Forecast:
    value = np.full(horizon.rows, np.inf)
    return Forecast(value, value, value)


ALGORITHM = Forecaster("endless", "runs out of the float range", NoParams, endless)

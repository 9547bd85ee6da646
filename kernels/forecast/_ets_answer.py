"""What is answered of a fitted form of exponential smoothing: forecast, interval, and what the model is."""

from __future__ import annotations

import numpy as np

from kernels.contract import Forecast, Horizon, Json, NotConverged
from kernels.forecast._ets_doubt import widened, widening
from kernels.forecast._ets_model import Fitted, predict


def answer(
    fitted: Fitted, horizon: Horizon, *, found: bool, tried: int, planned: int, instead: str, seasons: dict[str, Json]
) -> Forecast:
    """Return the forecast of a form.

    found : the form was found among several, so that the interval is widened by the doubt about it.
    tried, planned : how many forms. instead : options that help where a trend overflows. seasons : told besides.

    Raises
    ------
    NotConverged : a multiplicative trend that overflows within the horizon.
    """
    value, low, high = predict(fitted, horizon)
    if not np.all(np.abs(value) < np.finfo(np.float64).max):
        raise NotConverged(f"the multiplicative trend overflows within {horizon.rows} rows; use {instead}")
    told = _told(fitted, tried, planned)
    if found:
        factor = widening(fitted, value, low, high, horizon)
        low, high = widened(fitted, value, low, high, factor)
        told["diagnostics"]["widened"] = factor.tolist()
    return Forecast(
        value,
        np.nan_to_num(low),
        np.nan_to_num(high),
        mse=fitted.mse,
        period=fitted.form.period,
        extra=told | seasons,
    )


def _told(fitted: Fitted, tried: int, planned: int) -> dict[str, Json]:
    form = fitted.form
    told: dict[str, Json] = {
        "model_info": str(form),
        "trend": form.trend,
        "seasonal": form.seasonal,
        "damped": int(form.damped),
        "diagnostics": fitted.diagnostics() | {"n_models": tried},
    }
    if tried < planned:
        told["search"] = f"stopped by timeout after {tried} of {planned} models"
    return told

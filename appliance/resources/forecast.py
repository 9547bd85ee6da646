"""POST `/forecast`."""

from __future__ import annotations

from typing import Any

import falcon
import numpy as np

from appliance import tsfm, wire
from appliance.catalog import Catalog
from appliance.resources.analysis import Analysis, Deadline, choose, params_of
from kernels.contract import AlgorithmError, Forecaster, Horizon, RawOptions


class Forecast:
    """Runs a forecaster and answers with values and, if asked, prediction intervals."""

    def __init__(self, catalog: Catalog, analysis: Analysis) -> None:
        self._forecasters = {forecaster.name: forecaster for forecaster in catalog.of_kind(Forecaster)}
        self._analysis = analysis

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer one request."""
        self._analysis.serve(req, resp, wire.read_forecast, self._answer)

    def _answer(self, request: wire.ForecastRequest, deadline: Deadline) -> dict[str, Any]:
        forecaster: Forecaster = choose(self._forecasters.get(tsfm.canonical(request.algo)), "forecast", request.algo)
        if request.covariates and not issubclass(forecaster.params, RawOptions):
            raise AlgorithmError(f"covariate forecast is not supported yet by {request.algo}")
        params = params_of(forecaster.params, request)
        horizon = Horizon(request.forecast_rows, request.conf, deadline.out_of_time)
        found = forecaster.forecast(request.columns["val"], horizon, params)
        times = wire.times_ahead(request) if found.times is None else found.times
        arrays = [times, found.value]
        if request.return_conf:
            arrays += [found.low, found.high]
        _check(request.forecast_rows, arrays)
        return {
            "algo": request.algo,
            "option": request.option_text,
            "period": found.period,
            "rows": request.forecast_rows,
            "mse": found.mse,
            "res": arrays,
            **found.extra,
        }


def _check(rows: int, arrays: list[Any]) -> None:
    """Hold an algorithm to its contract, whoever wrote it: taosd misreads what is missing or not finite."""
    for array in arrays:
        if len(array) != rows:
            raise AlgorithmError(f"result length is not identical, ts rows:{rows}  res rows:{len(array)}")
        if not np.isfinite(array).all():
            raise AlgorithmError("the forecast leaves the range of floating-point numbers")

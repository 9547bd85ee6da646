"""POST `/forecast`."""

from __future__ import annotations

from typing import Any

import falcon

from appliance.analysis import run
from appliance.analysis.catalog import Catalog
from appliance.analysis.run import Deadline
from appliance.node.resources.analysis import Analysis
from appliance.protocol import requests
from kernels.contract import Forecaster


class Forecast:
    """Runs a forecaster and answers with values and, if asked, prediction intervals."""

    def __init__(self, catalog: Catalog, analysis: Analysis) -> None:
        self._forecasters = {forecaster.name: forecaster for forecaster in catalog.of_kind(Forecaster)}
        self._analysis = analysis

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer one request."""
        self._analysis.serve(req, resp, requests.read_forecast, self._answer)

    def _answer(self, request: requests.ForecastRequest, deadline: Deadline) -> dict[str, Any]:
        times, found = run.forecast(self._forecasters, request, deadline.out_of_time)
        arrays = [times, found.value]
        if request.return_conf:
            arrays += [found.low, found.high]
        return {
            "algo": request.algo,
            "option": request.option_text,
            "period": found.period,
            "rows": request.forecast_rows,
            "mse": found.mse,
            "res": arrays,
            **found.extra,
        }

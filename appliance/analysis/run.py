"""What is done with a request once it is read, whoever asked: a client of the node or a command of the shell."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from appliance.host.settings import Settings
from appliance.protocol import answers, options, requests
from appliance.protocol.requests import BadRequest
from kernels.contract import AlgorithmError, Detection, Detector, Forecast, Forecaster, Horizon, RawOptions
from kernels.numerics.whitenoise import is_white_noise
from models import table

MARGIN_S = 1.0  # an anytime search stops this much before the client gives up
TIMEOUT_OPTION_S = (1, 1200)  # what taosd accepts; it falls back to 60 s outside


@dataclass(frozen=True, slots=True)
class Deadline:
    """When the client gives up, as `time.monotonic`."""

    due: float

    def out_of_time(self) -> bool:
        """Tell a long search that its answer is due."""
        return time.monotonic() >= self.due - MARGIN_S


def patience_s(request: requests.Request, settings: Settings) -> float:
    """Return how long the one who asked waits for the answer."""
    shortest, longest = TIMEOUT_OPTION_S
    asked = request.option("timeout", 0)
    patience = float(asked) if shortest <= asked <= longest else settings.http_timeout_s
    return min(patience, settings.longest_request_s)


def refuse_white_noise(request: requests.Request) -> None:
    """Raise BadRequest for noise, unless the check was declined."""
    if request.wncheck and is_white_noise(next(iter(request.columns.values()))):
        raise BadRequest("white noise data not processed")


def detect(detectors: Mapping[str, Detector], request: requests.AnomalyRequest) -> Detection:
    """Run the detector that was asked for; raises AlgorithmError."""
    detector: Detector = _choose(detectors.get(request.algo), "anomaly detection", request.algo)
    params = _params_of(detector.params, request)
    columns = list(request.columns.values())
    return detector.detect(np.column_stack(columns) if detector.multivariate else columns[0], params)


def forecast(
    forecasters: Mapping[str, Forecaster], request: requests.ForecastRequest, out_of_time: Callable[[], bool]
) -> tuple[requests.Times, Forecast]:
    """Run the forecaster that was asked for and return the times of its forecast with it; raises AlgorithmError."""
    forecaster: Forecaster = _choose(forecasters.get(table.canonical(request.algo)), "forecast", request.algo)
    if request.covariates and not issubclass(forecaster.params, RawOptions):
        raise AlgorithmError(f"covariate forecast is not supported yet by {request.algo}")
    params = _params_of(forecaster.params, request)
    horizon = Horizon(request.forecast_rows, request.conf, out_of_time)
    found = forecaster.forecast(request.columns["val"], horizon, params)
    times = answers.times_ahead(request) if found.times is None else found.times
    _check(request.forecast_rows, [times, found.value, *([found.low, found.high] if request.return_conf else [])])
    return times, found


def _choose(found: Any, kind: str, name: str) -> Any:
    """Return the algorithm of that name, or refuse; taosd itself only asks for what `/list` announced."""
    if found is None:
        raise AlgorithmError(f"unknown {kind} algorithm: {name!r}")
    return found


def _params_of(kind: type[Any], request: requests.Request) -> Any:
    """Build an algorithm's parameters; one that reads the request by itself is handed it as it came."""
    if not issubclass(kind, RawOptions):
        return options.params(kind, request.options)
    if not isinstance(request, requests.ForecastRequest):
        return kind(request.options, request.times, request.precision)
    return kind(
        request.options,
        request.times,
        request.precision,
        start=request.start,
        step=request.every,
        return_conf=request.return_conf,
        covariates=request.covariates,
    )


def _check(rows: int, arrays: list[Any]) -> None:
    """Hold an algorithm to its contract, whoever wrote it: taosd misreads what is missing or not finite."""
    for array in arrays:
        if len(array) != rows:
            raise AlgorithmError(f"result length is not identical, ts rows:{rows}  res rows:{len(array)}")
        if not np.isfinite(array).all():
            raise AlgorithmError("the forecast leaves the range of floating-point numbers")

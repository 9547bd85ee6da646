"""Wraps the classes of operators' plug-ins into the contract every other algorithm follows.

Every request gets an object of its own, is answered by it, and the answer is checked to the letter: nothing a
plug-in returns or raises reaches the wire unseen.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.taosanalytics_compat import AbstractAnomalyDetectionService, AbstractForecastService
from kernels.contract import (
    Algorithm,
    AlgorithmError,
    Detection,
    Detector,
    Flags,
    Forecast,
    Forecaster,
    Horizon,
    RawOptions,
    Series,
    Times,
)

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
Plugin = type[AbstractAnomalyDetectionService] | type[AbstractForecastService]


def wrap(plugin: Plugin) -> Algorithm:
    """Return a plug-in class as an algorithm; raises whatever the class raises when it is first used."""
    sample = plugin()
    listed = {key: value for key, value in dict(sample.get_params()).items() if _is_plain(value)}
    params = type("Options", (RawOptions,), {"__doc__": f"Options of {plugin.name}.", "listed": listed})
    desc = " ".join(str(sample.get_desc() or "").split())
    if issubclass(plugin, AbstractForecastService):
        return guarded(Forecaster(plugin.name, desc, params, _forecast_with(plugin)))
    return guarded(Detector(plugin.name, desc, params, _detect_with(plugin), multivariate=True))


def guarded(algorithm: Algorithm) -> Algorithm:
    """Return an operator's algorithm with its answers checked and all its failures turned into AlgorithmError."""
    if isinstance(algorithm, Detector):
        detect = _reported(algorithm.name, _checked_detection(algorithm.detect))
        return dataclasses.replace(algorithm, detect=detect)
    forecast = _reported(algorithm.name, _checked_forecast(algorithm.forecast))
    return dataclasses.replace(algorithm, forecast=forecast)


def _reported(name: str, run: Callable[P, R]) -> Callable[P, R]:
    """Name the algorithm in whatever goes wrong, and log it."""

    def report(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return run(*args, **kwargs)
        except AlgorithmError as error:
            raise AlgorithmError(f"{name}: {error}") from error
        except (Exception, SystemExit) as error:
            log.exception("operator's algorithm %s failed", name)
            kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            raise AlgorithmError(f"{name}: {kind}{error}") from error

    return report


# --- classes to functions -------------------------------------------------------------------------------------------


def _detect_with(
    plugin: type[AbstractAnomalyDetectionService],
) -> Callable[[Series, RawOptions], Detection]:
    def detect(series: Series, params: RawOptions) -> Detection:
        columns = series.reshape(len(series), -1)
        valid_code = _integer("valid_code", params.options.get("valid_code", 1))
        worker = plugin()
        _feed(worker, [column.tolist() for column in columns.T], params)
        worker.set_params({**params.options})
        flags = _flags(worker.execute(), len(columns), valid_code)
        return Detection(flags, np.where(flags == 1, 0.0, 1.0))

    return detect


def _forecast_with(
    plugin: type[AbstractForecastService],
) -> Callable[[Series, Horizon, RawOptions], Forecast]:
    def forecast(series: Series, horizon: Horizon, params: RawOptions) -> Forecast:
        worker = plugin()
        _feed(worker, [series.tolist()], params)
        asked: dict[str, Any] = {
            "start_ts": params.start,
            "time_step": params.step,
            "rows": horizon.rows,
            "fc_rows": horizon.rows,
            "conf": horizon.conf,
            "return_conf": int(params.return_conf),
            "precision": params.precision,
        }
        covariates = {name: values.tolist() for name, values in params.covariates.items()}
        asked["dynamic_real"] = [v for name, v in covariates.items() if name.startswith("dynamic_real")]
        asked["past_dynamic_real"] = [v for name, v in covariates.items() if name.startswith("past_dynamic_real")]
        if "period" in params.options:
            asked["period"] = _integer("period", params.options["period"])
        for name, value in asked.items():  # also where the plug-in's set_params does not call the base class's
            setattr(worker, name, value)
        worker.set_params({**params.options, **asked})
        return _forecast(worker.execute(), worker.period, horizon.rows, params)

    return forecast


def _feed(
    worker: AbstractAnomalyDetectionService | AbstractForecastService,
    columns: Sequence[Sequence[float]],
    params: RawOptions,
) -> None:
    worker.precision = params.precision
    worker.input_data_lists = columns
    worker.set_input_list(columns[0], params.times.tolist())


# --- answers of plug-in classes -------------------------------------------------------------------------------------


def _integer(name: str, value: Any) -> int:
    if isinstance(value, (int, np.integer)):
        return int(value)  # exactly: nanoseconds do not fit into a float
    try:
        number = float(value)
        if number == int(number):
            return int(number)
    except (TypeError, ValueError, OverflowError):
        pass
    raise AlgorithmError(f"{name} must be an integer, got {value!r}")


def _flags(codes: Any, rows: int, valid_code: int) -> Flags:
    """Return the codes of a plug-in as flags: 1 is normal, everything else keeps its own code.

    Plug-ins that know of `valid_code` use it for normal rows, and may use 1 for a kind of anomaly; others say 1 for
    normal whatever was asked for.
    """
    if codes is None or np.ndim(codes) != 1:
        raise AlgorithmError(f"one code per row is expected, got {type(codes).__name__}")
    if len(codes) != rows:
        raise AlgorithmError(f"one code per row is expected, got {len(codes)} codes for {rows} rows")
    numbers = _numbers(codes, "codes")
    if not ((numbers == np.rint(numbers)) & (np.abs(numbers) <= 127)).all():
        raise AlgorithmError("codes must be integers from -127 to 127")
    flags = numbers.astype(np.int8)
    normal = flags == valid_code
    if valid_code != 1 and normal.any():
        flags[flags == 1] = next(code for code in range(-1, -128, -1) if code not in flags)
        flags[normal] = 1
    return flags


def _forecast(answer: Any, period: Any, rows: int, params: RawOptions) -> Forecast:
    """Return the answer of a plug-in's `execute` as a forecast, refusing what the wire could not carry."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get("res"), (list, tuple, np.ndarray)):
        raise AlgorithmError('forecast result is empty: a dict with "res" is expected')
    arrays = list(answer["res"])
    if len(arrays) not in (2, 4):
        raise AlgorithmError(f"result length should be 2 or 4 arrays (times, values, low, high), got {len(arrays)}")
    for array in arrays:
        if np.ndim(array) != 1:
            raise AlgorithmError("every array of the result must be a list of numbers")
        if len(array) != rows:
            raise AlgorithmError(f"result length is not identical, ts rows:{rows}  res rows:{len(array)}")
    value = _numbers(arrays[1], "forecast")
    low, high = (_numbers(array, "bounds") for array in arrays[2:]) if len(arrays) == 4 else (value, value)
    if (low > high).any():
        row = int(np.argmax(low > high))
        raise AlgorithmError(f"lower bound {low[row]} above upper bound {high[row]} at row {row}")
    return Forecast(
        value,
        np.minimum(low, value),
        np.maximum(high, value),
        mse=_mse(answer.get("mse")),
        period=_integer("period", period or 0),
        extra={"model_info": answer["model_info"]} if isinstance(answer.get("model_info"), str) else {},
        times=_own_times(arrays[0], params),
    )


def _numbers(values: Any, what: str) -> Series:
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise AlgorithmError(f"{what} must be numbers") from error
    if not np.isfinite(numbers).all():
        row = int(np.argmin(np.isfinite(numbers)))
        raise AlgorithmError(f"{what} must be finite, got {numbers[row]} at row {row}")
    return numbers


def _own_times(times: Any, params: RawOptions) -> Times | None:
    """Return the times a plug-in answers for, None if they are the regular ones."""
    given = [_integer("time", value) for value in times]
    regular = [params.start + row * params.step for row in range(len(given))]
    if given == regular:
        return None
    limits = np.iinfo(np.int64)
    if not all(limits.min <= value <= limits.max for value in given):
        raise AlgorithmError("times leave the range of a timestamp")
    return np.array(given, dtype=np.int64)


def _mse(value: Any) -> float | None:
    """Return the reported error of the fit; one that cannot be sent counts as unknown."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise AlgorithmError(f"mse must be a number, got {value!r}") from error
    return number if isfinite(number) else None


def _is_plain(value: Any) -> bool:
    """Tell whether a default can be shown in `/list`."""
    return isinstance(value, (str, bool, int)) or (isinstance(value, float) and isfinite(value)) or value is None


# --- answers of algorithms in our own form --------------------------------------------------------------------------


def _checked_detection(detect: Callable[[Series, Any], Detection]) -> Callable[[Series, Any], Detection]:
    def check(series: Series, params: Any) -> Detection:
        found = detect(series, params)
        if not isinstance(found, Detection):
            raise AlgorithmError(f"a Detection is expected, got {type(found).__name__}")
        rows = len(series)
        flags = _flags(found.flags, rows, valid_code=1)
        return dataclasses.replace(found, flags=flags, score=_array(found.score, rows, "score"))

    return check


def _checked_forecast(
    forecast: Callable[[Series, Horizon, Any], Forecast],
) -> Callable[[Series, Horizon, Any], Forecast]:
    def check(series: Series, horizon: Horizon, params: Any) -> Forecast:
        found = forecast(series, horizon, params)
        if not isinstance(found, Forecast):
            raise AlgorithmError(f"a Forecast is expected, got {type(found).__name__}")
        value, low, high = (_array(getattr(found, name), horizon.rows, name) for name in ("value", "low", "high"))
        if not ((low <= value) & (value <= high)).all():
            row = int(np.argmin((low <= value) & (value <= high)))
            raise AlgorithmError(f"forecast {value[row]} outside its bounds {low[row]} to {high[row]} at row {row}")
        return dataclasses.replace(found, value=value, low=low, high=high, mse=_mse(found.mse))

    return check


def _array(values: Any, rows: int, what: str) -> NDArray[np.float64]:
    if np.shape(values) != (rows,):
        raise AlgorithmError(f"{what}: {rows} numbers are expected, got an array of shape {np.shape(values)}")
    return _numbers(values, what)

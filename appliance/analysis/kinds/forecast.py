"""Forecasting: values for the rows to come, with the bounds of an interval if they are wanted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.analysis import checks, plugin_objects
from appliance.analysis.kind import AHEAD, REAL, TIME, Column, Kind
from appliance.analysis.picture import Line, Picture
from appliance.analysis.taosanalytics_compat import AbstractForecastService
from appliance.protocol import documents, fields, options, requests, times
from appliance.protocol.documents import INT64, MAX_FORECAST_ROWS, BadRequest, Document
from appliance.protocol.requests import Request
from appliance.protocol.shapes import COUNT, INTEGER, NUMBER, NUMBERS, listed, or_null, said
from kernels.contract import FORECAST, AlgorithmError, Forecast, Series, Task, Times
from kernels.options import Declared, Range

DEFAULT_ROWS, DEFAULT_CONF = 10, 0.95
OPTION_ROWS = "rows"  # of the user's options, in SQL and at the prompt
# what a plot shows of the past, as a multiple of the rows ahead, and in rows
HISTORY, HISTORY_AT_MOST, HISTORY_ROWS = 4, 12, 40


class Forecasting(Kind[Forecast]):
    """Forecasts of one column; further columns are covariates."""

    wire_type = FORECAST
    title = "forecast"
    place = 1
    route = "/forecast"
    default = "holtwinters"
    common = {
        fields.PERIOD: 0,
        fields.START: 0,
        fields.EVERY: 1,
        fields.FORECAST_ROWS: DEFAULT_ROWS,
        fields.RETURN_CONF: 1,
        fields.CONF: DEFAULT_CONF,
        "tz": "UTC",
        "precision": "ms",
    }
    takes = (
        Declared(OPTION_ROWS, DEFAULT_ROWS, "rows to forecast", "an integer", Range(ge=1, le=MAX_FORECAST_ROWS)),
        Declared(
            fields.CONF, DEFAULT_CONF, "coverage of the interval; above 1 in per cent", "a number", Range(gt=0, le=100)
        ),
        Declared(fields.START, None, "time of the first row ahead; else one step after the last row", "a time"),
        Declared(
            fields.EVERY, None, "step of the rows ahead, such as 5m; else the usual one of the series", "a duration"
        ),
        Declared(fields.RETURN_CONF, 1, "0: no interval in the answer", "0 or 1"),
        Declared(fields.PERIOD, 0, "rows in a season, for an algorithm that looks at it", "an integer", Range(ge=0)),
    )
    asked = {
        fields.FORECAST_ROWS: said({**INTEGER, "minimum": 1, "maximum": MAX_FORECAST_ROWS}, "how many rows ahead"),
        fields.START: said(INTEGER, "the time of the first of them"),
        fields.EVERY: said({**INTEGER, "minimum": 1}, "how far apart they are"),
    }
    asked_too = {
        fields.RETURN_CONF: said({"enum": [0, 1], "default": 1}, "0: no interval in the answer"),
        fields.CONF: said(
            {**NUMBER, "exclusiveMinimum": 0, "maximum": 100, "default": DEFAULT_CONF},
            "coverage of the interval; above 1 in per cent",
        ),
    }
    told = {
        fields.PERIOD: said(or_null(COUNT), "rows in a season"),
        fields.MSE: said(or_null({**NUMBER, "minimum": 0}), "of the fit"),
        fields.RESULT: said(
            listed(NUMBERS, 2, 4),
            "times, values and, where they are wanted, lower and upper bounds",
        ),
    }
    plugin = AbstractForecastService
    folder = "fc"
    tables = {"forecast": {"time": TIME, "forecast": REAL, "low": REAL, "high": REAL}}
    noun = {"forecast": "row"}
    headline = "Forecast by {}"
    one_column = True
    axis = AHEAD

    def task(self, document: Document, options: Mapping[str, str], data: Task) -> Task:
        """Complete the task of a request: rows, times, coverage and covariates; raises BadRequest."""
        wanted = (fields.START, fields.EVERY, fields.FORECAST_ROWS)
        start, every, rows = (documents.integer(document, name) for name in wanted)
        if start is None or every is None or rows is None:
            raise BadRequest("params are missing, start_ts, time_step, rows are all required")
        if every <= 0:
            raise BadRequest(f"time_step should be greater than 0, got {every}")
        if rows <= 0:
            raise BadRequest("forecast rows is not specified yet")
        if rows > MAX_FORECAST_ROWS:
            raise BadRequest(f"forecast rows should be at most {MAX_FORECAST_ROWS}, got {rows}")
        if not INT64.min <= start + rows * every <= INT64.max:
            raise BadRequest(
                f"forecast times leave the range of a timestamp: start {start}, every {every}, rows {rows}"
            )
        _check_period(options, len(data.times))
        past = {name: column for name, column in data.columns.items() if fields.PAST_COVARIATE in name}
        ahead = {n: column for n, column in data.columns.items() if fields.KNOWN_COVARIATE in n and n not in past}
        others = {name: column for name, column in data.columns.items() if name not in past and name not in ahead}
        for name, column in ahead.items():
            if len(column) != len(data.times) + rows:
                raise BadRequest(
                    f"covariate {name} should have {len(data.times) + rows} values, {len(data.times)} rows and {rows} "
                    f"to forecast, got {len(column)}"
                )
        return dataclasses.replace(
            data,
            columns={fields.VALUE_COLUMN: others[fields.VALUE_COLUMN], **others},
            start=start,
            step=every,
            rows=rows,
            levels=(confidence(document, options),),
            bounds=documents.integer(document, fields.RETURN_CONF) != 0,  # absent, it is 1, as `/list` says
            past=past,
            known=ahead,
        )

    def question(self, options: Mapping[str, str], data: Task) -> dict[str, Any]:
        """Return where a forecast goes on after the last row, unless the options say otherwise; raises BadRequest."""
        every, start = options.get(fields.EVERY), options.get(fields.START)
        step = times.duration(every, data.unit) if every else times.usual_step(data, fields.EVERY)
        found: dict[str, Any] = {
            fields.FORECAST_ROWS: requests.whole(options, OPTION_ROWS, DEFAULT_ROWS),
            fields.EVERY: step,
            fields.START: times.moment(start, data.unit) if start else int(data.times[-1]) + step,
            fields.RETURN_CONF: 1,
        }
        return found | ({fields.CONF: _conf_option(options)} if fields.CONF in options else {})

    def checked(self, task: Task, answer: Any) -> Forecast:
        """Hold an answer to the contract; raises AlgorithmError."""
        if not isinstance(answer, Forecast):
            raise AlgorithmError(f"a Forecast is expected, got {type(answer).__name__}")
        value, low, high = (checks.array(getattr(answer, name), task.rows, name) for name in ("value", "low", "high"))
        if not ((low <= value) & (value <= high)).all():
            row = int(np.argmin((low <= value) & (value <= high)))
            raise AlgorithmError(f"forecast {value[row]} outside its bounds {low[row]} to {high[row]} at row {row}")
        return dataclasses.replace(answer, value=value, low=low, high=high, mse=checks.mse(answer.mse))

    def refuse(self, task: Task, answer: Forecast) -> None:
        """Refuse what taosd misreads: rows that are missing, numbers that are not finite; raises AlgorithmError."""
        for array in _arrays(task, answer):
            if len(array) != task.rows:
                raise AlgorithmError(f"result length is not identical, ts rows:{task.rows}  res rows:{len(array)}")
            if not np.isfinite(array).all():
                raise AlgorithmError("the forecast leaves the range of floating-point numbers")

    def write(self, request: Request, answer: Forecast) -> dict[str, Any]:
        """Return times and values, and the bounds if they are wanted; raises AlgorithmError."""
        task = request.task
        self.refuse(task, answer)
        return {
            fields.PERIOD: answer.period,
            fields.ROWS: task.rows,
            fields.MSE: answer.mse,
            fields.RESULT: _arrays(task, answer),
            **answer.extra,
        }

    def parse(self, reply: Mapping[str, Any], task: Task) -> Forecast:
        """Return the forecast that a node's reply is."""
        moments, *columns = reply[fields.RESULT]
        value, low, high = (np.array(column, dtype=np.float64) for column in columns)
        ahead = np.array(moments, dtype=np.int64)
        if not len(ahead) == len(value) == len(low) == len(high) == task.rows:
            raise ValueError("arrays of another length")
        extra = self.own(reply)
        period = reply.get(fields.PERIOD) or 0
        return Forecast(value, low, high, reply.get(fields.MSE), period, extra, ahead)

    def from_plugin(self, plugin: type[AbstractForecastService]) -> Callable[[Task, Any], Forecast]:
        """Return what has an object of a plug-in's class make the forecast."""

        def forecast(task: Task, _: Any) -> Forecast:
            worker = plugin_objects.fed(plugin, dataclasses.replace(task, columns=_first(task)))
            asked: dict[str, Any] = {
                "start_ts": task.start,
                "time_step": task.step,
                OPTION_ROWS: task.rows,
                "fc_rows": task.rows,
                fields.CONF: task.levels[0],
                fields.RETURN_CONF: int(task.bounds),
                "precision": task.unit,
                fields.KNOWN_COVARIATE: [values.tolist() for values in task.known.values()],
                fields.PAST_COVARIATE: [values.tolist() for values in task.past.values()],
            }
            if (period := task.options.get(fields.PERIOD)) is not None:
                asked[fields.PERIOD] = 0 if period.lower() == "none" else checks.integer(fields.PERIOD, period)
            for name, value in asked.items():  # also where the plug-in's set_params does not call the base class's
                setattr(worker, name, value)
            worker.set_params({**task.options, **asked})
            return _from_plugin(worker.execute(), worker.period, task)

        return forecast

    def example(self, values: Series) -> Task:
        """Return the task of forecasting six rows."""
        n = len(values)
        return Task.of(values, times=np.arange(n, dtype=np.int64), start=n, step=1, rows=6, conf=0.9)

    def summary(self, answer: Forecast) -> Mapping[str, Any]:
        """Return values and bounds."""
        return {"value": answer.value, "low": answer.low, "high": answer.high}

    def cells(self, table: str, task: Task, answer: Forecast) -> tuple[Column, ...]:
        """Return a row for each step ahead."""
        return times_ahead(task, answer), answer.value, answer.low, answer.high

    def picture(self, task: Task, answer: Forecast, column: str) -> Picture:
        """Show the forecast and its band after the last rows, so that it remains the larger matter."""
        ahead, all_rows = len(answer.value), len(task.times)
        wanted = max(HISTORY * ahead, min(3 * answer.period, HISTORY_AT_MOST * ahead), HISTORY_ROWS)
        shown = min(wanted, all_rows)
        briefly = f"{ahead:,} rows ahead"
        band = "" if np.array_equal(answer.low, answer.high) else f"{100 * task.levels[0]:g} % interval"
        line = Line("forecast", times_ahead(task, answer), answer.value, answer.low, answer.high, band)
        said = f"{briefly}, the last {shown:,} of {all_rows:,} rows before"
        return Picture(said, shown, briefly, line=line, border=True)


def _arrays(task: Task, answer: Forecast) -> list[NDArray[Any]]:
    """Return times, values and, if they are wanted, bounds."""
    return [times_ahead(task, answer), answer.value, *([answer.low, answer.high] if task.bounds else [])]


def times_ahead(task: Task, answer: Forecast | None = None) -> Times:
    """Return the times of a forecast, int64 (rows,): the regular ones, unless the algorithm has its own."""
    if answer is not None and answer.times is not None:
        return answer.times
    return task.start + task.step * np.arange(task.rows, dtype=np.int64)


def confidence(document: Mapping[str, Any], given: Mapping[str, str]) -> float:
    """Return the coverage that is asked for, from a request's fields or its options; raises BadRequest."""
    conf = documents.number(document, fields.CONF)
    if conf is None and fields.CONF in given:
        conf = _conf_option(given)
    if conf is None:
        return DEFAULT_CONF
    share = conf / 100.0 if conf > 1.0 else float(conf)
    if not 0.0 < share <= 1.0:
        raise BadRequest(f"invalid value of conf, should between 0 and 1.0, got {conf}")
    return share


def _conf_option(given: Mapping[str, str]) -> float:
    try:
        return options.finite_number(given[fields.CONF])
    except ValueError:
        raise BadRequest(f"{fields.CONF} must be a number, got {given[fields.CONF]!r}") from None


def _check_period(given: Mapping[str, str], rows: int) -> None:
    try:
        period = options.finite_number(given.get(fields.PERIOD, "0"))
    except ValueError:
        return  # a word such as auto: the algorithm knows
    if period < 0:
        raise BadRequest(f"periods should be greater than 0, got {given[fields.PERIOD]}")
    if period > rows:
        shown = given[fields.PERIOD]
        raise BadRequest(f"number of input data is less than the periods, {rows} rows, period {shown}")


# --- answers of plug-in classes -------------------------------------------------------------------------------------


def _first(task: Task) -> dict[str, Series]:
    return dict([next(iter(task.columns.items()))])


def _from_plugin(answer: Any, period: Any, task: Task) -> Forecast:
    """Return the answer of a plug-in's `execute` as a forecast, refusing what the wire could not carry."""
    if not isinstance(answer, Mapping) or not isinstance(answer.get(fields.RESULT), (list, tuple, np.ndarray)):
        raise AlgorithmError(f'forecast result is empty: a dict with "{fields.RESULT}" is expected')
    arrays = list(answer[fields.RESULT])
    if len(arrays) not in (2, 4):
        raise AlgorithmError(f"result length should be 2 or 4 arrays (times, values, low, high), got {len(arrays)}")
    for array in arrays:
        if np.ndim(array) != 1:
            raise AlgorithmError("every array of the result must be a list of numbers")
        if len(array) != task.rows:
            raise AlgorithmError(f"result length is not identical, ts rows:{task.rows}  res rows:{len(array)}")
    value = checks.numbers(arrays[1], "forecast")
    low, high = (checks.numbers(array, "bounds") for array in arrays[2:]) if len(arrays) == 4 else (value, value)
    if (low > high).any():
        row = int(np.argmax(low > high))
        raise AlgorithmError(f"lower bound {low[row]} above upper bound {high[row]} at row {row}")
    return Forecast(
        value,
        np.minimum(low, value),
        np.maximum(high, value),
        mse=checks.mse(answer.get(fields.MSE)),
        period=checks.integer(fields.PERIOD, period or 0),
        extra={"model_info": answer["model_info"]} if isinstance(answer.get("model_info"), str) else {},
        times=_own_times(arrays[0], task),
    )


def _own_times(given: Any, task: Task) -> Times | None:
    """Return the times a plug-in answers for, None if they are the regular ones."""
    moments = [checks.integer("time", value) for value in given]
    if moments == [task.start + row * task.step for row in range(task.rows)]:
        return None
    if not all(INT64.min <= value <= INT64.max for value in moments):
        raise AlgorithmError("times leave the range of a timestamp")
    return np.array(moments, dtype=np.int64)


KIND = Forecasting()

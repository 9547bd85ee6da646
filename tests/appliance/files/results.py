"""Results made by hand, of which every pixel is known."""

from __future__ import annotations

import dataclasses

import numpy as np

from appliance.analysis.kinds import BY_TYPE
from appliance.files.series import FileResult, FileSeries
from kernels.contract import ANOMALY, FORECAST, Detection, Flags, Forecast, Series

BEGIN = 1_767_225_600_000  # 2026-01-01T00:00:00Z in ms
MINUTE, HOUR = 60_000, 3_600_000


def detected(series: FileSeries, algorithm: str, flags: Flags, score: Series | None = None) -> FileResult:
    """Return what a detector answered."""
    answer = Detection(flags, np.zeros(len(flags)) if score is None else score)
    return FileResult.of(series, BY_TYPE[ANOMALY], algorithm, series.data, answer)


def forecasted(series: FileSeries, algorithm: str, answer: Forecast, conf: float = 0.95) -> FileResult:
    """Return what a forecaster answered, one row after the other."""
    step = int(series.times[-1] - series.times[-2])
    task = dataclasses.replace(
        series.data, start=int(series.times[-1]) + step, step=step, rows=len(answer.value), levels=(conf,)
    )
    return FileResult.of(series, BY_TYPE[FORECAST], algorithm, task, answer)


def with_columns(made: FileResult, columns: dict[str, Series]) -> FileResult:
    """Return a result about the same times, but other values."""
    series = dataclasses.replace(made.series, columns=columns)
    return FileResult.of(series, made.kind, made.algorithm, made.task, made.answer)


def detection(
    rows: int, anomalous: list[int], name: str = "", columns: tuple[str, ...] = ("temperature",), step: int = MINUTE
) -> FileResult:
    """Return a sine with a jump at each anomalous row."""
    times = BEGIN + step * np.arange(rows, dtype=np.int64)
    values = 20.0 + 5.0 * np.sin(np.arange(rows) / 20.0)
    values[anomalous] += 9.0
    flags = np.ones(rows, np.int8)
    flags[anomalous] = -1
    series = FileSeries(name, times, "ms", {column: values + at for at, column in enumerate(columns)})
    return detected(series, "ksigma", flags)


def forecast(
    rows: int, ahead: int, name: str = "", half: float = 4.0, conf: float = 0.95, period: int = 24
) -> FileResult:
    """Return a daily sine and its continuation, with an interval of `half` to either side."""
    times = BEGIN + HOUR * np.arange(rows + ahead, dtype=np.int64)
    values = 100.0 + 10.0 * np.sin(np.arange(rows + ahead) * 2.0 * np.pi / 24.0)
    value = values[rows:]
    series = FileSeries(name, times[:rows], "ms", {"load": values[:rows]})
    return forecasted(series, "holtwinters", Forecast(value, value - half, value + half, None, period), conf)

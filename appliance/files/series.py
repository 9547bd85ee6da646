"""What is read from a file, and what an algorithm made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kernels.contract import Detection, Forecast, Series, Times


class FileError(Exception):
    """A file cannot be analysed or written; the message is one line: what, where, the value, the bound."""


@dataclass(frozen=True, slots=True)
class FileSeries:
    """One series of a file.

    name : its value in the `--by` column, "" where the file is one series.
    times : int64 (n,), strictly increasing.
    precision : unit of the times since 1970: ms, us or ns.
    columns : column name -> float64 (n,), finite; at least one.
    """

    name: str
    times: Times
    precision: str
    columns: Mapping[str, Series]


@dataclass(frozen=True, slots=True)
class FileDetection:
    """What a detector found in a series.

    windows : int64 (k, 2), first and last time of each run of anomalous rows.
    """

    series: FileSeries
    algorithm: str
    detection: Detection
    windows: Times


@dataclass(frozen=True, slots=True)
class FileForecast:
    """What a forecaster expects after a series; `forecast.times` is never None here.

    conf : coverage that its interval promises, in (0, 1]; None if unknown.
    """

    series: FileSeries
    algorithm: str
    forecast: Forecast
    conf: float | None = None

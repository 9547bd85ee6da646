"""Results made by hand, of which every pixel is known."""

from __future__ import annotations

import numpy as np

from appliance.files.series import FileDetection, FileForecast, FileSeries
from kernels.contract import Detection, Flags, Forecast, Times

BEGIN = 1_767_225_600_000  # 2026-01-01T00:00:00Z in ms
MINUTE, HOUR = 60_000, 3_600_000


def windows(times: Times, flags: Flags) -> Times:
    """Return first and last time of each run of anomalous rows, one row at a time."""
    found: list[list[int]] = []
    for row, flag in enumerate(flags):
        if flag != 1 and row > 0 and flags[row - 1] != 1:
            found[-1][1] = int(times[row])
        elif flag != 1:
            found.append([int(times[row])] * 2)
    return np.array(found, np.int64).reshape(-1, 2)


def detection(
    rows: int, anomalous: list[int], name: str = "", columns: tuple[str, ...] = ("temperature",), step: int = MINUTE
) -> FileDetection:
    """Return a sine with a jump at each anomalous row."""
    times = BEGIN + step * np.arange(rows, dtype=np.int64)
    values = 20.0 + 5.0 * np.sin(np.arange(rows) / 20.0)
    values[anomalous] += 9.0
    flags = np.ones(rows, np.int8)
    flags[anomalous] = -1
    series = FileSeries(name, times, "ms", {column: values + at for at, column in enumerate(columns)})
    return FileDetection(series, "ksigma", Detection(flags, np.zeros(rows)), windows(times, flags))


def forecast(
    rows: int, ahead: int, name: str = "", half: float = 4.0, conf: float | None = 0.95, period: int = 24
) -> FileForecast:
    """Return a daily sine and its continuation, with an interval of `half` to either side."""
    times = BEGIN + HOUR * np.arange(rows + ahead, dtype=np.int64)
    values = 100.0 + 10.0 * np.sin(np.arange(rows + ahead) * 2.0 * np.pi / 24.0)
    value = values[rows:]
    found = Forecast(value, value - half, value + half, None, period, times=times[rows:])
    series = FileSeries(name, times[:rows], "ms", {"load": values[:rows]})
    return FileForecast(series, "holtwinters", found, conf)

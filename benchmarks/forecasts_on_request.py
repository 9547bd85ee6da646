"""Our forecasters for a benchmark that runs in an environment of its own.

Reads one job per line, `{"algorithm", "series", "rows", "period", "levels", "step_ms"}`, the series with null where a
value is missing, the period null where the forecaster is to look for one itself, and answers `{"seconds", "value",
"quantiles"}`: processor time, the median, a list of rows for each level. A forecaster that refuses a series is replaced
by the seasonal naive forecast, as the benchmarks ask for an answer to each; the answer then has `"refused"` with the
reason.
"""

from __future__ import annotations

import json
import sys
import time
from statistics import NormalDist
from typing import Any

import numpy as np

from kernels.contract import Algorithm, AlgorithmError, Forecast, Series, Task, Times
from kernels.forecast._gaps import MOST
from kernels.registry import discover

NAIVE = "seasonal_naive"


def without_gaps(values: list[float | None]) -> Series:
    """Return the series from its first value on, each gap filled with the value before it; zero where it has none.

    Parameters
    ----------
    values : (n,), n >= 1, None or nan where a value is missing.
    """
    x = np.array(values, dtype=np.float64)
    known = np.flatnonzero(np.isfinite(x))
    if not len(known):
        return np.zeros(1)
    last = np.maximum.accumulate(np.where(np.isfinite(x), np.arange(len(x)), 0))
    return np.asarray(x[last][known[0] :])


def known(values: list[float | None]) -> tuple[Series, Times, int]:
    """Return the values that are known, the rows they are in, counted from the first of them, and how many follow.

    Parameters
    ----------
    values : as in `without_gaps`; at least one is known.
    """
    x = np.array(values, dtype=np.float64)
    rows = np.flatnonzero(np.isfinite(x))
    return x[rows], rows - rows[0], len(x) - 1 - int(rows[-1])


def naive(x: Series, rows: int, period: int, levels: list[float]) -> tuple[Series, Series]:
    """Return the last season again, (rows,), and its quantiles, (levels, rows), by the error from season to season."""
    lag = min(max(period, 1), len(x))
    ahead = np.arange(rows)
    value = x[len(x) - lag + ahead % lag]
    error = x[lag:] - x[:-lag]
    spread = float(np.sqrt(np.mean(error**2))) if len(error) else 0.0
    z = np.array([NormalDist().inv_cdf(level) for level in levels]).reshape(-1, 1)
    return value, value + z * spread * np.sqrt(1.0 + ahead // lag)


def told(algorithm: Algorithm, job: dict[str, Any]) -> tuple[Series, Series]:
    """Return the median, (rows,), and the quantiles of a forecaster, (levels, rows), which never cross.

    One that has an option `gaps` is told the rows that are known, with their times, where it would fill those between;
    every other is told a series without gaps.

    Raises
    ------
    AlgorithmError : it refuses the series.
    """
    fields = getattr(algorithm.params, "__dataclass_fields__", {})
    given = "period" in fields and job["period"] is not None
    options = {"period": job["period"] if job["period"] > 1 else 0} if given else {}
    x, step, late = without_gaps(job["series"]), job["step_ms"], 0
    asked: dict[str, Any] = {}
    if "gaps" in fields and 1.0 - np.mean(np.isfinite(np.array(job["series"], np.float64))) <= MOST:
        x, rows, late = known(job["series"])
        asked = {"times": rows * step, "start": (int(rows[-1]) + 1) * step}
    found: dict[float, Series] = {}
    levels = sorted({round(abs(1.0 - 2.0 * level), 9) for level in job["levels"]} - {0.0}) or [0.95]
    for at, level in enumerate(levels):
        tails = (round((1.0 - level) / 2.0, 9), round((1.0 + level) / 2.0, 9))
        if found.keys() >= set(tails):
            continue  # it tells several levels at once
        task = Task({"val": x}, rows=late + job["rows"], step=step, levels=tuple(levels[at:]), **asked)
        answer = algorithm.run(task, algorithm.params(**options))
        assert isinstance(answer, Forecast)
        found |= {round(share, 9): rows for share, rows in answer.quantiles.items()}
        found |= dict(zip((*tails, 0.5), (answer.low, answer.high, answer.value), strict=True))
    quantiles = np.array([found[round(level, 9)][late:] for level in job["levels"]]).reshape(-1, job["rows"])
    return found[0.5][late:], np.sort(quantiles, axis=0)


def answer(job: dict[str, Any], forecasters: dict[str, Algorithm]) -> dict[str, Any]:
    """Answer one job; its levels are in order."""
    x = without_gaps(job["series"])
    begun = time.process_time()
    refused = {}
    if job["algorithm"] == NAIVE:
        value, quantiles = naive(x, job["rows"], job["period"] or 1, job["levels"])
    else:
        try:
            value, quantiles = told(forecasters[job["algorithm"]], job)
        except AlgorithmError as error:
            refused = {"refused": str(error)}
            value, quantiles = naive(x, job["rows"], job["period"] or 1, job["levels"])
    seconds = time.process_time() - begun
    return {"seconds": seconds, "value": value.tolist(), "quantiles": quantiles.tolist(), **refused}


def main() -> None:
    """Answer jobs until standard input ends."""
    forecasters = {each.name: each for each in discover("kernels.forecast")}
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), forecasters)), flush=True)


if __name__ == "__main__":
    main()

"""The forecasting peers, behind one line of JSON each way.

Runs in the peers' own environment (`benchmarks/peers-forecast.txt`), so it imports nothing of this project. It reads
jobs from standard input and answers each with one line:

    {"peer": "AutoETS", "series": [...], "rows": 18, "period": 12, "conf": 0.95, "repeat": 1}
    {"seconds": [0.12], "value": [...], "low": [...], "high": [...], "sse": null, "aicc": null}

`seconds` are wall times of fit and forecast together, of `repeat` runs after `warm` unmeasured ones.
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")

DISTRIBUTION = {
    "AutoARIMA": "statsforecast",
    "AutoETS": "statsforecast",
    "AutoCES": "statsforecast",
    "AutoTheta": "statsforecast",
    "DynamicOptimizedTheta": "statsforecast",
    "SeasonalNaive": "statsforecast",
    "SES": "statsforecast",
    "statsmodels_hw": "statsmodels",
    "Prophet": "prophet",
    "aeon_hw": "aeon",
    "aeon_arima": "aeon",
    "pmdarima": "pmdarima",
    "r_hw": "R",
    "r_arima": "R",
}


def version(peer: str) -> str:
    """Return what the cached answers of a peer depend on."""
    distribution = DISTRIBUTION[peer]
    if distribution == "R":
        return r_version()
    return f"{distribution} {importlib.metadata.version(distribution)}"


def r_version() -> str:
    """Return R's and its forecast package's version, "" where either is missing."""
    try:
        script = "cat(R.version.string, as.character(packageVersion('forecast')))"
        done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def _statsforecast(name: str, y, job) -> dict:
    import statsforecast.models as models

    period = max(int(job["period"]), 1)
    level = 100.0 * job["conf"]
    if name == "SES":
        model, level = models.SimpleExponentialSmoothingOptimized(), None
    elif name == "AutoARIMA" and "max_p" in job:
        limits = {"max_p": job["max_p"], "max_q": job["max_p"], "max_order": 2 * job["max_p"]}
        model = models.AutoARIMA(season_length=period, **limits)
    else:
        model = getattr(models, name)(season_length=period)
    answer = model.forecast(y=y, h=job["rows"], level=None if level is None else [level], fitted=True)
    residual = y - np.asarray(answer["fitted"], float)
    found = {"value": answer["mean"], "sse": float(np.nansum(residual * residual))}
    if level is not None:
        key = next(k for k in answer if k.startswith("lo-"))
        found |= {"low": answer[key], "high": answer[key.replace("lo-", "hi-")]}
    if name == "AutoARIMA":
        found["aicc"] = float(model.model_["aicc"]) if job.get("want_aicc") and hasattr(model, "model_") else None
    return found


def _prophet(y, job) -> dict:
    import logging

    import pandas
    from prophet import Prophet

    logging.disable(logging.CRITICAL)
    n, step = len(y), job.get("step_ms", 3_600_000)
    times = pandas.to_datetime(job.get("start_ms", 0) + step * np.arange(n + job["rows"]), unit="ms")
    model = Prophet(interval_width=job["conf"])
    model.fit(pandas.DataFrame({"ds": times[:n], "y": y}))
    found = model.predict(pandas.DataFrame({"ds": times}))
    residual = y - found["yhat"].to_numpy()[:n]
    ahead = found.iloc[n:]
    value, low, high = (ahead[key].to_numpy() for key in ("yhat", "yhat_lower", "yhat_upper"))
    return {"value": value, "low": low, "high": high, "sse": float(np.sum(residual * residual))}


def _statsmodels_hw(y, job) -> dict:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing, SimpleExpSmoothing

    if job["trend"] is None and job["seasonal"] is None:
        fit = SimpleExpSmoothing(y, initialization_method="heuristic").fit(optimized=True)
    else:
        model = ExponentialSmoothing(
            y,
            trend=job["trend"],
            damped_trend=bool(job.get("damped")),
            seasonal=job["seasonal"],
            seasonal_periods=job["period"] or None,
        )
        fit = model.fit(optimized=True, **job.get("fit", {}))
    return {"value": fit.forecast(job["rows"]), "sse": float(fit.sse)}


def _aeon_hw(y, job) -> dict:
    from aeon.forecasting.stats import ETS

    names = {None: None, "add": "additive", "mul": "multiplicative"}
    model = ETS(
        error_type="additive",
        trend_type=names[job["trend"]],
        seasonality_type=names[job["seasonal"]],
        seasonal_period=job["period"] or 1,
    )
    model.fit(y)
    fitted = np.asarray(getattr(model, "fitted_values_", []), float)
    sse = float(np.sum((y[-len(fitted) :] - fitted) ** 2)) if len(fitted) else None
    return {"value": model.iterative_forecast(y, job["rows"]), "sse": sse}


def _aeon_arima(y, job) -> dict:
    from aeon.forecasting.stats import AutoARIMA

    model = AutoARIMA(max_p=job["max_p"], max_q=job["max_p"])
    model.fit(y)
    return {"value": model.iterative_forecast(y, job["rows"])}


def _pmdarima(y, job) -> dict:
    import pmdarima

    period = max(int(job["period"]), 1)
    model = pmdarima.auto_arima(
        y,
        start_p=0,
        start_q=0,
        max_p=job["max_p"],
        max_q=job["max_p"],
        d=1,
        m=period,
        seasonal=period > 1,
        start_P=0,
        D=0,
    )
    return {"value": model.predict(job["rows"]), "aicc": float(model.aicc())}


R_HW = """
y <- ts(scan("{path}", quiet = TRUE), frequency = {period})
for (i in 1:{runs}) {{
  started <- proc.time()[["elapsed"]]
  for (j in 1:{inner}) {{ fit <- HoltWinters(y, seasonal = "{seasonal}"); f <- predict(fit, {rows}) }}
  cat("T", (proc.time()[["elapsed"]] - started) / {inner}, "\\n")
}}
cat("S", format(fit$SSE, digits = 17), "\\n")
cat("V", format(as.numeric(f), digits = 17), "\\n")
"""

R_ARIMA = """
suppressMessages(library(forecast))
y <- ts(scan("{path}", quiet = TRUE), frequency = {period})
for (i in 1:{runs}) {{
  started <- proc.time()[["elapsed"]]
  fit <- auto.arima(y, max.p = {max_p}, max.q = {max_p}, max.order = 2 * {max_p})
  f <- forecast(fit, h = {rows})
  cat("T", proc.time()[["elapsed"]] - started, "\\n")
}}
cat("A", format(fit$aicc, digits = 17), "\\n")
cat("V", format(as.numeric(f$mean), digits = 17), "\\n")
"""


def _r(y, job, script: str) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.txt"
        np.savetxt(path, y, fmt="%.17g")
        seasonal = {"add": "additive", "mul": "multiplicative"}.get(job.get("seasonal") or "", "additive")
        text = script.format(
            path=path,
            period=max(int(job["period"]), 1),
            runs=job["repeat"],
            inner=max(1, 20_000 // len(y)),
            rows=job["rows"],
            seasonal=seasonal,
            max_p=job.get("max_p", 5),
        )
        done = subprocess.run(["Rscript", "-e", text], capture_output=True, text=True, check=True)
    found: dict = {"seconds": []}
    for line in done.stdout.splitlines():
        key, *numbers = line.split()
        if key == "T":
            found["seconds"].append(float(numbers[0]))
        elif key in ("S", "A"):
            found[{"S": "sse", "A": "aicc"}[key]] = float(numbers[0])
        elif key == "V":
            found["value"] = [float(v) for v in numbers]
    return found


def answer(job: dict) -> dict:
    """Run one job."""
    peer = job["peer"]
    y = np.asarray(job["series"], dtype=np.float64)
    if peer == "r_hw":
        return _r(y, job, R_HW)
    if peer == "r_arima":
        return _r(y, job, R_ARIMA)
    run = {
        "statsmodels_hw": _statsmodels_hw,
        "aeon_hw": _aeon_hw,
        "aeon_arima": _aeon_arima,
        "pmdarima": _pmdarima,
        "Prophet": _prophet,
    }.get(peer, lambda y, job: _statsforecast(peer, y, job))
    for _ in range(job.get("warm", 0)):
        run(y, job)
    seconds, found = [], {}
    for _ in range(job["repeat"]):
        started = time.perf_counter()
        found = run(y, job)
        seconds.append(time.perf_counter() - started)
    return {"seconds": seconds, **found}


def _plain(value):
    return np.asarray(value, float).tolist() if not isinstance(value, (float, type(None))) else value


def main() -> None:
    """Answer jobs until standard input ends; ``--versions`` only names the peers."""
    if sys.argv[1:] == ["--versions"]:
        print(json.dumps({peer: version(peer) for peer in DISTRIBUTION}))
        return
    for line in sys.stdin:
        try:
            found = {key: _plain(value) for key, value in answer(json.loads(line)).items()}
        except Exception as error:  # a peer may fail on a series in any way: that is a result too
            found = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()

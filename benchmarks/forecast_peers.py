"""The forecasting peers, behind one line of JSON each way.

Runs in the peers' own environment (`benchmarks/peers-forecast.txt`), so it imports nothing of this project. It reads
jobs from standard input and answers each with one line:

    {"peer": "AutoETS", "series": [...], "rows": 18, "period": 12, "conf": 0.95, "repeat": 1}
    {"seconds": [0.12], "value": [...], "low": [...], "high": [...], "sse": null, "aicc": null}

`seconds` are processor times of fit and forecast together, of `repeat` runs after `warm` unmeasured ones; a peer's
first job is always run once unmeasured, so that loading and compiling do not count. Those of R are wall times.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import resource
import subprocess
import sys
import tempfile
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
    "MSTL": "statsforecast",
    "SES": "statsforecast",
    "statsmodels_hw": "statsmodels",
    "Prophet": "prophet",
    "aeon_hw": "aeon",
    "aeon_arima": "aeon",
    "pmdarima": "pmdarima",
    "flaircast": "flaircast",
    "fracast": "fracast",
    "r_hw": "R",
    "r_arima": "R",
    "r_ets": "R",
}
SAMPLES, SEED = 500, 1  # of flaircast, whose forecasts are drawn
FREQUENCY = {24: "H", 12: "M", 4: "Q", 48: "30T", 7: "D", 52: "W"}  # of a season, as flaircast spells it
DAY_MS = 86_400_000


def version(peer: str) -> str:
    """Return what the cached answers of a peer depend on, "" where it is missing."""
    distribution = DISTRIBUTION[peer]
    if distribution == "R":
        return r_version()
    try:
        return f"{distribution} {importlib.metadata.version(distribution)}"
    except importlib.metadata.PackageNotFoundError:
        return ""


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
    elif name == "AutoARIMA":  # approximated where R's auto.arima does: an hourly series takes minutes otherwise
        model = models.AutoARIMA(season_length=period, approximation=len(y) > 150 or period > 12)
    elif name == "MSTL" and period == 1:
        model = models.AutoETS(model="ZZN")  # what MSTL has for the trend: there is nothing else to be taken apart
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


def _flaircast(y, job) -> dict:
    import flaircast

    step_ms = job.get("step_ms", 3_600_000)
    calendar = "D" if step_ms == DAY_MS else "W" if step_ms == 7 * DAY_MS else "Y"
    drawn = flaircast.forecast(y, job["rows"], FREQUENCY.get(job["period"], calendar), SAMPLES, SEED)
    tail = 0.5 * (1.0 - job["conf"])
    low, value, high = np.quantile(drawn, (tail, 0.5, 1.0 - tail), axis=0)
    return {"value": value, "low": low, "high": high}


@functools.cache
def _fracast_model():
    from fracast import FracastModel

    return FracastModel.from_pretrained(weights="fp32")


def _fracast(y, job) -> dict:
    model = _fracast_model()
    drawn = model.forecast(y, horizon=job["rows"])
    none = np.full(job["rows"], np.nan)  # its outermost quantiles are 10 and 90 %: it has no such bounds
    return {"value": drawn[:, model.quantiles.index(0.5)], "low": none, "high": none}


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

R_FORECAST = """
suppressMessages(library(forecast))
y <- ts(scan("{path}", quiet = TRUE), frequency = {period})
for (i in 1:{runs}) {{
  started <- proc.time()[["elapsed"]]
  fit <- {model}
  f <- forecast(fit, h = {rows}, level = {level})
  cat("T", proc.time()[["elapsed"]] - started, "\\n")
}}
cat("A", format(fit$aicc, digits = 17), "\\n")
cat("V", format(as.numeric(f$mean), digits = 17), "\\n")
cat("L", format(as.numeric(f$lower), digits = 17), "\\n")
cat("H", format(as.numeric(f$upper), digits = 17), "\\n")
"""
R_ARIMA = "auto.arima(y, max.p = {max_p}, max.q = {max_p}, max.order = 2 * {max_p})"
R_ETS = "ets(y)"


def _r(y, job, script: str, model: str = "") -> dict:
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
            level=100.0 * job["conf"],
            model=model.format(max_p=job.get("max_p", 5)),
        )
        done = subprocess.run(["Rscript", "-e", text], capture_output=True, text=True, check=True)
    found: dict = {"seconds": []}
    for line in done.stdout.splitlines():
        key, *numbers = line.split()
        if key == "T":
            found["seconds"].append(float(numbers[0]))
        elif key in ("S", "A"):
            found[{"S": "sse", "A": "aicc"}[key]] = float(numbers[0])
        elif key in ("V", "L", "H"):
            found[{"V": "value", "L": "low", "H": "high"}[key]] = [float(v) for v in numbers]
    return found


_seen: set[str] = set()  # peers that have loaded and compiled what they need


def processor_seconds() -> float:
    """Return what this process has used, with the programs that it ran: Prophet's optimiser is one."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def answer(job: dict) -> dict:
    """Run one job."""
    peer = job["peer"]
    y = np.asarray(job["series"], dtype=np.float64)
    if peer == "r_hw":
        return _r(y, job, R_HW)
    if peer == "r_arima":
        return _r(y, job, R_FORECAST, R_ARIMA)
    if peer == "r_ets":
        return _r(y, job, R_FORECAST, R_ETS)
    run = {
        "statsmodels_hw": _statsmodels_hw,
        "aeon_hw": _aeon_hw,
        "aeon_arima": _aeon_arima,
        "pmdarima": _pmdarima,
        "Prophet": _prophet,
        "flaircast": _flaircast,
        "fracast": _fracast,
    }.get(peer, lambda y, job: _statsforecast(peer, y, job))
    for _ in range(max(job.get("warm", 0), peer not in _seen)):
        run(y, job)
    _seen.add(peer)
    seconds, found = [], {}
    for _ in range(job["repeat"]):
        started = processor_seconds()
        found = run(y, job)
        seconds.append(processor_seconds() - started)
    return {"seconds": seconds, **found}


def _plain(value):
    return np.asarray(value, float).tolist() if not isinstance(value, (float, type(None))) else value


def main() -> None:
    """Answer jobs until standard input ends; ``--versions`` only names the peers."""
    if sys.argv[1:] == ["--versions"]:
        print(json.dumps({peer: version(peer) for peer in DISTRIBUTION}))
        return
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a peer says by itself is no answer
    for line in sys.stdin:
        try:
            found = {key: _plain(value) for key, value in answer(json.loads(line)).items()}
        except Exception as error:  # a peer may fail on a series in any way: that is a result too
            found = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()

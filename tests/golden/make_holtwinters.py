"""Makes `holtwinters.json`: python tests/golden/make_holtwinters.py FOLDER

FOLDER holds Nile.json, UKgas.json and ldeaths.json: three series of R's package `datasets` with what R 4.2.2 (its
package forecast 8.20) and statsmodels 0.14.4 answer for them. The airline passengers (G. E. P. Box and G. M. Jenkins,
series G) are fitted here, by the statsmodels named in `versions`: the lowest sum of squares that four of its optimisers
reach, each with and without a grid search before.
"""

from __future__ import annotations

import itertools
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import statsmodels
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from benchmarks.bench_forecast import PASSENGERS

NAMES = ("Nile", "UKgas", "ldeaths")
KINDS = {"none": None, "add": "add", "mul": "mul"}


def kinds(key: str) -> tuple[str, str]:
    """Return trend and season of a case such as best_trend_add_seasonal_mul."""
    found = [
        next((kind for kind in ("add", "mul") if f"{part}_{kind}" in key), "none") for part in ("trend", "seasonal")
    ]
    return found[0], found[1]


def one_series(source: dict) -> dict:
    """Keep sums of squares by statsmodels, and R's models with their forecasts."""
    least: dict[tuple[str, str], float] = {}
    for key, fit in source["statsmodels"].items():
        if "trend" in key and "sse" in fit:
            least[kinds(key)] = min(fit["sse"], least.get(kinds(key), np.inf))
    models = []
    for key in ("ets_ANN", "ets_AAN", "ets_AAA", "ets_MAM", "ets_auto"):
        fit = source["r"].get(key)
        if fit is None:
            continue
        start = fit["initstate"]
        seasons = [start[name] for name in sorted((k for k in start if k[0] == "s"), key=lambda k: -int(k[1:]))]
        forecast = {name: fit["forecast"][name] for name in ("mean", "lower95", "upper95")}
        smoothing = {name: fit["par"].get(name, 0.0) for name in ("alpha", "beta", "gamma")}
        states = {"level": start["l"], "growth": start.get("b", 0.0), "seasons": seasons}
        models.append(
            {"method": fit["method"], "sigma2": fit["sigma2"], "sse": fit["sse"], **smoothing, **states, **forecast}
        )
    return {
        "series": source["series"],
        "period": source["frequency"],
        "simple": {name: source["statsmodels"]["ses"][name] for name in ("sse", "forecast")},
        "least": [{"trend": t, "seasonal": s, "damped": 0, "sse": sse} for (t, s), sse in least.items()],
        "models": models,
    }


def passengers() -> dict:
    """Fit every form to the airline passengers."""
    least = []
    for trend, seasonal, damped in itertools.product(KINDS, KINDS, (0, 1)):
        if damped and trend == "none":
            continue
        sums = []
        for method, brute in itertools.product(("L-BFGS-B", "SLSQP", "TNC", "Powell"), (True, False)):
            model = ExponentialSmoothing(
                PASSENGERS,
                trend=KINDS[trend],
                damped_trend=bool(damped),
                seasonal=KINDS[seasonal],
                seasonal_periods=12 if KINDS[seasonal] else None,
            )
            sums.append(float(model.fit(method=method, use_brute=brute).sse))
        least.append({"trend": trend, "seasonal": seasonal, "damped": damped, "sse": float(np.nanmin(sums))})
    return {"series": PASSENGERS.tolist(), "period": 12, "least": least, "models": []}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    golden = {name: one_series(json.loads((folder / f"{name}.json").read_text())) for name in NAMES}
    golden["AirPassengers"] = passengers()
    golden["versions"] = {"python": sys.version.split()[0], "statsmodels": statsmodels.__version__}
    (Path(__file__).parent / "holtwinters.json").write_text(json.dumps(golden))

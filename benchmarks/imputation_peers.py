"""The imputation peers, behind one line of JSON each way.

Runs in the peers' own environment (`benchmarks/peers-forecast.txt`), so it imports nothing of this project. It reads
jobs from standard input and answers each with one line; a missing value is null:

    {"peer": "r_na_interp", "series": [1.0, null, 3.0], "period": 12}
    {"seconds": [0.12], "value": [1.0, 2.0, 3.0], "se": [0.0, 0.1, 0.0]}
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import subprocess
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")

LONGEST_DUMMY = 24  # a longer season gets HARMONICS of its harmonics: the state would be too wide to fit
HARMONICS = 6

# One process for all jobs: loading the package takes longer than most of them.
R_LOOP = """
suppressMessages(library(forecast))
jobs <- file("stdin", "r")
while (length(line <- readLines(jobs, 1)) > 0) {
  job <- suppressWarnings(as.numeric(strsplit(line, " ")[[1]]))
  started <- proc.time()[["elapsed"]]
  filled <- tryCatch(na.interp(ts(job[-1], frequency = job[1])), error = function(e) NULL)
  cat(proc.time()[["elapsed"]] - started, format(as.numeric(filled), digits = 17), "\\n")
}
"""


def version(peer: str) -> str:
    """Return what the cached answers of a peer depend on."""
    if peer == "statsmodels_uc":
        return f"statsmodels {importlib.metadata.version('statsmodels')}"
    try:
        script = "cat(R.version.string, as.character(packageVersion('forecast')))"
        done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


@functools.cache
def _r() -> subprocess.Popen:
    return subprocess.Popen(["Rscript", "-e", R_LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _r_na_interp(y, period: int) -> dict:
    r = _r()
    print(max(period, 1), *("NA" if np.isnan(v) else f"{v:.17g}" for v in y), file=r.stdin, flush=True)
    seconds, *value = map(float, r.stdout.readline().split())
    if len(value) != len(y):
        raise ValueError("na.interp failed")
    return {"seconds": [seconds], "value": value}


def _statsmodels_uc(y, period: int) -> dict:
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    season = {}
    if 1 < period <= LONGEST_DUMMY:
        season = {"seasonal": period}
    elif period > 1:
        season = {"freq_seasonal": [{"period": period, "harmonics": HARMONICS}]}
    started = time.perf_counter()
    centre, scale = np.nanmean(y), np.nanstd(y) or 1.0
    fits = []
    for level in ("local level", "local linear trend"):
        model = UnobservedComponents((y - centre) / scale, level, **season)
        fits.append(model.fit(disp=False, maxiter=100))
    fit = min(fits, key=lambda f: f.aicc)
    smoothed = fit.get_prediction(information_set="smoothed")
    value = np.where(np.isnan(y), smoothed.predicted_mean * scale + centre, y)
    se = np.where(np.isnan(y), smoothed.se_mean * scale, 0.0)
    return {"seconds": [time.perf_counter() - started], "value": value, "se": se}


PEERS = {"r_na_interp": _r_na_interp, "statsmodels_uc": _statsmodels_uc}


def main() -> None:
    """Answer jobs until standard input ends; ``--versions`` only names the peers."""
    if sys.argv[1:] == ["--versions"]:
        print(json.dumps({peer: version(peer) for peer in PEERS}))
        return
    for line in sys.stdin:
        job = json.loads(line)
        y = np.array([np.nan if v is None else v for v in job["series"]], dtype=np.float64)
        try:
            found = {key: np.asarray(value).tolist() for key, value in PEERS[job["peer"]](y, job["period"]).items()}
        except Exception as error:  # a peer may fail on a series in any way: that is a result too
            found = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()

"""The established implementations behind one door; runs in their own environment (see peers-detect.txt).

Reads one job per line, `{"peer", "file", "repeat", ...}`, and answers `{"seconds": [...], "flagged": [...]}`, or
`{"missing": reason}` when the peer is not installed.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from importlib.metadata import version

import numpy as np


def grubbs(series: np.ndarray, job: dict) -> Callable[[], Iterable[int]]:
    """Return the call of outlier_utils, two-sided, with the population standard deviation as for any array."""
    from outliers import smirnov_grubbs

    return lambda: smirnov_grubbs.two_sided_test_indices(series, 1.0 - job["alpha"])


def lof(series: np.ndarray, job: dict) -> Callable[[], Iterable[int]]:
    """Return the call of scikit-learn's LocalOutlierFactor."""
    from sklearn.neighbors import LocalOutlierFactor

    table = series.reshape(len(series), -1)
    return lambda: np.flatnonzero(LocalOutlierFactor(n_neighbors=job["neighbors"]).fit_predict(table) < 0)


def shesd(series: np.ndarray, job: dict) -> Callable[[], Iterable[int]]:
    """Return the call of pyculiarity."""
    import pandas
    from pyculiarity import detect_vec

    frame = pandas.Series(series)

    def run() -> Iterable[int]:
        found = detect_vec(frame, max_anoms=job["max_anoms"], period=job["period"], direction="both", alpha=0.05)
        return found["anoms"]["timestamp"].astype(int)

    return run


def pyod(series: np.ndarray, job: dict) -> Callable[[], Iterable[int]]:
    """Return the fit of one of PyOD's detectors."""
    from importlib import import_module

    module = import_module(f"pyod.models.{job['detector'].lower()}")
    make = getattr(module, job["detector"])
    options = {"random_state": 42} if job["detector"] == "IForest" else {}
    return lambda: np.flatnonzero(make(**options).fit(series).labels_)


def white_noise(series: np.ndarray, job: dict) -> Callable[[], Iterable[int]]:
    """Return the call of statsmodels; row 0 is "flagged" for noise."""
    from statsmodels.stats.diagnostic import acorr_ljungbox

    return lambda: [0] if acorr_ljungbox(series, lags=[6, 12, 16])["lb_pvalue"].iloc[2] >= 0.05 else []


PEERS = {"outlier_utils": grubbs, "scikit-learn": lof, "pyculiarity": shesd, "pyod": pyod, "statsmodels": white_noise}


def main() -> None:
    """Answer jobs until the input ends."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        job = json.loads(line)
        try:
            run = PEERS[job["peer"]](np.load(job["file"]), job)
        except ImportError as error:
            print(json.dumps({"missing": str(error)}), flush=True)
            continue
        seconds, flagged = [], []
        for _ in range(job["repeat"]):
            start = time.process_time()
            flagged = run()
            seconds.append(time.process_time() - start)
        answer = {"seconds": seconds, "flagged": [int(row) for row in flagged], "version": version(job["peer"])}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

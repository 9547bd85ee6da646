"""Detectors of other projects behind one door; runs in their own environment (see peers-detection.txt).

Reads one job per line, `{"peer", "file", "window"}`, the file being a series as numpy stores it, and answers
`{"seconds", "score", "flagged"}`: processor time, a score for each row, the flagged rows. Who gives windows a score
gives it to the rows in their middle. Who has no threshold of its own flags what is three standard deviations above the
mean of its scores.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
import types
import warnings
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version

import numpy as np

Answer = tuple[np.ndarray, np.ndarray | None]  # score, flagged or None: the rule of three standard deviations


def _middle(score: np.ndarray, n: int) -> np.ndarray:
    """Return the scores of all windows of a series as scores of its n rows."""
    before = (n - len(score)) // 2
    return np.pad(score, (before, n - len(score) - before), mode="edge")


def _windows(x: np.ndarray, window: int) -> np.ndarray:
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(x, window))


def pyod(name: str) -> Callable[[np.ndarray, int], Answer]:
    """Return one of PyOD's detectors, on windows."""

    def run(x: np.ndarray, window: int) -> Answer:
        from importlib import import_module

        options = {"random_state": 42} if name == "IForest" else {}
        detector = getattr(import_module(f"pyod.models.{name.lower()}"), name)(**options)
        return _middle(detector.fit(_windows(x, window)).decision_scores_, len(x)), None

    return run


def stumpy(x: np.ndarray, window: int) -> Answer:
    """Return the matrix profile: distance to the nearest window."""
    from stumpy import stump

    profile = stump(x, window)[:, 0].astype(float)
    profile[~np.isfinite(profile)] = 0.0
    return _middle(profile, len(x)), None


def adtk(x: np.ndarray, window: int) -> Answer:
    """Return what SeasonalAD flags, and PersistAD where it finds no season."""
    import pandas
    from adtk.detector import PersistAD, SeasonalAD

    series = pandas.Series(x, index=pandas.date_range("2020", periods=len(x), freq="min"))
    try:
        flags = SeasonalAD().fit_detect(series)
    except Exception as error:
        if "seasonality" not in str(error):  # that there is none is no failure
            raise
        flags = PersistAD().fit_detect(series)
    flagged = flags.fillna(value=False).to_numpy(dtype=bool)
    return flagged.astype(float), flagged


def prophet(x: np.ndarray, window: int) -> Answer:
    """Return how far a row is outside the middle of the interval of 99 %, in halves of it; rows are five minutes."""
    import pandas
    from prophet import Prophet

    frame = pandas.DataFrame({"ds": pandas.date_range("2020", periods=len(x), freq="5min"), "y": x})
    model = Prophet(interval_width=0.99).fit(frame)
    found = model.predict(frame)
    half = (found.yhat_upper - found.yhat_lower).to_numpy() / 2
    score = np.abs(x - found.yhat.to_numpy()) / np.maximum(half, 1e-300)
    return score, score > 1.0


def merlion(module: str, name: str) -> Callable[[np.ndarray, int], Answer]:
    """Return one of Merlion's detectors, with its own calibration and threshold; rows are five minutes."""

    def run(x: np.ndarray, window: int) -> Answer:
        from importlib import import_module

        import pandas
        from merlion.utils import TimeSeries

        found = import_module(f"merlion.models.{module}")
        detector = getattr(found, name)(getattr(found, f"{name}Config")())
        index = pandas.date_range("2020", periods=len(x), freq="5min")
        scores = detector.train(TimeSeries.from_pd(pandas.Series(x, index=index)))
        flagged = detector.post_rule(scores).to_pd().iloc[:, 0].reindex(index, fill_value=0.0)
        score = scores.to_pd().iloc[:, 0].abs().reindex(index, fill_value=0.0)
        return score.to_numpy(), flagged.to_numpy() != 0.0

    return run


def tsb(name: str) -> Callable[[np.ndarray, int], Answer]:
    """Return a detector of TSB-AD with the parameters that its authors found best."""

    def run(x: np.ndarray, window: int) -> Answer:
        for unused in ("torch", "torch.nn", "hurst"):  # imported there, not needed by these detectors
            sys.modules.setdefault(unused, types.ModuleType(unused))
        sys.modules["torch"].nn = sys.modules["torch.nn"]
        sys.modules["hurst"].compute_Hc = None
        import statsmodels.tsa.ar_model

        statsmodels.tsa.ar_model.AR = None
        from TSB_AD.HP_list import Optimal_Uni_algo_HP_dict as best
        from TSB_AD.model_wrapper import run_Unsupervise_AD

        score = run_Unsupervise_AD(name, x.reshape(-1, 1), **best[name])
        if isinstance(score, str):
            raise RuntimeError(score)
        return np.nan_to_num(np.asarray(score, dtype=float)), None

    return run


PEERS = {
    "pyod iforest": ("pyod", pyod("IForest")),
    "pyod ecod": ("pyod", pyod("ECOD")),
    "pyod lof": ("pyod", pyod("LOF")),
    "stumpy discord": ("stumpy", stumpy),
    "adtk": ("adtk", adtk),
    "prophet residual": ("prophet", prophet),
    "merlion spectral residual": ("salesforce-merlion", merlion("anomaly.spectral_residual", "SpectralResidual")),
    "TSB-AD Sub-PCA": ("TSB_AD", tsb("Sub_PCA")),
    "TSB-AD KShapeAD": ("TSB_AD", tsb("KShapeAD")),
    "TSB-AD Sub-KNN": ("TSB_AD", tsb("Sub_KNN")),
    "TSB-AD POLY": ("TSB_AD", tsb("POLY")),
}


def answer(job: dict, known: set[str]) -> dict:
    """Run one job; what a peer cannot do is told.

    known : who has been asked before; others compile and import on a short series first.
    """
    _, run = PEERS[job["peer"]]
    x = np.load(job["file"])
    window = min(job["window"], len(x) // 4)
    try:
        if job["peer"] not in known:
            known.add(job["peer"])
            with suppress(Exception):
                run(x[:600].copy(), min(window, 50))
        begun = time.process_time()
        score, flagged = run(x, window)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:200]}
    seconds = time.process_time() - begun
    if flagged is None:
        flagged = score > score.mean() + 3.0 * score.std()
    return {"seconds": seconds, "score": np.round(score, 9).tolist(), "flagged": np.flatnonzero(flagged).tolist()}


def main() -> None:
    """Answer jobs until the input ends."""
    if "--versions" in sys.argv:
        print(json.dumps({peer: version(package) for peer, (package, _) in PEERS.items()}))
        return
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what they print is no reply
    known: set[str] = set()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line), known)), file=replies, flush=True)


if __name__ == "__main__":
    main()

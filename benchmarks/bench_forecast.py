"""Speed of the forecasters as ratios to named peers: medians of processor time in the same run, alternating with ours.

    python -m benchmarks.bench_forecast [--quick] [--only holtwinters]

Prints, per case, our median, the peer's, the ratio (above 1: we are faster) and the error both reached: for
ARIMA AICc, for the others the sum of squared one-step errors (R leaves those of the first season out).
Peers run in their own environment; R only where it is installed. Kernels are compiled before the first measurement.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks._peers import Peers
from kernels.contract import Algorithm, Forecast, Series, Task
from kernels.registry import discover

ROWS = 24
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Case:
    """One series and options for us, with the same request for each peer."""

    name: str
    forecaster: str
    series: Series
    options: dict[str, Any]
    peers: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: int = ROWS


def seasonal_series(n: int, period: int, seed: int = 5) -> Series:
    """Return a positive series with a wandering level, a slow trend and a season that grows with the level."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    level = 100.0 + 0.002 * t + np.cumsum(rng.normal(0.0, 0.05, n))
    season = 1.0 + 0.2 * np.sin(2 * np.pi * t / period) + 0.1 * np.cos(4 * np.pi * t / period)
    return np.maximum(level, 20.0) * season + rng.normal(0.0, 2.0, n)


def autoregressive_series(n: int, seed: int = 6) -> Series:
    """Return an ARIMA(2,1,1) series."""
    rng = np.random.default_rng(seed)
    shock = rng.normal(0.0, 1.0, n + 100)
    step = np.zeros(n + 100)
    for t in range(2, n + 100):
        step[t] = 0.5 * step[t - 1] + 0.2 * step[t - 2] + shock[t] + 0.4 * shock[t - 1]
    return 100.0 + np.cumsum(step[100:])


# G. E. P. Box and G. M. Jenkins (1970), series G: thousands of international airline passengers by month, 1949-1960
PASSENGERS = np.array(
    [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114]
    + [140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242, 209]
    + [191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302]
    + [293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318]
    + [374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318, 362]
    + [348, 363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405, 417]
    + [391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432],
    dtype=np.float64,
)


CLASSICS = {
    "theta": "AutoTheta",
    "ets": "AutoETS",
    "ces": "AutoCES",
    "prophet": "Prophet",
}  # forecasters of TDgpt 3.4 and the peers of the same name


def cases(quick: bool) -> list[Case]:
    """List what is measured."""
    found = []
    for n in (1_000, 10_000) if quick else (1_000, 10_000, 40_000):
        y = seasonal_series(n, 24)
        for season in ("add", "mul"):
            job = {"trend": "add", "seasonal": season, "period": 24}
            peers = {"r_hw": job, "aeon_hw": job | {"warm": 1}}
            if n <= 10_000:
                peers["statsmodels_hw"] = job
            found.append(Case(f"add/{season} period 24, n={n}", "holtwinters", y, dict(job), peers))
    y = autoregressive_series(10_000)
    simple = {"trend": None, "seasonal": None, "period": 0, "warm": 1}
    found.append(Case("simple, n=10000", "holtwinters", y, {}, {"SES": simple, "statsmodels_hw": simple}))
    for n in (1_000,) if quick else (1_000, 10_000, 40_000):
        options = {"trend": "auto", "seasonal": "auto", "period": 24}
        peers = {"AutoETS": {"period": 24, "warm": 1}} if n == 1_000 else {}
        found.append(Case(f"auto/auto period 24, n={n}", "holtwinters", seasonal_series(n, 24), options, peers))
    for n in (500,) if quick else (500, 1_000, 3_000):
        job = {"period": 0, "max_p": 10, "want_aicc": True}
        peers = {"AutoARIMA": job | {"warm": 1}, "aeon_arima": job | {"warm": 1}, "r_arima": job, "pmdarima": job}
        found.append(Case(f"automatic, n={n}", "arima", autoregressive_series(n), {}, peers))
    job = {"period": 12, "max_p": 5, "want_aicc": True}
    peers = {"AutoARIMA": job, "r_arima": job} | ({} if quick else {"pmdarima": job})
    found.append(Case("airline passengers, period 12", "arima", PASSENGERS, {"period": 12}, peers))
    for forecaster, peer in CLASSICS.items():
        for n in (1_000,) if quick or forecaster == "prophet" else (1_000, 10_000):
            y, job = seasonal_series(n, 24), {"period": 24, "warm": 1}
            options = {"period": 24} if forecaster != "prophet" else {}  # it has the calendar, of hourly rows
            found.append(Case(f"period 24, n={n}", forecaster, y, options, {peer: job}))
    for n, rows in ((1_000, 48), (1_000, 1024), (40_000, 48)):
        peers = {"AutoETS": {"period": 24, "warm": 1}} if n == 1_000 else {}
        found.append(Case(f"period 24, n={n}, h={rows}", "zero", seasonal_series(n, 24), {"period": 24}, peers, rows))
    y, peers = seasonal_series(1_000, 24), {"AutoETS": {"period": 24, "warm": 1}}
    found.append(Case("period 24, n=1000", "auto", y, {"period": 24}, peers))
    if not quick:
        job = {"period": 24, "max_p": 5, "want_aicc": True}
        peers = {"AutoARIMA": job, "r_arima": job}
        found.append(Case("period 24, n=1000", "arima", seasonal_series(1_000, 24), {"period": 24}, peers))
    return found


def median_ms(run: Callable[[], Forecast], at_least: int, budget_s: float) -> tuple[float, Forecast]:
    """Return the median processor time of `run` in ms, and its answer."""
    answer = run()
    times: list[float] = []
    while len(times) < at_least or (sum(times) < budget_s and len(times) < 101):
        started = time.process_time()
        answer = run()
        times.append(time.process_time() - started)
    return 1e3 * statistics.median(times), answer


def reached(case: Case, answer: Forecast) -> float:
    """Return the error measure that a case is compared by."""
    if case.forecaster != "arima" and answer.mse is not None:
        return answer.mse * len(case.series)
    return float(answer.extra.get("diagnostics", {}).get("aicc", np.nan))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="only the small cases")
    parser.add_argument("--only", default="", help="cases of this forecaster only")
    parser.add_argument("--peers", default="", help="these peers only, separated by commas")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds a peer may take for one case")
    parser.add_argument("--repeat", type=int, default=3, help="runs per peer and case")
    args = parser.parse_args()
    forecasters = {f.name: f for f in discover("kernels.forecast")}
    print(f"{'case':<38}{'peer':<16}{'ours ms':>10}{'peer ms':>11}{'ratio':>9}{'our error':>15}{'peer error':>15}")
    with Peers(args.timeout) as peers:
        for case in cases(args.quick):
            if case.forecaster not in forecasters or args.only not in ("", case.forecaster):
                continue
            forecaster = forecasters[case.forecaster]
            params = forecaster.params(**case.options)

            def run(case: Case = case, forecaster: Algorithm = forecaster, params: Any = params) -> Forecast:
                return forecaster.run(
                    Task.of(case.series, start=len(case.series) * HOUR_MS, step=HOUR_MS, rows=case.rows), params
                )

            ours, answer = median_ms(run, 5, 0.5)
            error = reached(case, answer)
            label = f"{case.forecaster} {case.name}"
            if not case.peers:
                print(f"{label:<38}{'':<16}{ours:10.2f}{'':>11}{'':>9}{error:15.6g}")
            for peer, request in case.peers.items():
                if not peers.versions[peer] or (args.peers and peer not in args.peers.split(",")):
                    continue
                job = {
                    "peer": peer,
                    "series": case.series.tolist(),
                    "rows": case.rows,
                    "conf": 0.95,
                    "repeat": args.repeat,
                }
                found = peers.run(job | request)
                if "error" in found:
                    print(f"{label:<38}{peer:<16}{ours:10.2f}  {found['error']}")
                    continue
                again, _ = median_ms(run, 5, 0.5)  # alternating: both see the machine's mood
                ours = statistics.median([ours, again])
                theirs = 1e3 * statistics.median(found["seconds"])
                other = found.get("aicc") if case.forecaster == "arima" else found.get("sse")
                shown = f"{other:15.6g}" if other is not None else f"{'':>15}"
                print(f"{label:<38}{peer:<16}{ours:10.2f}{theirs:11.2f}{theirs / ours:9.1f}{error:15.6g}{shown}")


if __name__ == "__main__":
    main()

"""How well the forecasters forecast, beside named peers on the same series in the same run.

    python -m benchmarks.accuracy_forecast --data ../shared/data [--sources m3_monthly,m4_weekly] [--max-series 10]
    python -m benchmarks.accuracy_forecast --simulated 100

Every registered forecaster runs on every series, with the season length given and everything else automatic. Peers
run in their own environment; their answers are kept on disk by version, so that only the first run is slow. The
`forecast` package of R and fracast take part where they are installed.

MASE scales by the in-sample seasonal naive error, sMAPE is in percent, OWA is the mean of both relative to Naive2, as
in M4 (the last value, with the season taken out before), coverage the share of test values inside the 95 % interval,
MSIS the interval score (width and 40 times what lies outside), scaled like MASE, WQL the weighted quantile loss of 2.5,
50 and 97.5 % (twice the loss over the absolute test values). Seconds are of processor time. Means are over series (each
counts once); a series that one method could not answer counts for none, and a method that answered less than three in
four of a source is left out there and over all. From and to are the 95 % interval of OWA over series drawn with
replacement, the same ones for every method.
Simulated series are those that `zero` was trained on the like of: it knows what they are made of, others do not.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._naive2 import naive2
from benchmarks._peers import Peers
from kernels.contract import Algorithm, AlgorithmError, Series, Task
from kernels.registry import discover
from models import _zero_prior

PEERS = ("SeasonalNaive", "AutoETS", "AutoARIMA", "AutoTheta", "DynamicOptimizedTheta", "AutoCES", "MSTL") + (
    "r_ets",
    "Prophet",
    "flaircast",
    "fracast",
)
SEASONAL, BASE = "SeasonalNaive", "Naive2"
CONF = 0.95
DRAWS, SEED, SIMULATED = 2000, 1, 2  # of series with replacement; seeds
TOO_FEW = 0.75  # of a source's series, answered: such a method is left out
DAY_MS = 86_400_000

# What "automatic" means per forecaster; the season length is added where it has such an option.
OPTIONS: dict[str, dict[str, Any]] = {"holtwinters": {"trend": "auto", "seasonal": "auto"}, "arima": {}}


@dataclass(frozen=True)
class Case:
    """One series with its future."""

    source: str
    name: str
    period: int
    train: Series
    test: Series
    start_ms: int
    step_ms: int


@dataclass(frozen=True)
class Score:
    """Errors of one method on one series."""

    mase: float
    smape: float
    coverage: float
    width: float
    msis: float
    wql: float
    seconds: float


Answers = tuple[Case, dict[str, Score | None]]  # of one series, None where a method had none


def load(folder: Path, sources: list[str], most: int | None) -> list[Case]:
    """Read the series, at most `most` of each file."""
    csv.field_size_limit(10**9)
    cases: list[Case] = []
    for path in sorted(folder.glob("*.csv")):
        if sources and path.stem not in sources:
            continue
        with path.open(newline="") as lines:
            for count, row in enumerate(csv.DictReader(lines)):
                if most is not None and count >= most:
                    break
                train, test = (np.array(row[key].split(), dtype=np.float64) for key in ("train", "test"))
                period, *times = (int(row[key]) for key in ("period", "start_ms", "step_ms"))
                cases.append(Case(path.stem, row["series_id"], period, train, test, *times))
    return cases


def transformer(folder: Path) -> list[Case]:
    """Cut ETTh1.csv of `folder` into windows: 48 rows after 1000, of each column, four ends a month apart.

    There are none where there is no such file.
    """
    path = folder / "ETTh1.csv"
    if not path.is_file():
        return []
    with path.open(newline="") as lines:
        names, *rows = list(csv.reader(lines))
    values = np.array([row[1:] for row in rows], dtype=np.float64)
    cases: list[Case] = []
    for month in range(4):
        begin = len(values) - 30 * 24 * month - 48
        start_ms = int(datetime.fromisoformat(rows[begin - 1000][0] + "+00:00").timestamp() * 1e3)
        for column, name in enumerate(names[1:]):
            past, future = (values[a:b, column].copy() for a, b in ((begin - 1000, begin), (begin, begin + 48)))
            cases.append(Case("transformer", f"{name}-{month}", 24, past, future, start_ms, DAY_MS // 24))
    return cases


def score(case: Case, value: Series, low: Series, high: Series, seconds: float) -> Score:
    """Compare a forecast with what came."""
    error = np.abs(case.test - value)
    scale = np.mean(np.abs(case.train[case.period :] - case.train[: -case.period]))
    size = np.abs(case.test) + np.abs(value)
    relative = np.divide(200.0 * error, size, out=np.zeros_like(error), where=size > 0)
    inside = np.where(np.isnan(high - low), np.nan, (low <= case.test) & (case.test <= high))
    mase = float(np.mean(error) / scale) if scale > 0 else 0.0
    width = float(np.mean(high - low) / scale) if scale > 0 else 0.0
    outside = np.maximum(low - case.test, 0.0) + np.maximum(case.test - high, 0.0)
    msis = width + float(np.mean(outside) / scale) * 2.0 / (1.0 - CONF) if scale > 0 else 0.0
    total = float(np.sum(np.abs(case.test)))
    beyond = float(np.sum(quantile_losses(case.test, low, value, high)))
    wql = beyond / total if total > 0 else 0.0
    return Score(mase, float(np.mean(relative)), float(np.mean(inside)), width, msis, wql, seconds)


def quantile_losses(truth: Series, low: Series, value: Series, high: Series) -> Series:
    """Return twice the mean quantile loss of both bounds and the median, row by row."""
    tail = (1.0 - CONF) / 2.0
    losses = [
        np.maximum(share * (truth - said), (share - 1.0) * (truth - said))
        for share, said in ((tail, low), (0.5, value), (1.0 - tail, high))
    ]
    return np.asarray(2.0 * np.mean(losses, axis=0))


def simulated(count: int) -> list[Case]:
    """Return series of the prior of `zero`, the same ones every time."""
    random = np.random.default_rng(SIMULATED)
    cases: list[Case] = []
    while len(cases) < count:
        for drawn in _zero_prior.draw(random, 1):
            past = drawn.values[: drawn.rows]
            period = max(drawn.period, 1)
            if drawn.rows >= 2 * period + 4 and np.ptp(past) > 0:
                name, step_ms = (
                    f"simulated-{len(cases)}",
                    DAY_MS // period,
                )  # a season is a day to those with a calendar
                cases.append(Case("simulated", name, period, past, drawn.values[drawn.rows :], 0, step_ms))
    return cases


def base(case: Case) -> Score:
    """Score what OWA is relative to, which tells no interval."""
    started = time.process_time()
    value, none = naive2(case.train, case.period, len(case.test)), np.full(len(case.test), np.nan)
    return score(case, value, none, none, time.process_time() - started)


def ours(forecaster: Algorithm, case: Case) -> Score | None:
    """Run one of our forecasters."""
    options = dict(OPTIONS.get(forecaster.name, {}))
    if "period" in getattr(forecaster.params, "__dataclass_fields__", {}):
        options["period"] = case.period if case.period > 1 else 0
    if forecaster.name == "theta" and np.min(case.train) <= 0.0:
        options["decomposition_type"] = "additive"
    started = time.process_time()
    try:
        start = case.start_ms + case.step_ms * len(case.train)
        task = Task.of(case.train, start=start, step=case.step_ms, rows=len(case.test), conf=CONF)
        answer = forecaster.run(task, forecaster.params(**options))
    except AlgorithmError as error:
        print(f"{forecaster.name} on {case.name}: {error}", file=sys.stderr)
        return None
    return score(case, answer.value, answer.low, answer.high, time.process_time() - started)


def theirs(peers: Peers, peer: str, case: Case) -> Score | None:
    """Run one peer, or take its kept answer."""
    job = {"peer": peer, "series": case.train.tolist(), "rows": len(case.test), "period": case.period}
    if peer in ("Prophet", "flaircast"):
        job |= {"start_ms": case.start_ms, "step_ms": case.step_ms}
    answer = peers.cached(job | {"conf": CONF, "repeat": 1})
    if "error" in answer or not np.all(np.isfinite(answer["value"])):
        print(f"{peer} on {case.name}: {answer.get('error', 'not finite')}", file=sys.stderr)
        return None
    value, low, high = (np.array(answer[key]) for key in ("value", "low", "high"))
    return score(case, value, low, high, answer["seconds"][0])


def comparable(results: list[Answers]) -> list[dict[str, Score]]:
    """Leave out methods that answered too few series of a source, then series that one of the others did not."""
    sources = {case.source: [answers for of, answers in results if of.source == case.source] for case, _ in results}
    methods = []
    for method in results[0][1]:
        answered = {s: sum(a[method] is not None for a in rows) / len(rows) for s, rows in sources.items()}
        if few := {source: share for source, share in answered.items() if share < TOO_FEW}:
            told = ", ".join(f"{share:.0%} of {source}" for source, share in few.items())
            print(f"{method} is left out: it answered {told}")
        else:
            methods.append(method)
    rows = [{m: answers[m] for m in methods} for _, answers in results]
    return [{m: s for m, s in row.items() if s is not None} for row in rows if None not in row.values()]


def table(title: str, results: list[dict[str, Score]]) -> None:
    """Print one block, a line per method."""
    if not results:
        print(f"\n{title}: no series was answered by every method")
        return
    scores = {method: [answers[method] for answers in results] for method in results[0]}
    print(f"\n{title} ({len(scores[BASE])} series)")
    print(
        f"  {'method':<24}{'MASE':>8}{'sMAPE':>8}{'OWA':>8}{'from':>7}{'to':>7}"
        f"{'cover':>8}{'width':>8}{'MSIS':>8}{'WQL':>8}{'s total':>10}{'s worst':>10}"
    )
    relative_to = np.array([[s.mase, s.smape] for s in scores[BASE]])
    count = len(relative_to)
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1.0 / count), DRAWS)
    for method, rows in scores.items():
        mase, smape, coverage, width, msis, wql = (
            float(np.mean([getattr(s, key) for s in rows]))
            for key in ("mase", "smape", "coverage", "width", "msis", "wql")
        )
        errors = np.array([[s.mase, s.smape] for s in rows])
        owa = float(np.mean(errors.mean(0) / relative_to.mean(0)))
        least, most = np.quantile(np.mean((drawn @ errors) / (drawn @ relative_to), axis=1), (0.025, 0.975))
        seconds = [s.seconds for s in rows]
        print(
            f"  {method:<24}{mase:8.4f}{smape:8.3f}{owa:8.4f}{least:7.3f}{most:7.3f}"
            f"{coverage:8.4f}{width:8.3f}{msis:8.2f}{wql:8.4f}{sum(seconds):10.2f}{max(seconds):10.3f}",
            flush=True,
        )


def main() -> None:
    """Run everything and print a table per source and over all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="folder with forecast/*.csv, ett/ETTh1.csv"
    )
    parser.add_argument("--sources", default="", help="files to use, without .csv, or transformer")
    parser.add_argument("--simulated", type=int, default=0, help="so many simulated series instead of the data's")
    parser.add_argument("--max-series", type=int, help="at most so many series of each file")
    parser.add_argument("--peers", default=",".join(PEERS), help="peers to run; SeasonalNaive always")
    parser.add_argument("--only", default="", help="our forecasters to run, separated by commas; all without it")
    parser.add_argument("--timeout", type=float, default=300.0, help="seconds a peer may take for one series")
    parser.add_argument("--json", type=Path, help="write every single score there")
    args = parser.parse_args()

    sources = [source for source in args.sources.split(",") if source]
    cases = simulated(args.simulated) if args.simulated else load(args.data / "forecast", sources, args.max_series)
    if not args.simulated and (not sources or "transformer" in sources):
        cases += transformer(args.data / "ett")[: args.max_series]
    forecasters = [f for f in discover("kernels.forecast") if not args.only or f.name in args.only]
    names = list(dict.fromkeys([SEASONAL, *(p for p in args.peers.split(",") if p)]))

    results: list[Answers] = []
    with Peers(args.timeout) as peers:
        names = [name for name in names if peers.versions[name]]
        for source in dict.fromkeys(case.source for case in cases):
            here: list[Answers] = []
            for case in (case for case in cases if case.source == source):
                answers = {f.name: ours(f, case) for f in forecasters} | {p: theirs(peers, p, case) for p in names}
                here.append((case, {BASE: base(case), **answers}))
            table(source, comparable(here))
            results += here
    table("all", comparable(results))
    if args.json:
        flat = [
            {"source": case.source, "name": case.name, "method": m, **vars(s)}
            for case, r in results
            for m, s in r.items()
            if s is not None
        ]
        args.json.write_text(json.dumps(flat))


if __name__ == "__main__":
    main()

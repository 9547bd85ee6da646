"""Forecasts with covariates that are known ahead, beside those that do without, on the same series in the same run.

    python -m benchmarks.accuracy_covariates [--data ../shared/data] [--series 60] [--every 1200] [--only zero auto]

Simulated series of the prior of `zero` get the effect of covariates added: a switch, a temperature with a season, a
random walk, three random walks that are nearly one, one whose effect doubles in the middle; or one to three that have
none. Transformer data: a column of ETTh1 with others as covariates, 720 rows and 48 ahead, every so many hours.

MASE: mean absolute error over the mean change from season to season (row to row without one), mean over the series,
each at most 20. Coverage of the 95 % interval. Harm: share of series whose error is more than 5 % above that of `zero`
without covariates. Seconds are processor time for all of them; a series that a method refuses is left out for it.
"""

from __future__ import annotations

import argparse
import csv
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kernels.contract import Algorithm, AlgorithmError, Series, Task
from kernels.forecast import arima, auto, prophet, zero
from models._zero_prior import draw

HOUR_MS = 3_600_000
KINDS = ("useless", "switch", "temperature", "walk", "collinear", "changing")
ROWS, AHEAD, FURTHEST, MOST = (30, 700), 4, 48, 20.0
LONGEST_SEASON = 100  # for arima, which takes its time
ETT_ROWS = 720
ETT = (
    ("OT", ("HUFL", "MUFL", "LUFL")),
    ("OT", ("HULL", "MULL", "LULL")),
    ("HUFL", ("OT",)),
    ("LUFL", ("OT",)),
    ("LULL", ("HUFL", "OT")),
    ("HUFL", ("MUFL",)),
    ("MULL", ("HULL", "LULL", "OT")),
    ("LUFL", ("HUFL", "MUFL", "HULL", "MULL", "LULL", "OT")),
)


@dataclass(frozen=True)
class Case:
    """A series with covariates, and what came."""

    task: Task
    truth: Series
    period: int

    @property
    def unit(self) -> float:
        """Mean change from season to season."""
        lag, x = max(self.period, 1), self.task.series
        return float(np.mean(np.abs(x[lag:] - x[:-lag])))


def case(values: Series, columns: Series, n: int, period: int) -> Case:
    """Return a series of n rows, hourly, with covariates (k, n + rows)."""
    rows = len(values) - n
    times = HOUR_MS * np.arange(n)
    known = {f"dynamic_real_{at + 1}": column for at, column in enumerate(columns)}
    task = Task.of(values[:n], rows=rows, step=HOUR_MS, start=n * HOUR_MS, times=times, known=known)
    return Case(task, values[n:], period)


def simulated(kind: str, count: int) -> Iterator[Case]:
    """Yield series with covariates of one kind, the same in every run."""
    random = np.random.default_rng([KINDS.index(kind)])
    while count:
        for drawn in draw(random, 1):
            n, period = drawn.rows, drawn.period
            rows = min(len(drawn.values) - n, FURTHEST)
            values = drawn.values[: n + rows]
            if not ROWS[0] <= n <= ROWS[1] or rows < AHEAD or np.ptp(values[:n]) == 0.0 or np.max(np.abs(values)) > 1e9:
                continue
            columns, effect = covariates(kind, random, n, rows, period)
            made = case(values + float(np.mean(np.abs(np.diff(values[:n])))) * effect, columns, n, period)
            if np.ptp(columns[:, :n], axis=1).min() > 0.0 and made.unit > 0.0:
                count -= 1
                yield made


def covariates(kind: str, random: np.random.Generator, n: int, rows: int, period: int) -> tuple[Series, Series]:
    """Return covariates (k, n + rows) of one kind, and their effect in mean changes of the series from row to row."""
    m = n + rows
    switch, walk = (random.random(m) < 0.1).astype(np.float64), random.normal(size=m).cumsum()
    weather, noise = np.zeros(m), random.normal(size=m)
    for t in range(1, m):
        weather[t] = 0.9 * weather[t - 1] + noise[t]
    weather += 2.0 * np.sin(2.0 * np.pi * np.arange(m) / max(period, 24))
    size = random.uniform(0.3, 2.0)
    if kind == "useless":
        return np.array([switch, walk, weather])[random.permutation(3)[: random.integers(1, 4)]], np.zeros(m)
    if kind == "switch":
        return switch[None], 2.5 * size * switch
    if kind == "temperature":
        return weather[None], size * weather
    if kind == "collinear":
        return walk + 0.1 * np.array([np.zeros(m), *random.normal(size=(2, m))]), size * walk
    return walk[None], size * walk * (1.0 + (np.arange(m) > n / 2) if kind == "changing" else 1.0)


def transformers(data: Path, every: int) -> Iterator[tuple[str, list[Case]]]:
    """Yield what is forecast by what, and the cases."""
    with (data / "ett" / "ETTh1.csv").open(newline="") as lines:
        names, *rows = csv.reader(lines)
    table = np.array([row[1:] for row in rows], dtype=np.float64).T
    for target, others in ETT:
        value, beside = table[names.index(target) - 1], table[[names.index(name) - 1 for name in others]]
        cases = []
        for end in range(ETT_ROWS, len(value) - FURTHEST, every):
            part = slice(end - ETT_ROWS, end + FURTHEST)
            if np.ptp(beside[:, part][:, :ETT_ROWS], axis=1).min() > 0.0:
                cases.append(case(value[part], beside[:, part], ETT_ROWS, 24))
        yield f"{target} by {' '.join(others)}", cases


def answers(one: Case, names: list[str]) -> dict[str, tuple[float, float, float]]:
    """Return MASE, coverage and seconds of each method."""
    season = one.period or "none"
    methods: dict[str, tuple[Algorithm, object]] = {
        "zero": (zero.ALGORITHM, zero.Params(season)),
        "auto": (auto.ALGORITHM, auto.Params(season)),
        "arima": (arima.ALGORITHM, arima.Params(one.period if one.period <= LONGEST_SEASON else 0)),
        "prophet": (prophet.ALGORITHM, prophet.Params()),
    }
    bare = replace(one.task, known={})
    asked = [("zero without", bare, methods["zero"]), ("auto without", bare, methods["auto"])]
    asked += [(name, one.task, methods[name]) for name in names]
    found = {}
    for name, task, (algorithm, params) in asked:
        begun = time.process_time()
        try:
            answer = algorithm.run(task, params)
        except AlgorithmError:
            continue
        seconds = time.process_time() - begun
        error = float(np.mean(np.abs(answer.value - one.truth))) / one.unit  # type: ignore[union-attr]
        held = float(np.mean((answer.low <= one.truth) & (one.truth <= answer.high)))  # type: ignore[union-attr]
        found[name] = (min(error, MOST), held, seconds)
    return found


def table(title: str, cases: list[Case], names: list[str]) -> None:
    """Print one block."""
    scores = [answers(one, names) for one in cases]
    print(f"\n| {title}, {len(cases)} series | MASE | coverage | harm | seconds |\n|---|---|---|---|---|")
    for name in ("zero without", "auto without", *names):
        rows = [(*each[name], each[name][0] > 1.05 * each["zero without"][0]) for each in scores if name in each]
        mase, held, seconds, harm = np.array(rows, dtype=np.float64).T
        print(
            f"| {name} | {mase.mean():.3f} | {held.mean():.3f} | {harm.mean():.2f} | {seconds.sum():.2f} |", flush=True
        )


def main() -> None:
    """Print a table for each kind of covariates and each column."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder that holds ett/")
    parser.add_argument("--series", type=int, default=60, help="simulated series of each kind (60)")
    parser.add_argument("--every", type=int, default=1200, help="hours between windows of transformer data (1200)")
    parser.add_argument("--only", nargs="+", default=["zero", "auto", "arima", "prophet"], help="these methods")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for kind in KINDS:
        table(kind, list(simulated(kind, given.series)), given.only)
    for title, cases in transformers(given.data, given.every):
        table(title, cases, given.only)


if __name__ == "__main__":
    main()

"""How well removed values are filled in, beside named peers on the same series in the same run.

    python -m benchmarks.accuracy_imputation --data ../shared/data [--groups m4_hourly,ett] [--max-series 10]

From every series 5, 20 and 40 % of the rows are removed, once as single rows at random and once in blocks of up to two
seasons; the first and the last row stay. Peers run in their own environment (R where it is installed); their answers
are kept on disk by version, so that only the first run is slow.

MAE is the mean absolute error of the filled values over the mean change from season to season (row to row without a
season) of the whole series. Coverage is the share of removed values within 1.96 standard errors. Means are over series
(each counts once); a series that one method could not answer counts for none.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks._peers import Peers
from kernels.contract import Series
from kernels.imputation import kalman, linear

PEERS = ("r_na_interp", "statsmodels_uc")
SHARES = (0.05, 0.20, 0.40)
SHAPES = ("single", "blocks")
BLOCK_WITHOUT_SEASON = 10
ROWS_REMOVED, BLOCKS_REMOVED, MOST_DRAWS = 30, 4, 8  # of each series and pattern, at least about so many
ROWS, SEASONS, MOST_ROWS = 200, 21, 2016  # a series is cut to its last rows: the peers take minutes for longer ones
FEWEST_SEASONS = 4
Z95 = 1.96
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """One complete series."""

    group: str
    name: str
    period: int
    values: Series


@dataclass(frozen=True)
class Score:
    """Errors of one method on one series."""

    mae: float
    coverage: float
    seconds: float


def _cut(group: str, name: str, period: int, values: Series) -> Case:
    rows = max(min(max(ROWS, SEASONS * period), MOST_ROWS), FEWEST_SEASONS * period)
    return Case(group, name, period, np.ascontiguousarray(values[-rows:]))


def _forecast_cases(folder: Path) -> list[Case]:
    cases = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="") as lines:
            for row in csv.DictReader(lines):
                values = np.array((row["train"] + " " + row["test"]).split(), dtype=np.float64)
                cases.append(_cut(path.stem, row["series_id"], int(row["period"]), values))
    return cases


def _ett_cases(path: Path) -> list[Case]:
    with path.open(newline="") as lines:
        names, *rows = csv.reader(lines)
    table = np.array([row[1:] for row in rows], dtype=np.float64)
    ends = (len(table) // 2, len(table))
    return [_cut("ett", f"{names[j + 1]}-{end}", 24, table[:end, j]) for j in range(table.shape[1]) for end in ends]


def _anomaly_cases(folder: Path) -> list[Case]:
    cases = []
    with (folder / "index.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            period = max(int(row["period_hint"]), 1)
            values = np.loadtxt(folder / f"{row['series_id']}.csv", delimiter=",", skiprows=1, usecols=1)
            kind = {1: "none", 24: "24", 48: "48-144", 96: "96", 144: "48-144"}.get(period, str(period))
            cases.append(_cut(f"anomaly_{kind}", row["series_id"], period, values))
    return cases


def load(data: Path, groups: list[str], most: int) -> list[Case]:
    """Read the series, of each group at most `most`, evenly spread."""
    csv.field_size_limit(10**9)
    every = _forecast_cases(data / "forecast") + _ett_cases(data / "ett" / "ETTh1.csv")
    every += _anomaly_cases(data / "anomaly")
    every = [case for case in every if np.any(case.values[case.period :] != case.values[: -case.period])]
    cases = []
    for group in dict.fromkeys(case.group for case in every):
        of_group = [case for case in every if case.group == group]
        if not groups or group in groups:
            cases += [of_group[i] for i in np.unique(np.linspace(0, len(of_group) - 1, most).astype(int))]
    return cases


def draws(case: Case, share: float, shape: str) -> list[Mask]:
    """Choose what to remove, the same in every run: few rows or blocks several times, so that chance evens out."""
    each = share * len(case.values)
    times = ROWS_REMOVED / each if shape == "single" else BLOCKS_REMOVED * (1 + _longest(case) / 2) / each
    return [observed_rows(case, share, shape, k) for k in range(min(max(1, round(times)), MOST_DRAWS))]


def _longest(case: Case) -> int:
    return min(2 * case.period if case.period > 1 else BLOCK_WITHOUT_SEASON, len(case.values) // 4)


def observed_rows(case: Case, share: float, shape: str, draw: int) -> Mask:
    """Remove a share of the rows."""
    n = len(case.values)
    seed = hashlib.sha256(f"{case.group} {case.name} {share} {shape}{draw or ''}".encode()).digest()
    rng = np.random.default_rng(list(seed))
    wanted = max(1, round(share * n))
    observed = np.ones(n, dtype=bool)
    if shape == "single":
        observed[rng.choice(np.arange(1, n - 1), wanted, replace=False)] = False
        return observed
    longest = _longest(case)
    while (left := wanted - int(np.sum(~observed))) > 0:
        length = min(int(rng.integers(2, max(longest, 2) + 1)), max(left, 2))
        start = int(rng.integers(1, n - length))
        observed[start : start + length] = False
    return observed


def last_value(values: Series, observed: Mask, period: int) -> tuple[Series, Series]:
    """Repeat the value before the gap."""
    row = np.maximum.accumulate(np.where(observed, np.arange(len(values)), 0))
    return values[row], np.zeros(len(values))


def seasonal_mean(values: Series, observed: Mask, period: int) -> tuple[Series, Series]:
    """Take the mean of the observed values of the same phase."""
    phase = np.arange(len(values)) % max(period, 1)
    count = np.bincount(phase, observed)
    mean = np.bincount(phase, np.where(observed, values, 0.0)) / np.maximum(count, 1)
    mean[count == 0] = np.mean(values[observed])
    return np.where(observed, values, mean[phase]), np.zeros(len(values))


OURS: dict[str, Callable[[Series, Mask, int], tuple[Series, Series]]] = {
    "last value": last_value,
    "seasonal mean": seasonal_mean,
    "linear": lambda values, observed, period: linear.fill(values, observed),
    "kalman": kalman.fill,
}


def score(case: Case, observed: Mask, value: Series, error: Series, seconds: float) -> Score:
    """Compare the filled values with those removed."""
    change = np.abs(case.values[case.period :] - case.values[: -case.period])
    missed = np.abs(value - case.values)[~observed]
    return Score(float(np.mean(missed) / np.mean(change)), float(np.mean(missed <= Z95 * error[~observed])), seconds)


def ours(name: str, case: Case, observed: Mask) -> Score:
    """Run one of our fillers."""
    values = np.where(observed, case.values, 0.0)
    started = time.perf_counter()
    value, error = OURS[name](values, observed, case.period if case.period > 1 else 0)
    return score(case, observed, value, error, time.perf_counter() - started)


def theirs(peers: Peers, peer: str, case: Case, observed: Mask) -> Score | None:
    """Run one peer, or take its kept answer."""
    series = [float(v) if seen else None for v, seen in zip(case.values, observed, strict=True)]
    answer = peers.cached({"peer": peer, "series": series, "period": case.period})
    if "error" in answer or not np.all(np.isfinite(answer["value"])):
        print(f"{peer} on {case.name}: {answer.get('error', 'not finite')}", file=sys.stderr)
        return None
    error = np.array(answer.get("se", np.zeros(len(series))))
    return score(case, observed, np.array(answer["value"]), error, answer["seconds"][0])


def one_draw(peers: Peers, names: list[str], case: Case, observed: Mask) -> dict[str, Score]:
    """Run every method; nothing where one has no answer."""
    answers = {n: ours(n, case, observed) for n in OURS} | {p: theirs(peers, p, case, observed) for p in names}
    scores = {name: s for name, s in answers.items() if s is not None}
    return scores if len(scores) == len(answers) else {}


def mean_score(scores: list[Score]) -> Score:
    """Return the mean of the draws of one series."""
    return Score(*np.mean([(s.mae, s.coverage, s.seconds) for s in scores], axis=0).tolist())


def table(group: str, results: dict[str, list[dict[str, Score]]]) -> None:
    """Print one block: a line per method, a column per pattern."""
    count = min(len(rows) for rows in results.values())
    methods = list(next(iter(results.values()))[0])
    print(f"\n{group} ({count} series or more)")
    print(
        f"  {'MAE':<16}" + "".join(f"{pattern:>12}" for pattern in results) + f"{'mean':>9}{'cover':>8}{'s/series':>10}"
    )
    best = {p: min(float(np.mean([r[m].mae for r in rows])) for m in methods) for p, rows in results.items()}
    for method in methods:
        means = {p: float(np.mean([r[method].mae for r in rows])) for p, rows in results.items()}
        every = [r[method] for rows in results.values() for r in rows]
        cells = "".join(f"{means[p]:>11.4f}{'*' if means[p] <= 1.05 * best[p] else ' '}" for p in results)
        coverage, seconds = float(np.mean([s.coverage for s in every])), float(np.mean([s.seconds for s in every]))
        print(f"  {method:<16}{cells}{np.mean(list(means.values())):>9.4f}{coverage:>8.3f}{seconds:>10.4f}", flush=True)


def main() -> None:
    """Run everything and print a table per group; a star marks what is within 5 % of the best."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with forecast, ett, anomaly")
    parser.add_argument("--groups", default="", help="groups to use, separated by commas")
    parser.add_argument("--max-series", type=int, default=10, help="at most so many series of each group")
    parser.add_argument("--peers", default=",".join(PEERS), help="peers to run")
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds a peer may take for one series")
    args = parser.parse_args()

    cases = load(args.data, [g for g in args.groups.split(",") if g], args.max_series)
    with Peers(args.timeout, "imputation_peers") as peers:
        names = [peer for peer in args.peers.split(",") if peer and peers.versions[peer]]
        for group in dict.fromkeys(case.group for case in cases):
            results: dict[str, list[dict[str, Score]]] = {}
            for shape in SHAPES:
                for share in SHARES:
                    rows = results.setdefault(f"{shape} {share:.0%}", [])
                    for case in (c for c in cases if c.group == group):
                        several = [one_draw(peers, names, case, o) for o in draws(case, share, shape)]
                        if all(several):
                            rows.append({m: mean_score([scores[m] for scores in several]) for m in several[0]})
            if all(results.values()):
                table(group, results)


if __name__ == "__main__":
    main()

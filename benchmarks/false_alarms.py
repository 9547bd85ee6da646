"""How many events detectors report in series that have none: simulated, so nothing is odd but by chance.

    python -m benchmarks.false_alarms [--series 100] [--rows 1000 10000] [--detectors auto shape ...] [--alarms 1 10]

Alarms are runs of flagged rows, in 10 000 rows, over all series of a kind.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np

from benchmarks.quality_detectors import runs_of
from kernels import registry
from kernels.contract import ANOMALY, Task

DAY = 96


def _smooth(noise: np.ndarray, memory: float) -> np.ndarray:
    """An autoregression of order 1."""
    found = np.empty_like(noise)
    last = noise[0] / np.sqrt(1.0 - memory**2)
    for i, value in enumerate(noise):
        last = memory * last + value
        found[i] = last
    return found


def _daily(n: int) -> np.ndarray:
    return np.sin(2.0 * np.pi * np.arange(n) / DAY)


KINDS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "white noise": lambda rng, n: rng.normal(size=n),
    "AR(1), 0.9": lambda rng, n: _smooth(rng.normal(size=n), 0.9),
    "random walk": lambda rng, n: rng.normal(size=n).cumsum(),
    "heavy tails (t, 3 degrees)": lambda rng, n: rng.standard_t(3, size=n),
    "log-normal": lambda rng, n: rng.lognormal(size=n),
    "days in noise": lambda rng, n: 5.0 * _daily(n) + rng.normal(size=n),
    "days that grow": lambda rng, n: np.exp(np.arange(n) / n) * (5.0 + 2.0 * _daily(n) + 0.3 * rng.normal(size=n)),
    "counts (Poisson, 3)": lambda rng, n: rng.poisson(3.0, n).astype(np.float64),
    "rounded": lambda rng, n: np.round(_smooth(rng.normal(size=n), 0.9)),
    "bursts": lambda rng, n: rng.normal(size=n) * np.exp(0.5 * _smooth(rng.normal(size=n), 0.95)),
}


def alarms(run: Callable[[np.ndarray], np.ndarray], kind: str, series: int, rows: int) -> float:
    """Return the alarms in 10 000 rows."""
    count = 0
    for seed in range(series):
        count += len(runs_of(run(KINDS[kind](np.random.default_rng(seed), rows)) < 0))
    return 10_000.0 * count / (series * rows)


def main() -> None:
    """Print a table: kinds down, detectors across."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=100, help="of each kind (100)")
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000], help="of a series (1000 and 10 000)")
    parser.add_argument("--detectors", nargs="+", metavar="NAME", default=["auto", "shape", "spike", "shesd", "ksigma"])
    parser.add_argument("--alarms", type=float, nargs="+", default=[], help="values of that option; else its default")
    given = parser.parse_args()
    known = {one.name: one for one in registry.discover() if one.kind == ANOMALY}
    asked = [
        (f"`{name}`" + (f", alarms={number:g}" if number else ""), known[name], {"alarms": number} if number else {})
        for number in given.alarms or [0.0]
        for name in given.detectors
    ]
    for rows in given.rows:
        print(f"| alarms in 10 000 rows, {rows} each | " + " | ".join(label for label, _, _ in asked) + " |")
        print("|---" * (len(asked) + 1) + "|")
        for kind in KINDS:
            found = []
            for _, one, options in asked:
                params = one.params(**options)
                found.append(
                    alarms(
                        lambda x, one=one, params=params: one.run(Task.of(x), params).flags, kind, given.series, rows
                    )
                )
            print(f"| {kind} | " + " | ".join(f"{each:.1f}" for each in found) + " |", flush=True)


if __name__ == "__main__":
    main()

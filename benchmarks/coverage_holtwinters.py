"""How often the future of simulated series falls into the bounds of holtwinters, by form and step.

    python -m benchmarks.coverage_holtwinters [--series 1000] [--rows 500] [--only walk]

The series come from the models themselves, so that 0.95 is right. What is missing to it, of a form that is asked for by
its name, is what estimating cost: its bounds take the fitted model as given, as is usual, and the fewer rows, the more
that is. Bounds of a form that is found count it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np

from kernels.contract import AlgorithmError, Series, Task
from kernels.forecast.holtwinters import Params, forecast

AHEAD = 24
STEPS = (1, 6, 24)
CONF = 0.95
LEVEL = 1000.0
NOISE, CALM = 0.03, 0.002  # standard deviation of the errors relative to the level; calm enough for a trend to wander


@dataclass(frozen=True)
class Process:
    """What makes the series: error, trend and seasonal as in ETS(error, trend, seasonal)."""

    error: str
    trend: str
    seasonal: str
    alpha: float = 0.3
    beta: float = 0.03
    gamma: float = 0.1
    period: int = 12

    def __str__(self) -> str:
        walk = self.alpha == 1.0 and self.trend == self.seasonal == "none"
        return "random walk" if walk else f"{self.error},{self.trend},{self.seasonal}"

    def simulate(self, series: int, rows: int, rng: np.random.Generator) -> Series:
        """Return (series, rows) values."""
        sigma = NOISE if self.trend == "none" else CALM
        wave = np.sin(2.0 * np.pi * np.arange(self.period) / self.period)
        shape = {"none": np.zeros(1), "add": 0.2 * LEVEL * wave, "mul": 1.0 + 0.3 * wave}[self.seasonal]
        growing = {"none": 0.0, "add": 0.001 * LEVEL, "mul": 1.001}[self.trend]
        level, growth = np.full(series, LEVEL), np.full(series, growing)
        seasons = np.tile(shape, (series, 1))
        y = np.empty((series, rows))
        for t in range(rows):
            q = level * growth if self.trend == "mul" else level + growth
            s = seasons[:, t % seasons.shape[1]].copy()
            mu = q * s if self.seasonal == "mul" else q + s
            e = rng.normal(0.0, sigma, series) * (mu if self.error == "mul" else LEVEL)
            y[:, t] = mu + e
            k = e / s if self.seasonal == "mul" else e
            if self.trend != "none":
                growth = growth + self.beta * (k / level if self.trend == "mul" else k)
            if self.seasonal != "none":
                seasons[:, t % seasons.shape[1]] = s + self.gamma * (e / q if self.seasonal == "mul" else e)
            level = q + self.alpha * k
        return y


WALK = Process("add", "none", "none", alpha=1.0)
LOCAL = [Process(error, trend, "none") for trend in ("none", "add", "mul") for error in ("add", "mul")]
SEASONAL = [
    Process(error, trend, seasonal)
    for seasonal in ("add", "mul")
    for trend in ("none", "add", "mul")
    for error in ("add", "mul")
]


def requests(process: Process) -> list[Params]:
    """Return what is asked for: the form by its name, and found."""
    if process.seasonal == "none":
        return [Params(trend=process.trend), Params(trend="auto")]
    period = process.period
    return [Params(process.trend, process.seasonal, period), Params("auto", "auto", period)]


def coverage(y: Series, params: Params) -> tuple[Series, Counter[str]]:
    """Return the share of the last `AHEAD` columns of y (series, rows) inside their bounds, by step; and the forms."""
    inside: list[Series] = []
    forms: Counter[str] = Counter()
    for row in y:
        try:
            answer = forecast(Task.of(row[:-AHEAD], rows=AHEAD, conf=CONF), params)
        except AlgorithmError as refused:
            forms[str(refused)] += 1
            continue
        inside.append((answer.low <= row[-AHEAD:]) & (row[-AHEAD:] <= answer.high))
        forms[str(answer.extra["model_info"])] += 1
    return np.mean(inside, axis=0), forms


def main() -> None:
    """Print a line per process and request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=1000, help="series of each process")
    parser.add_argument("--rows", type=int, default=500, help="rows of each")
    parser.add_argument("--only", default="", help="processes whose name holds this")
    args = parser.parse_args()
    print(f"{'process':<16}{'asked for':<14}" + "".join(f"{f'step {s}':>9}" for s in STEPS) + f"{'s':>7}  forms")
    for seed, process in enumerate([WALK, *LOCAL, *SEASONAL]):
        if args.only not in str(process):
            continue
        y = process.simulate(args.series, args.rows + AHEAD, np.random.default_rng(seed))
        for params in requests(process):
            started = time.perf_counter()
            found, forms = coverage(y, params)
            told = ", ".join(f"{form} {count}" for form, count in forms.most_common(4))
            print(
                f"{process!s:<16}{f'{params.trend}/{params.seasonal}':<14}"
                + "".join(f"{found[s - 1]:>9.3f}" for s in STEPS)
                + f"{time.perf_counter() - started:>7.1f}  {told}",
                flush=True,
            )


if __name__ == "__main__":
    main()

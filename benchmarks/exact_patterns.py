"""Look for one spike in patterns that repeat exactly, where every false row and every miss shows.

    python -m benchmarks.exact_patterns

Each combination of pattern, number of rows, the period told or found, and the way the trend is taken away is tried with
the spike in several places. It counts as right where the spike is found in all of them and nothing else is, and
nothing at all without a spike. Exit code 1 below 350 of 352.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from kernels.anomaly import shesd
from kernels.contract import Series, Task

WANTED = 350 / 352
CYCLES = (2.4, 3.0, 4.5, 10.0, 33.3)
PLACES = (0.0, 0.21, 0.5, 0.77, 1.0)
TRENDS = ("median", "stl")


def patterns() -> Iterator[tuple[str, int, Series]]:
    """Yield name, period and one period of every pattern."""
    for period in (7, 12, 24, 60, 288):
        at = np.arange(period)
        yield "square", period, np.where(at < period // 2, 0.1, 20.0)
        yield "sine", period, 10.0 * np.sin(2.0 * np.pi * at / period)
        yield "staircase", period, 3.7 * (at * 4 // period)
    hour = np.arange(24)
    day = 20.0 + 8.0 * np.sin(2.0 * np.pi * (hour - 9) / 24)
    yield "weekly by hour", 168, np.concatenate([day] * 5 + [0.4 * day] * 2)
    yield "weekly by day", 7, np.array([10.0, 11.0, 12.0, 11.5, 10.5, 3.1, 2.2])
    at = np.arange(288)
    yield "daily", 288, 30.0 + 9.0 * np.sin(2.0 * np.pi * at / 288) + np.where((at > 90) & (at < 200), 12.3, 0.0)
    yield "flat", 24, np.zeros(24)


def flagged(x: Series, options: dict[str, Any]) -> list[int]:
    """Return the rows that are no normal ones."""
    rows: list[int] = np.flatnonzero(shesd.detect(Task.of(x), shesd.Params(**options)).flags < 0).tolist()
    return rows


def faults(x: Series, options: dict[str, Any]) -> list[str]:
    """Return what is wrong in the answers about a pattern, without a spike and with one in every place."""
    found = [f"{rows} false ones without a spike"] if (rows := len(flagged(x, options))) else []
    for place in PLACES:
        row = int(place * (len(x) - 1))
        for height in (50.0, -15.0):
            spiked = x.copy()
            spiked[row] += height
            answer = set(flagged(spiked, options))
            if answer != {row}:
                missed = "" if row in answer else ", missed"
                found.append(f"{height:+g} at {row}: {len(answer - {row})} false ones{missed}")
    return found


def main() -> None:
    """Print a line per combination with a fault, and the share of those without."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    right = tried = 0
    for (name, period, one), cycles, told, trend in product(list(patterns()), CYCLES, (True, False), TRENDS):
        if not told and cycles < 3:
            continue  # a season is only found where it fits three times
        x = np.resize(one, max(int(cycles * period) + 1, 2 * period + 1))
        wrong = faults(x, {"period": period if told else 0, "trend": trend})
        tried += 1
        right += not wrong
        if wrong:
            print(f"{name} {period}, {len(x)} rows, period {'told' if told else 'found'}, {trend}: {'; '.join(wrong)}")
    print(f"{right} of {tried} combinations right; at least {WANTED:.2%} wanted")
    parser.exit(0 if right >= WANTED * tried else 1)


if __name__ == "__main__":
    main()

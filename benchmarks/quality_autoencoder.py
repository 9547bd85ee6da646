"""How well `sample_ad_model` finds the labelled anomalies of real series, beside the statistical detectors.

No series here was used to train it. A family is a source of similar series; its figures are pooled over its series.
An event is a labelled stretch; an alarm is a run of flagged rows. Event-wise: recall is the share of events that an
alarm touches, precision the share of alarms that touch an event. ``false`` counts the flagged normal rows per 1000.

Run: ``python -m benchmarks.quality_autoencoder --data ../shared/data``
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kernels import registry
from kernels.contract import Detector, Series
from models.anomaly import sample_ad_model

Mask = NDArray[np.bool_]
ROWS = 40_000


@dataclass
class Counts:
    events: int = 0
    found: int = 0
    alarms: int = 0
    right: int = 0
    hits: int = 0
    misses: int = 0
    false: int = 0
    normal: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds anomaly/index.csv")
    given = parser.parse_args()
    detectors = [a for a in registry.discover().values() if isinstance(a, Detector)]
    detectors.append(sample_ad_model.build(given.data / "no models"))
    families: dict[str, dict[str, Counts]] = {}
    for family, values, labelled in labelled_series(given.data / "anomaly"):
        for detector in detectors:
            counts = families.setdefault(family, {}).setdefault(detector.name, Counts())
            flagged = detector.detect(values, detector.params()).flags < 0
            families[family][detector.name] = counts + count(flagged, labelled)
    print(
        f"{'family':22s} {'detector':16s} {'events: P':>9s} {'R':>5s} {'F1':>5s} "
        f"{'rows: P':>9s} {'R':>5s} {'F1':>5s} {'false':>7s}"
    )
    for family, by_detector in families.items():
        for name, counts in by_detector.items():
            event, row = figures(counts)
            per_1000 = 1000 * counts.false / counts.normal
            print(
                f"{family:22s} {name:16s} {event[0]:9.2f} {event[1]:5.2f} {event[2]:5.2f} "
                f"{row[0]:9.2f} {row[1]:5.2f} {row[2]:5.2f} {per_1000:7.1f}"
            )
    for detector in detectors:
        scored = [by[detector.name] for by in families.values() if by[detector.name].events]
        print(f"mean of the families' event F1: {detector.name:16s} {np.mean([figures(c)[0][2] for c in scored]):.3f}")
    speed(detectors)


def labelled_series(folder: Path) -> Iterator[tuple[str, Series, Mask]]:
    with (folder / "index.csv").open() as file:
        for entry in csv.DictReader(file):
            table = np.loadtxt(folder / entry["file"], delimiter=",", skiprows=1)
            yield entry["category"], np.ascontiguousarray(table[:, 1]), table[:, 2] > 0


def runs(mask: Mask) -> list[tuple[int, int]]:
    change = np.diff(np.concatenate(([0], mask.astype(np.int8), [0])))
    return list(zip(np.flatnonzero(change == 1), np.flatnonzero(change == -1), strict=True))


def count(flagged: Mask, labelled: Mask) -> Counts:
    events, alarms = runs(labelled), runs(flagged)
    return Counts(
        events=len(events),
        found=sum(bool(flagged[a:b].any()) for a, b in events),
        alarms=len(alarms),
        right=sum(bool(labelled[a:b].any()) for a, b in alarms),
        hits=int((flagged & labelled).sum()),
        misses=int((~flagged & labelled).sum()),
        false=int((flagged & ~labelled).sum()),
        normal=int((~labelled).sum()),
    )


def figures(c: Counts) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    return _rates(c.right, c.alarms, c.found, c.events), _rates(c.hits, c.hits + c.false, c.hits, c.hits + c.misses)


def _rates(right: int, said: int, found: int, there: int) -> tuple[float, float, float]:
    precision, recall = right / max(said, 1), found / max(there, 1)
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def speed(detectors: list[Detector]) -> None:
    random = np.random.default_rng(1)
    values = np.sin(np.arange(ROWS) / 20.0) + 0.1 * random.standard_normal(ROWS)
    times: dict[str, list[float]] = {detector.name: [] for detector in detectors}
    for _ in range(7):
        for detector in detectors:
            begun = time.perf_counter()
            detector.detect(values, detector.params())
            times[detector.name].append(time.perf_counter() - begun)
    for name, taken in times.items():
        print(f"{ROWS} rows: {name:16s} {1000 * statistics.median(taken):8.1f} ms")


if __name__ == "__main__":
    main()

"""How well `sample_ad_model` finds the labelled anomalies of each family of series, beside the other detectors.

    python -m benchmarks.quality_autoencoder --data ../shared/data

No series here was used to train it. Measures as in `quality_detectors`: a row per family (event-wise precision,
recall and F1, point-wise F1, flagged normal rows per 1000), pooled over its series; then the mean over the families
that have labels, and the time for 40 000 rows in the same run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.quality_detectors import Counts, count, labelled_series, variants
from kernels.contract import Algorithm, Task

ROWS, ROUNDS = 40_000, 7


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder that holds anomaly/")
    given = parser.parse_args()
    detectors = [detector for _, detector, _ in variants([])]
    families: dict[str, dict[str, Counts]] = {}
    for series in labelled_series(given.data / "anomaly"):
        for detector in detectors:
            flagged = detector.run(Task.of(series.values), detector.params()).flags < 0
            of_family = families.setdefault(series.family, {})
            of_family[detector.name] = of_family.get(detector.name, Counts()) + count(series, flagged)
    print(f"{'':40}{'events':^24}{'rows':>8}{'false':>10}")
    for family, counts in families.items():
        print(f"\n{family:<40}{'P':>8}{'R':>8}{'F1':>8}{'F1':>8}{'per 1000':>10}")
        for name, total in counts.items():
            _, _, point, *event, false_alarms = total.measures()
            print(f"{name:<40}" + "".join(f"{m:8.2f}" for m in (*event, point)) + f"{false_alarms:10.2f}")
    print(f"\n{'mean over the families with labels':<40}{'':16}{'F1':>8}{'':8}{'per 1000':>10}")
    for detector in detectors:
        measures = [counts[detector.name].measures() for counts in families.values()]
        labelled = [m for m, counts in zip(measures, families.values(), strict=True) if counts[detector.name].windows]
        print(
            f"{detector.name:<40}{'':16}{np.mean([m[5] for m in labelled]):8.2f}{'':8}"
            f"{np.mean([m[6] for m in measures]):10.2f}"
        )
    _speed(detectors)


def _speed(detectors: list[Algorithm]) -> None:
    random = np.random.default_rng(1)
    values = np.sin(np.arange(ROWS) / 20.0) + 0.1 * random.standard_normal(ROWS)
    times: dict[str, list[float]] = {detector.name: [] for detector in detectors}
    for _ in range(ROUNDS):
        for detector in detectors:
            begun = time.perf_counter()
            detector.run(Task.of(values), detector.params())
            times[detector.name].append(time.perf_counter() - begun)
    print(f"\nmedian of {ROUNDS} runs, {ROWS} rows")
    for name, taken in times.items():
        print(f"{name:<40}{1000 * statistics.median(taken):8.1f} ms")


if __name__ == "__main__":
    main()

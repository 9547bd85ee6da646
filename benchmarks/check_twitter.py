"""Compare what shesd finds in Twitter's example series with what Twitter's own program finds.

    python -m benchmarks.check_twitter --data ../shared/data

The series and the points of an independent implementation lie in `reference/` (ts_ms, value); they may not be shipped.
Settings: max_anoms 0.02, both directions, alpha 0.05, period 1440. Exit code 1 where a count differs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from kernels.anomaly import shesd
from kernels.contract import Task

# options, the number of anomalies that the package's own tests expect (its vector form)
EXPECTED: list[tuple[dict[str, object], int]] = [
    ({"longterm": True}, 131),
    ({"only_last": True}, 25),
    ({"threshold": "med_max"}, 6),
]


def main() -> None:
    """Print a line per call."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder that holds reference/")
    folder = parser.parse_args().data / "reference"
    if not (folder / "twitter_raw_data.csv").is_file():
        parser.exit(1, f"no twitter_raw_data.csv in {folder}: name the folder with --data\n")
    table = np.loadtxt(folder / "twitter_raw_data.csv", delimiter=",", skiprows=1)
    known = np.loadtxt(folder / "twitter_shesd_longterm.csv", delimiter=",", skiprows=1)
    good = True
    task = Task.of(table[:, 1])
    for options, wanted in EXPECTED:
        answer = shesd.detect(task, shesd.Params(period=1440, max_anoms=0.02, **options))  # type: ignore[arg-type]
        found = table[answer.flags < 0, 0]
        same = len(found) == wanted
        if wanted == len(known):
            same = same and set(found) == set(known[:, 0])
        good = good and same
        print(f"{options}: {len(found)} anomalies, {wanted} expected: {'as expected' if same else 'DIFFERENT'}")
    print(f"period found without being told: {shesd.detect(task).extra['period']}, expected 1440")
    parser.exit(0 if good else 1)


if __name__ == "__main__":
    main()

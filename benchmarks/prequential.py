"""Detection as a stream would see it: NAB's score of detectors that never look ahead.

    python -m benchmarks.prequential --data ../shared/data [--only auto shape ...] [--every 6]

A series is told as it grows, `--every` rows at a time, and a detector is asked about all of it so far. If it flags any
of the rows that have come since it was asked last, that is an alarm at the newest row: what an operator would be told,
with the delay that asking now and then costs. Alarms that follow each other without a pause are one alarm, as a pager
that is already ringing; in brackets the score if each counts. Scores are NAB's, standard profile, options as they are:
nothing is fitted to the labels. NAB's own table takes the best threshold of each detector over its labels.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from appliance.files.compare.detection_scores import nab
from benchmarks.quality_detectors import Labelled, labelled_series, runs_of, variants
from kernels.contract import Algorithm, AlgorithmError, Task

LEAST = 40  # rows before the first question


def alarms(detector: Algorithm, params: object, series: Labelled, every: int) -> np.ndarray:
    """Return, for each question in turn, whether its answer flags a row that is new."""
    rows = range(LEAST, len(series.values) + 1, every)
    return np.array([_flags(detector, params, series.values[:row], every) for row in rows])


def _flags(detector: Algorithm, params: object, values: np.ndarray, newest: int) -> bool:
    try:
        return bool((detector.run(Task.of(values), params).flags[-newest:] < 0).any())
    except AlgorithmError:
        return False  # a detector that refuses a series alarms nobody


def main() -> None:
    """Print one line for each detector."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder that holds anomaly/")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these detectors instead of all")
    parser.add_argument("--source", default="NAB", help="the series of this source (NAB)")
    parser.add_argument("--every", type=int, default=6, metavar="K", help="ask after every K rows (6)")
    given = parser.parse_args()
    every = [series for series in labelled_series(given.data / "anomaly") if series.source == given.source]
    print(f"{len(every)} series, {sum(len(s.values) for s in every)} rows, asked after every {given.every}\n")
    print("| detector | NAB's score | alarms | ms a question |\n|---|---|---|---|")
    for name, detector, params in variants([]):
        if given.only and name not in given.only:
            continue
        sums, questions, told, begun = np.zeros(4), 0, 0, time.process_time()
        for series in every:
            asked = alarms(detector, params, series, given.every)
            at = LEAST - 1 + given.every * np.arange(len(asked))
            n, begins = len(series.values), at[[begin for begin, _ in runs_of(asked)]]
            sums += [*nab(begins.tolist(), series.windows, n), *nab(at[asked].tolist(), series.windows, n)]
            questions, told = questions + len(asked), told + len(begins)
        one, _, each, perfect = sums
        ms = 1000.0 * (time.process_time() - begun) / questions
        print(f"| {name} | {100 * one / perfect:.1f} ({100 * each / perfect:.1f}) | {told} | {ms:.1f} |", flush=True)


if __name__ == "__main__":
    main()

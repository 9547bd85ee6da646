"""Detection of this node beside the detectors of other projects, on the labelled series of a folder.

    python -m benchmarks.accuracy_detection --data ../shared/data [--only auto shape ...] [--every 4] [--limit 120]

Every detector sees the same series, in one run. Event F1 and false alarms as in `quality_detectors`, pooled over the
series of a source; VUS-PR and affiliation are means over its series with labels, NAB's score is that of the standard
profile with an alarm at the first row of each window. In brackets: between which bounds event F1 lies if the series are
drawn anew (bootstrap, 95 %). Seconds are processor time; what a peer does not answer within the limit has found nothing
(the number of such series is in the last column). What peers answered is kept on disk.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from appliance.files.compare.detection_scores import affiliation, interval, nab, vus_pr, window_of
from benchmarks._peers import ROOT, Peers
from benchmarks.quality_detectors import Counts, Labelled, count, labelled_series, runs_of, variants
from kernels.contract import AlgorithmError, Task

PEERS_PYTHON = ROOT / ".venv-bench-detection" / "bin" / "python"
Answer = tuple[np.ndarray, np.ndarray, float | None]  # score, flagged, seconds; None: not answered
EVENT_F1, FALSE_ALARMS = 5, 6  # among `Counts.measures`


class Column:
    """What one detector is worth over the series of one source."""

    def __init__(self) -> None:
        self._counts: list[np.ndarray] = []
        self._measures: list[tuple[float, float]] = []
        self._nab = np.zeros(2)
        self.seconds = 0.0
        self.unanswered = 0

    def add(self, series: Labelled, window: int, answer: Answer) -> None:
        """Score one answer."""
        score, flagged, seconds = answer
        self.seconds += seconds or 0.0
        self.unanswered += seconds is None
        one = count(series, flagged)
        self._counts.append(np.array([getattr(one, name) for name in Counts.__dataclass_fields__]))
        runs, n = runs_of(flagged), len(flagged)
        self._nab += nab([begin for begin, _ in runs], series.windows, n)
        if series.windows:
            self._measures.append((vus_pr(score, series.windows, window), affiliation(runs, series.windows, n)))

    def f1(self, summed: np.ndarray) -> float:
        """Return the event F1 of summed counts."""
        return Counts(*summed.tolist()).measures()[EVENT_F1]

    def row(self) -> tuple[float, float, float, str]:
        """Return event F1, false alarms, VUS-PR, and all of it as cells of a table."""
        total = np.sum(self._counts, axis=0)
        measures = Counts(*total.tolist()).measures()
        vus, near = np.mean(self._measures, axis=0).tolist()
        low, high = interval(self._counts, self.f1)
        cells = (
            f"{measures[EVENT_F1]:.2f} ({low:.2f} to {high:.2f})",
            f"{measures[FALSE_ALARMS]:.1f}",
            f"{vus:.2f}",
            f"{near:.2f}",
            f"{100.0 * self._nab[0] / self._nab[1]:.0f}",
            f"{self.seconds:.1f}" + (f", {self.unanswered} unanswered" if self.unanswered else ""),
        )
        return measures[EVENT_F1], measures[FALSE_ALARMS], vus, " | ".join(cells)


def ours(run: Callable[[Task], object]) -> Callable[[Labelled, int], Answer]:
    """Return how one of this node's detectors answers."""

    def answer(series: Labelled, window: int) -> Answer:
        begun = time.process_time()
        try:
            found = run(Task.of(series.values))
        except AlgorithmError:
            return np.zeros(len(series.values)), np.zeros(len(series.values), bool), None
        return found.score, found.flags < 0, time.process_time() - begun  # type: ignore[attr-defined]

    return answer


def theirs(peers: Peers, name: str, folder: Path) -> Callable[[Labelled, int], Answer]:
    """Return how a peer answers."""

    def answer(series: Labelled, window: int) -> Answer:
        n = len(series.values)
        path = folder / f"{series.name}.npy"
        if not path.is_file():
            np.save(path, series.values)
        found = peers.cached({"peer": name, "series": series.name, "window": window}, file=str(path))
        flagged = np.zeros(n, bool)
        if "error" in found:
            return np.zeros(n), flagged, None
        flagged[found["flagged"]] = True
        return np.array(found["score"]), flagged, found["seconds"]

    return answer


def _every(series: list[Labelled], k: int) -> list[Labelled]:
    """Return every k-th series of each source."""
    by_source: dict[str, list[Labelled]] = {}
    for one in series:
        by_source.setdefault(one.source, []).append(one)
    return [one for several in by_source.values() for one in several[k - 1 :: k]]


def main() -> None:
    """Print a table for each source and one of the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder that holds anomaly/")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these detectors instead of all")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds that a peer has for a series (120)")
    parser.add_argument("--every", type=int, default=1, metavar="K", help="every K-th series of each source (1)")
    given = parser.parse_args()
    every = _every(list(labelled_series(given.data / "anomaly")), given.every)
    windows = [window_of(series.values) for series in every]
    with (
        tempfile.TemporaryDirectory() as folder,
        Peers(given.limit, "detection_peers", PEERS_PYTHON) as peers,
    ):
        asked = {name: ours(lambda task, d=d, p=p: d.run(task, p)) for name, d, p in variants([])}
        asked |= {name: theirs(peers, name, Path(folder)) for name in peers.versions}
        means: dict[str, list[tuple[float, float, float]]] = {}
        taken: dict[str, float] = {}
        for source in dict.fromkeys(series.source for series in every):
            print(f"\n| {source} | event F1 | false alarms per 1000 | VUS-PR | affiliation F1 | NAB | seconds |")
            print("|---|---|---|---|---|---|---|")
            for name, answer in asked.items():
                if given.only and name not in given.only:
                    continue
                column = Column()
                for series, window in zip(every, windows, strict=True):
                    if series.source == source:
                        column.add(series, window, answer(series, window))
                *measures, cells = column.row()
                means.setdefault(name, []).append(tuple(measures))
                taken[name] = taken.get(name, 0.0) + column.seconds
                print(f"| {name} | {cells} |", flush=True)
        print("\n| mean over the sources | event F1 | false alarms per 1000 | VUS-PR | seconds in all |")
        print("|---|---|---|---|---|")
        for name, rows in sorted(means.items(), key=lambda item: -np.mean(item[1], axis=0)[0]):
            f1, false_alarms, vus = np.mean(rows, axis=0)
            version = f" {peers.versions[name]}" if name in peers.versions else ""
            print(f"| {name}{version} | {f1:.2f} | {false_alarms:.1f} | {vus:.2f} | {taken[name]:.1f} |")


if __name__ == "__main__":
    main()

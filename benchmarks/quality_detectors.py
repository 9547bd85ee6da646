"""How well every registered detector finds the labelled anomalies of real series.

    python -m benchmarks.quality_detectors --data ../shared/data [--detail] [--option shesd:trend=median ...]

A series' folder holds `anomaly/index.csv` (series_id, file, source, category), the series (ts_ms, value, label) and
`windows.json` (labelled windows in ms). Point-wise: every row is a case, a row inside a window counts as anomalous.
Event-wise: a window is found when a row in it is flagged; precision counts runs of flagged rows, a run is right when
it touches a window. False alarms: flagged rows outside all windows per 1000 rows outside.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from kernels import registry
from kernels.contract import ANOMALY, Algorithm, AlgorithmError, Task

NO_MODELS = Path("no-models")  # only what comes with the node


@dataclass(frozen=True)
class Labelled:
    """One series: values and the row ranges [begin, end) of its labelled windows."""

    name: str
    source: str
    family: str
    values: np.ndarray
    windows: list[tuple[int, int]]


@dataclass(frozen=True)
class Counts:
    """What was found, summed over series."""

    true_rows: int = 0
    flagged: int = 0
    labelled: int = 0
    rows: int = 0
    found: int = 0
    windows: int = 0
    right_runs: int = 0
    runs: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def measures(self) -> list[float]:
        """Return point-wise P, R, F1, event-wise P, R, F1 and false alarms per 1000 normal rows."""
        point = scores(self.true_rows, self.flagged, self.true_rows, self.labelled)
        event = scores(self.right_runs, self.runs, self.found, self.windows)
        return [*point, *event, 1000 * (self.flagged - self.true_rows) / max(self.rows - self.labelled, 1)]


def scores(right: int, given: int, found: int, wanted: int) -> tuple[float, float, float]:
    """Return precision, recall and F1; 0 where nothing was given or wanted."""
    precision, recall = right / max(given, 1), found / max(wanted, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-300)


def labelled_series(folder: Path) -> Iterator[Labelled]:
    """Read all series of a data folder."""
    windows = json.loads((folder / "windows.json").read_text())
    with (folder / "index.csv").open(newline="") as index:
        for row in csv.DictReader(index):
            table = np.loadtxt(folder / row["file"], delimiter=",", skiprows=1, usecols=(0, 1))
            time, values = table[:, 0], np.ascontiguousarray(table[:, 1])
            ranges = [
                (int(np.searchsorted(time, begin)), int(np.searchsorted(time, end, side="right")))
                for begin, end in windows.get(row["series_id"], [])
            ]
            yield Labelled(row["series_id"], row["source"], row["category"], values, ranges)


def runs_of(flagged: np.ndarray) -> list[tuple[int, int]]:
    """Return the row ranges of consecutive flagged rows."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flagged, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def count(series: Labelled, flagged: np.ndarray) -> Counts:
    """Compare one answer with the labels."""
    label = np.zeros(len(flagged), bool)
    for begin, end in series.windows:
        label[begin:end] = True
    runs = runs_of(flagged)
    return Counts(
        int((flagged & label).sum()),
        int(flagged.sum()),
        int(label.sum()),
        len(label),
        sum(bool(flagged[begin:end].any()) for begin, end in series.windows),
        len(series.windows),
        sum(bool(label[begin:end].any()) for begin, end in runs),
        len(runs),
    )


def variants(options: list[str]) -> list[tuple[str, Algorithm, object]]:
    """Return every registered detector with its defaults, and those of --option NAME:key=value,key=value."""
    found = [a for a in registry.discover() if a.kind == ANOMALY]
    found += [module.build(NO_MODELS) for module in registry.modules("models.anomaly")]
    chosen = [(detector.name, detector, detector.params()) for detector in found]
    for text in options:
        name, _, settings = text.partition(":")
        detector = next(d for d in found if d.name == name)
        known = detector.params.__dataclass_fields__
        given = {}
        for key, value in (pair.split("=") for pair in settings.split(",")):
            given[key] = (known[key].metadata["parse"] or type(known[key].default))(value)
        chosen.append((f"{name} {settings}", detector, replace(detector.params(), **given)))
    return chosen


def main() -> None:
    """Print one table per source and one of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder that holds anomaly/")
    parser.add_argument("--detail", action="store_true", help="a line per series")
    parser.add_argument("--option", action="append", default=[], metavar="NAME:k=v,...", help="one more variant")
    arguments = parser.parse_args()
    folder = arguments.data / "anomaly"
    if not (folder / "index.csv").is_file():
        parser.exit(1, f"no labelled series in {folder}: name the folder with --data\n")
    every = list(labelled_series(folder))
    chosen = variants(arguments.option)
    heads = ["P", "R", "F1", "P", "R", "F1", "per 1000"]
    print(
        f"{len(every)} series, {sum(len(s.values) for s in every)} rows, {sum(len(s.windows) for s in every)} windows"
    )
    print(f"{'':44}{'points':^21}{'events':^21}{'false':>9}")
    for source in [*dict.fromkeys(s.source for s in every), "all"]:
        print(f"\n{source:<44}" + "".join(f"{head:>7}" if head != "per 1000" else f"{head:>9}" for head in heads))
        for label, detector, params in chosen:
            total = Counts()
            try:
                for series in every:
                    if source in (series.source, "all"):
                        answer = detector.run(Task.of(series.values), params)
                        one = count(series, answer.flags < 0)
                        total += one
                        if arguments.detail and source != "all":
                            found = f"{one.found}/{one.windows} windows, {one.flagged} flagged, {dict(answer.extra)}"
                            print(f"  {label:<20} {series.name[:52]:<52} {found}")
            except AlgorithmError as error:
                print(f"{label:<44} not run: {error}")
                continue
            *measures, false_alarms = total.measures()
            print(f"{label:<44}" + "".join(f"{m:7.3f}" for m in measures) + f"{false_alarms:9.2f}")


if __name__ == "__main__":
    main()

"""Compares detectors on the user's own series: with the truth where rows are labelled, else by how much they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.kind import REAL, TEXT, WHOLE
from appliance.analysis.kinds.anomaly import windows
from appliance.files.compare import scores
from appliance.files.compare.comparison import Cell, Comparison, Each, Run, Trial, known, last, mean, outcomes, reason
from appliance.files.compare.detection_scores import affiliation, vus_pr, window_of
from appliance.files.series import FileError, FileSeries
from kernels.contract import Series

COLUMNS = {
    "rank": WHOLE,
    "algorithm": TEXT,
    "windows": WHOLE,
    "rows": WHOLE,
    "share": REAL,
    "agreement": REAL,
    "confirmed": REAL,
    "seconds": REAL,
    "failed": WHOLE,
    "reason": TEXT,
}
DIGITS = 3  # of a measure; what is alike so far is ranked by its events
SHORT = 10  # parts of a series, of which labels are stretched by at most one
BRIEF = ("rank", "algorithm", "windows", "share", "agreement", "confirmed", "seconds", "failed")
BRIEF_LABELLED = ("rank", "algorithm", "windows", "seconds", "failed", "vus_pr", "affiliation", "event_f1")
LABELLED = dict.fromkeys(
    ("vus_pr", "affiliation", "precision", "recall", "f1", "event_precision", "event_recall", "event_f1"), REAL
)


@dataclass
class _Found:
    """What is known of one detector, over all series."""

    windows: int = 0
    rows: int = 0
    of_rows: int = 0
    confirmed: int = 0
    hits: scores.Hits = field(default_factory=scores.Hits)
    volumes: list[float] = field(default_factory=list)  # of the series with anomalies, as the next ones
    affiliations: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def judge(self, score: Series | None, flagged: scores.Marks, truth: scores.Marks, window: int) -> None:
        """Hold the answer about one series against the truth; without a score it is worth nothing."""
        self.hits.add(flagged, truth)
        if not truth.any():
            return
        if score is None:
            self.volumes.append(0.0)
            self.affiliations.append(0.0)
            return
        ranking = score if np.isfinite(score).all() else flagged.astype(np.float64)  # of nodes that tell none
        self.volumes.append(vus_pr(ranking, _events(truth), window))
        self.affiliations.append(affiliation(_events(flagged), _events(truth), len(truth)))


def compare_all(trial: Trial) -> Comparison:
    """Compare detectors, see `compare`."""
    return compare(trial.series, trial.names, trial.run, trial.labels, trial.each)


def compare(
    series: Sequence[FileSeries],
    names: Sequence[str],
    run: Run,
    labels: Mapping[str, NDArray[np.int8]] | None = None,
    each: Each = map,
) -> Comparison:
    """Compare detectors: with labels by VUS-PR of their scores and then by events, without by how much they agree.

    Without labels the ranks say nothing of who is right: what most detectors miss is still an anomaly.

    Parameters
    ----------
    run : raises AlgorithmError or FileError; what fails has flagged nothing.
    labels : by name of the series int8 (n,), anything but 0 is an anomaly; None where nobody knows.
    each : as `map`, in order; that of a pool runs several at once.

    Raises
    ------
    FileError : there is no series.
    """
    if not series:
        raise FileError("there is no series to compare detectors on")

    found = {name: _Found() for name in names}
    both = np.zeros((len(names), len(names)), np.int64)
    either = np.zeros_like(both)
    tried = outcomes(run, [(name, one) for one in series for name in names], each)
    for one in series:
        flagged = np.zeros((len(names), len(one.times)), bool)
        window = _window(next(iter(one.columns.values()))) if labels is not None else 0
        answered = np.zeros(len(names), bool)
        for at, (outcome, seconds) in enumerate(islice(tried, len(names))):
            record = found[names[at]]
            if isinstance(outcome, str):
                record.reasons[outcome] += 1
            else:
                record.seconds.append(seconds)
                record.windows += len(windows(outcome.task.times, outcome.answer.flags)[0])
                flagged[at], answered[at] = outcome.answer.flags != 1, True
            if labels is not None:
                score = None if isinstance(outcome, str) else outcome.answer.score
                record.judge(score, flagged[at], labels[one.name] != 0, window)
        votes = flagged.sum(axis=0)
        for at, name in enumerate(names):
            if answered[at]:
                found[name].rows += int(flagged[at].sum())
                found[name].of_rows += flagged.shape[1]
                found[name].confirmed += int((flagged[at] & (votes > 1)).sum())
        numbers = flagged.astype(np.float64)
        common = np.rint(numbers @ numbers.T).astype(np.int64)
        sizes = np.diag(common)
        shared = np.outer(answered, answered)
        both += np.where(shared, common, 0)
        either += np.where(shared, sizes[:, np.newaxis] + sizes - common, 0)
    agreement = dict(zip(names, _agreements(both, either, list(found.values())), strict=True))
    return _detectors_compared(found, agreement, len(series), labels is not None)


def _window(values: Series) -> int:
    """Return by how many rows labels are stretched for VUS-PR: a cycle, less in a short series."""
    return min(window_of(values), len(values) // SHORT)


def _events(marks: scores.Marks) -> list[tuple[int, int]]:
    begin, end = scores.runs(marks)
    return list(zip(begin.tolist(), end.tolist(), strict=True))


def _agreements(both: NDArray[np.int64], either: NDArray[np.int64], found: Sequence[_Found]) -> list[float]:
    """Return for each detector its mean Jaccard index with the others that answered; 1 where neither found any row."""
    jaccard = np.divide(both, either, out=np.ones(both.shape), where=either > 0)
    answered = [at for at, record in enumerate(found) if record.seconds]
    return [mean([float(jaccard[at, o]) for o in answered if o != at]) for at in range(len(found))]


def _detectors_compared(
    found: Mapping[str, _Found], agreement: Mapping[str, float], series: int, labelled: bool
) -> Comparison:
    true = max((record.hits.true for record in found.values()), default=0)
    measure = {name: mean(found[name].volumes) if true else agreement[name] for name in found}
    answered = [name for name in found if found[name].seconds]
    order = {
        name: (last(-round(measure[name], DIGITS)), last(-found[name].hits.by_event()[2]) if true else 0.0)
        for name in answered
    }
    answered.sort(key=lambda name: (*order[name], name))
    rows = []
    for at, name in enumerate([*answered, *(name for name in found if name not in answered)]):
        record = found[name]
        ranked = at < len(answered) and (true > 0 or len(answered) > 2)
        place = [order[other] for other in answered].index(order[name]) + 1 if ranked else None
        cells: tuple[Cell, ...] = (place, name, *[None] * 6)
        if record.seconds:
            share = record.rows / record.of_rows
            confirmed = record.confirmed / record.rows if record.rows else np.nan
            others = agreement[name] if len(answered) > 1 else np.nan
            seconds = mean(record.seconds)
            cells = (place, name, record.windows, record.rows, *map(known, (share, others, confirmed, seconds)))
        cells += (record.reasons.total(), reason(record.reasons))
        if labelled:
            judged = (mean(record.volumes), mean(record.affiliations))
            marks = (*judged, *record.hits.by_row(), *record.hits.by_event()) if record.seconds else [np.nan] * 8
            cells += tuple(map(known, marks))
        rows.append(cells)
    columns = COLUMNS | (LABELLED if labelled else {})
    notes = [f"{name} failed on {found[name].reasons.total()} of {series} series" for name in answered
             if found[name].reasons]  # fmt: skip
    if labelled and not true:
        notes.append("the labels mark no row as an anomaly, so there is nothing to find and the ranks are by agreement")
    brief = BRIEF_LABELLED if labelled else BRIEF
    return Comparison(columns, rows, _best_detector(answered, found, measure, true), notes, brief)


def _best_detector(ranked: Sequence[str], found: Mapping[str, _Found], measure: Mapping[str, float], true: int) -> str:
    if not ranked:
        return "no detector answered"
    best = ranked[0]
    if true:
        hits = found[best].hits
        against = f", {ranked[1]} comes next with {measure[ranked[1]]:.3g}" if len(ranked) > 1 else ""
        return (
            f"{best} did best: VUS-PR {measure[best]:.3g} of its scores against {true:,} labelled rows{against}; "
            f"its windows found {hits.events_found} of {hits.events} events (event F1 {hits.by_event()[2]:.3g})"
        )
    unknown = "without labels nobody knows which detector is right"
    if len(ranked) < 3:
        return f"{unknown}; with fewer than three there is no majority either, so none is ranked"
    return (
        f"{unknown}; {best} agrees most with the others (mean Jaccard index {measure[best]:.3g}), the ranks are by "
        "that alone"
    )

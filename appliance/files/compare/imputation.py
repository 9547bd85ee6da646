"""Compares algorithms that fill gaps on the user's own series, by rows that are hidden from them.

Rows are known where they are hidden, so each algorithm is told how far it was off: single rows at random, and rows in a
row, in turn. The hidden rows are the same for all.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.kind import REAL, TEXT, WHOLE
from appliance.files.compare.comparison import Cell, Comparison, Trial, known, last, mean, outcomes, reason
from appliance.files.series import FileError, FileSeries
from kernels.contract import Filling, Series

HIDDEN = 0.1  # of the rows
TRIALS = 4  # for each series, half of them with rows in a row
LEAST = 30  # rows, so that what remains can be analysed
COVERED = 1.959964  # standard errors to either side hold 95 %
COLUMNS = {
    "rank": WHOLE,
    "algorithm": TEXT,
    "relative": REAL,
    "mae": REAL,
    "rmse": REAL,
    "coverage": REAL,
    "seconds": REAL,
    "trials": WHOLE,
    "failed": WHOLE,
    "reason": TEXT,
}
BRIEF = ("rank", "algorithm", "relative", "mae", "rmse", "coverage", "seconds", "failed")


@dataclass(frozen=True, slots=True)
class _Hidden:
    """A series without some rows, and those rows; `scale` is the mean error of straight lines there."""

    shown: FileSeries
    times: NDArray[np.int64]
    truth: Series
    scale: float


@dataclass
class _Record:
    relative: list[float] = field(default_factory=list)
    absolute: list[float] = field(default_factory=list)
    squared: list[float] = field(default_factory=list)
    covered: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def compare_all(trial: Trial) -> Comparison:
    """Compare by the mean error of the hidden rows, relative to that of straight lines between their neighbours.

    Raises
    ------
    FileError : no series is long enough.
    """
    cases = [case for number, one in enumerate(trial.series) for case in _cases(number, one, trial.folds or TRIALS)]
    if not cases:
        longest = max((len(one.times) for one in trial.series), default=0)
        raise FileError(f"a comparison needs {LEAST} rows of a series, got {longest}")

    records = {name: _Record() for name in trial.names}
    work = [(name, case) for case in cases for name in trial.names]
    tried = outcomes(trial.run, [(name, case.shown) for name, case in work], trial.each)
    for (name, case), (outcome, seconds) in zip(work, tried, strict=True):
        record = records[name]
        if isinstance(outcome, str):
            record.reasons[outcome] += 1
        else:
            record.seconds.append(seconds)
            _grade(record, case, outcome.answer)
    ranked = sorted(records, key=lambda name: (last(mean(records[name].relative)), name))
    rows = [_row(place, name, records[name]) for place, name in enumerate(ranked, 1)]
    notes = [f"{100 * HIDDEN:g} % of the rows hidden, single ones and in a row in turn; relative to straight lines"]
    return Comparison(COLUMNS, rows, _best(ranked, records, len(cases)), notes, BRIEF)


def _cases(number: int, series: FileSeries, trials: int) -> Iterator[_Hidden]:
    """Hide rows; the first and the last one stay."""
    rows = len(series.times)
    if rows < LEAST:
        return
    rng = np.random.default_rng(number)
    hidden = max(int(HIDDEN * rows), 1)
    values = next(iter(series.columns.values()))
    for number in range(trials):
        away = np.zeros(rows, np.bool_)
        if number % 2:
            begin = int(rng.integers(1, rows - hidden))
            away[begin : begin + hidden] = True
            away[-1] = False
        else:
            away[1 + rng.choice(rows - 2, hidden, replace=False)] = True
        columns = {name: column[~away] for name, column in series.columns.items()}
        shown = dataclasses.replace(series, times=series.times[~away], columns=columns)
        since = (series.times - series.times[0]).astype(np.float64)
        lines = np.interp(since[away], since[~away], values[~away])
        yield _Hidden(shown, series.times[away], values[away], float(np.abs(lines - values[away]).mean()))


def _grade(record: _Record, case: _Hidden, answer: Filling) -> None:
    since = (answer.times - answer.times[0]).astype(np.float64)
    wanted = (case.times - answer.times[0]).astype(np.float64)
    off = np.interp(wanted, since, answer.value) - case.truth
    absolute = float(np.abs(off).mean())
    record.absolute.append(absolute)
    record.squared.append(float(np.square(off).mean()))
    record.relative.append(absolute / case.scale if case.scale > 0.0 else np.nan)
    if answer.error is not None:
        spread = np.interp(wanted, since, answer.error)
        record.covered.append(float((np.abs(off) <= COVERED * spread).mean()))


def _row(place: int, name: str, record: _Record) -> tuple[Cell, ...]:
    rmse = float(np.sqrt(mean(record.squared))) if record.squared else np.nan
    measures = (mean(record.relative), mean(record.absolute), rmse, mean(record.covered), mean(record.seconds))
    failed = record.reasons.total()
    ranked = place if record.relative else None
    return (ranked, name, *map(known, measures), len(record.seconds) + failed, failed, reason(record.reasons))


def _best(ranked: Sequence[str], records: dict[str, _Record], cases: int) -> str:
    best = ranked[0]
    if not records[best].relative:
        return f"no algorithm could fill the gaps: all of {cases} trials failed"
    return (
        f"{best} did best: its mean error in {cases} trials is {mean(records[best].relative):.3g} times that of "
        "straight lines between the neighbours"
    )

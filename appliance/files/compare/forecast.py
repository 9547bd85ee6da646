"""Compares forecasters on the user's own series, by what they would have forecast.

They are tested from a rolling origin: the history up to a row is given away, the rows after it are the truth, and the
origin moves ahead by a whole forecast with the history growing behind it. Source: L. J. Tashman, "Out-of-sample tests
of forecasting accuracy", International Journal of Forecasting 16 (2000).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.kind import REAL, TEXT, WHOLE
from appliance.analysis.kinds.forecast import DEFAULT_ROWS, OPTION_ROWS, confidence
from appliance.files.compare import scores
from appliance.files.compare.comparison import (
    Backtest,
    Cell,
    Comparison,
    Each,
    Run,
    Trial,
    known,
    last,
    mean,
    outcomes,
    reason,
)
from appliance.files.run import filling, placing
from appliance.files.series import FileError, FileSeries
from appliance.protocol import fields, options, requests
from appliance.protocol.documents import BadRequest
from kernels.contract import Series, Times
from kernels.numerics.period import find_period

NAIVE = "seasonal-naive"
FOLDS = 3
LEAST_HISTORY = 10  # rows, as many as an analysis needs
CYCLES = 2  # of a season that was given must be in the history
HUGE = 1e150  # what is larger has no season that could be found
COLUMNS = {
    "rank": WHOLE,
    "algorithm": TEXT,
    "mase": REAL,
    "smape": REAL,
    "rmse": REAL,
    "interval_score": REAL,
    "coverage": REAL,
    "seconds": REAL,
    "forecasts": WHOLE,
    "failed": WHOLE,
    "reason": TEXT,
}
BRIEF = ("rank", "algorithm", "mase", "smape", "interval_score", "coverage", "seconds", "failed")


@dataclass(frozen=True, slots=True)
class _Fold:
    """One origin of one series: what is known, what comes, and what repeating the last season makes of it.

    ahead : int64 (k,), which of the steps that are forecast the rows that come are, from 0: in gaps none is.
    """

    number: int
    known: FileSeries
    ahead: NDArray[np.int64]
    times: Times
    truth: Series
    season: int
    scale: float
    naive: tuple[Series, Series, Series]


@dataclass(frozen=True, slots=True)
class _Grade:
    """How one forecast did; nan where a measure has no value."""

    mase: float
    smape: float
    squared: float
    interval: float
    covered: float


@dataclass
class _Record:
    """What is known of one algorithm: its grades by series, where it answered, the time it took, why it failed."""

    grades: dict[int, list[_Grade]] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def mean(self, measure: str) -> float:
        """Return the mean over the series of the mean over a series; nan where no forecast has a value."""
        return mean([self.of(number, measure) for number in self.grades])

    def of(self, number: int, measure: str) -> float:
        """Return the mean over one series."""
        return mean([getattr(grade, measure) for grade in self.grades[number]])

    @property
    def all(self) -> list[_Grade]:
        """The grades of all folds, in their order."""
        return [grade for own in self.grades.values() for grade in own]


def compare_all(trial: Trial) -> Comparison:
    """Compare forecasters, see `compare`; raises BadRequest for options that no comparison can have."""
    rows = requests.whole(trial.options, OPTION_ROWS, DEFAULT_ROWS)
    if fields.START in trial.options:
        raise FileError("a comparison forecasts what follows each origin, so it takes no start")
    if rows < 1:
        raise FileError(f"{OPTION_ROWS} must be at least 1, got {rows}")
    conf = confidence({}, trial.options)
    season = trial.season or _season(trial.options)
    folds = trial.folds or FOLDS
    return compare(
        trial.series, trial.names, trial.run, rows, conf, folds, season, trial.each, trial.tell, trial.options
    )


def compare(
    series: Sequence[FileSeries],
    names: Sequence[str],
    run: Run,
    rows: int,
    conf: float = 0.95,
    folds: int = 3,
    season: int | None = None,
    each: Each = map,
    tell: Callable[[Backtest], object] | None = None,
    given: Mapping[str, str] = {},  # noqa: B006  (not modified)
) -> Comparison:
    """Compare forecasters by mean MASE over all folds of all series.

    A forecast that fails counts as the seasonal naive one, which is what remains to be used: so all means are over the
    same folds, and giving up on what is hard does not pay. An algorithm that always fails has no rank.

    Parameters
    ----------
    run : returns the forecast of `rows` rows after a series; raises AlgorithmError or FileError.
    conf : coverage that the intervals promise. folds : origins in each series, fewer where the history is short.
    season : rows; None looks for one in the history before the first origin.
    each : as `map`, in order; that of a pool runs several at once.
    tell : hears of every forecast, those of the naive one included, series after series.
    given : options as in SQL, of which the step of the rows is looked at.

    Raises
    ------
    FileError : no series is long enough.
    """
    jobs: list[_Fold] = []
    short: list[FileSeries] = []
    for number, one in enumerate(series):
        own = list(_folds(number, one, rows, conf, folds, season, given))
        jobs += own
        short += [] if own else [one]
    if not jobs:
        longest = max((len(one.times) for one in series), default=0)
        raise FileError(f"a comparison needs {_least(season) + rows} rows of a series, got {longest}")
    records = {name: _Record() for name in (*names, NAIVE)}
    for fold in jobs:
        records[NAIVE].grades.setdefault(fold.number, []).append(_grade(fold, *fold.naive, conf))

    work = [(name, fold) for fold in jobs for name in names]
    tried = outcomes(run, [(name, fold.known) for name, fold in work], each)
    for (name, fold), (outcome, seconds) in zip(work, tried, strict=True):
        if tell and name == names[0]:
            tell(_backtest(fold, NAIVE, *fold.naive))
        record = records[name]
        found = outcome if isinstance(outcome, str) else outcome.answer
        if not isinstance(found, str) and len(found.value) != rows:
            found = f"{len(found.value)} rows instead of {rows}"
        if isinstance(found, str):
            record.reasons[found] += 1
            grade = _grade(fold, *fold.naive, conf)
        else:
            record.seconds.append(seconds)
            record.answered.add(fold.number)
            there = found.value[fold.ahead], found.low[fold.ahead], found.high[fold.ahead]
            grade = _grade(fold, *there, conf)
            if tell:
                tell(_backtest(fold, name, *there))
        record.grades.setdefault(fold.number, []).append(grade)
    ranked = _ranked(records, len(jobs))
    winners = _winners(records)
    return Comparison(
        COLUMNS,
        [_forecaster_row(name, records[name], place) for name, place in ranked],
        _best_forecaster([name for name, place in ranked if place], records, jobs),
        [*_forecast_notes(records, jobs, short, conf), *_winner_notes(winners, records)],
        BRIEF,
        winners,
    )


def _season(given: Mapping[str, str]) -> int | None:
    """Return the period that the algorithms are told, if they are told one."""
    try:
        period = options.whole_number(given[fields.PERIOD])
    except (KeyError, ValueError):
        return None
    return period if period > 0 else None


def _least(season: int | None) -> int:
    return max(LEAST_HISTORY, CYCLES * (season or 1))


def _folds(
    number: int, series: FileSeries, rows: int, conf: float, folds: int, season: int | None, given: Mapping[str, str]
) -> Iterator[_Fold]:
    values, places = next(iter(series.columns.values())), _places(series, given)
    origins = _origins(places, rows, folds, _least(season))
    if not origins:
        return
    period = season or _period(_even(values, places, origins[0]))
    for origin, end in zip(origins, [*origins[1:], len(values)], strict=True):
        ahead = places[origin:end] - places[origin - 1] - 1
        ahead = ahead[ahead < rows]
        columns = {name: column[:origin] for name, column in series.columns.items()}
        known = dataclasses.replace(series, times=series.times[:origin], columns=columns)
        history = _even(values, places, origin)
        with np.errstate(over="ignore", invalid="ignore"):
            value, low, high = scores.seasonal_naive(history, rows, period, conf)
        coming, naive = slice(origin, origin + len(ahead)), (value[ahead], low[ahead], high[ahead])
        scale = scores.scale(history, period)
        yield _Fold(number, known, ahead, series.times[coming], values[coming], period, scale, naive)


def _origins(places: NDArray[np.int64], rows: int, folds: int, least: int) -> list[int]:
    """Return after how many rows forecasts begin that end with the last row, and with the origin of the next.

    least : steps before an origin.
    """
    found: list[int] = []
    end = len(places)
    while len(found) < folds and end > 1:
        origin = int(np.searchsorted(places, places[end - 1] - rows)) + 1
        if min(places[origin - 1], places[end - 1] - rows) + 1 < least:
            break
        if origin < end:
            found.append(origin)
        end = min(origin, end - 1)  # a row after a gap that is longer than a forecast belongs to none
    return found[::-1]


def _places(series: FileSeries, given: Mapping[str, str]) -> NDArray[np.int64]:
    """Return the step of its axis that each row is at, int64 (n,); the rows one after another where there is none."""
    try:
        between = filling.steps(series, placing.axis_of(series, given))
    except BadRequest:
        between = np.zeros(1, np.int64)  # what forecasts it says so
    return np.arange(len(series.times)) if (between < 1).any() else np.concatenate(([0], np.cumsum(between)))


def _even(values: Series, places: NDArray[np.int64], rows: int) -> Series:
    """Return the values of the first rows, and what fills the steps between them, as forecasters get them."""
    known, history = places[:rows], values[:rows]
    return history if rows == known[-1] + 1 else filling.fill(history, known, filling.KALMAN, lambda: False)


def _period(history: Series) -> int:
    return (find_period(history.copy()) if np.abs(history).max() < HUGE else 0) or 1


def _grade(fold: _Fold, value: Series, low: Series, high: Series, conf: float) -> _Grade:
    with np.errstate(over="ignore", invalid="ignore"):
        error = fold.truth - value
        return _Grade(
            float(np.abs(error).mean()) / fold.scale,
            scores.smape(fold.truth, value),
            float((error * error).mean()),
            scores.interval_score(fold.truth, low, high, conf) / fold.scale,
            float(((low <= fold.truth) & (fold.truth <= high)).mean()),
        )


def _backtest(fold: _Fold, name: str, value: Series, low: Series, high: Series) -> Backtest:
    return Backtest(fold.number, name, int(fold.known.times[-1]), fold.times, fold.truth, value, low, high)


def _winners(records: Mapping[str, _Record]) -> dict[int, str]:
    """Return the algorithm that did best on each series, of those that answered there; by sMAPE where all is flat."""
    winners = {}
    for number in records[NAIVE].grades:
        measure = "mase" if np.isfinite(records[NAIVE].of(number, "mase")) else "smape"
        able = [(last(one.of(number, measure)), name) for name, one in records.items() if number in one.answered]
        if able:
            winners[number] = min(able)[1]
    return winners


def _winner_notes(winners: Mapping[int, str], records: Mapping[str, _Record]) -> list[str]:
    """Tell how many series each algorithm did best on, where there are several of both."""
    counts = Counter(winners.values())
    if len(winners) < 2 or len(records) < 3:
        return []
    behind = sum(records[NAIVE].of(at, "smape") < records[name].of(at, "smape") for at, name in winners.items())
    told = ", ".join(f"{name} {count}" for name, count in counts.most_common())
    more = f"; {NAIVE} has a lower sMAPE still in {behind}" if behind else ""
    return [f"best by series: {told}{more}"]


def _ranked(records: Mapping[str, _Record], folds: int) -> list[tuple[str, int]]:
    """Return names with their ranks, 0 for none, best first; sMAPE decides where no series has a scale."""
    measure = "mase" if np.isfinite(records[NAIVE].mean("mase")) else "smape"
    answered = [name for name in records if records[name].reasons.total() < folds]
    answered.sort(key=lambda name: (last(records[name].mean(measure)), name))
    places: list[tuple[str, int]] = []
    for at, name in enumerate(answered):
        same = at > 0 and records[name].mean(measure) == records[answered[at - 1]].mean(measure)
        places.append((name, places[-1][1] if same else at + 1))
    return places + [(name, 0) for name in records if name not in answered]


def _forecaster_row(name: str, record: _Record, place: int) -> tuple[Cell, ...]:
    failed = record.reasons.total()
    head: tuple[Cell, ...] = (place or None, name)
    tail: tuple[Cell, ...] = (len(record.all), failed, reason(record.reasons))
    if not place:
        return (*head, *[None] * 6, *tail)
    measures = (
        record.mean("mase"),
        record.mean("smape"),
        float(np.sqrt(mean([grade.squared for grade in record.all]))),
        record.mean("interval"),
        record.mean("covered"),
        mean(record.seconds),
    )
    return (*head, *map(known, measures), *tail)


def _best_forecaster(ranked: Sequence[str], records: Mapping[str, _Record], folds: Sequence[_Fold]) -> str:
    of_series = len({fold.number for fold in folds})
    what = f"{len(folds)} forecast{'s' * (len(folds) != 1)} of {of_series} series"
    if ranked == [NAIVE]:
        return f"no algorithm could forecast: all of their {what} failed"
    best, second = ranked[0], ranked[1]
    measure = "mase" if np.isfinite(records[NAIVE].mean("mase")) else "smape"
    means = {name: records[name].mean(measure) for name in ranked}
    label = {"mase": "MASE", "smape": "sMAPE"}[measure]
    if means[best] == means[second]:
        return f"{best} and {second} did equally well: mean {label} {means[best]:.3g} over {what}"
    pairs = zip(records[best].all, records[second].all, strict=True)
    wins = sum(getattr(mine, measure) < getattr(other, measure) for mine, other in pairs)
    against = [_less(means, best, second) + f" (nearer in {wins} of {len(folds)})"]
    if best == NAIVE:
        begin = f"no algorithm did better than repeating the last season ({NAIVE})"
    else:
        begin = f"{best} did best"
        against += [_less(means, best, NAIVE)] if second != NAIVE else []
    return f"{begin}: mean {label} {means[best]:.3g} over {what}, {' and '.join(against)}"


def _less(means: Mapping[str, float], best: str, other: str) -> str:
    return f"{100.0 * (1.0 - means[best] / means[other]):.1f} % less than {other}"


def _forecast_notes(
    records: Mapping[str, _Record], folds: Sequence[_Fold], short: Sequence[FileSeries], conf: float
) -> list[str]:
    seasons = sorted({fold.season for fold in folds})
    several = f"{seasons[0]} to {seasons[-1]}" if len(seasons) > 1 else f"{seasons[0]}"
    notes = [f"season of MASE and {NAIVE}: {several} rows; intervals promise {100 * conf:g} %"]
    if short:
        notes.append(f"{len(short)} series are too short and left out, such as {_called(short[0])}")
    flat = sum(not np.isfinite(fold.scale) for fold in folds)
    if flat:
        notes.append(f"{flat} of {len(folds)} histories do not vary, so MASE and interval_score leave them out")
    failed = [name for name, record in records.items() if 0 < record.reasons.total() < len(folds)]
    if failed:
        notes.append(f"forecasts that failed count as {NAIVE}: {', '.join(failed)}")
    return notes


def _called(series: FileSeries) -> str:
    rows = f"{len(series.times)} rows"
    return f"{series.name} with {rows}" if series.name else f"one with {rows}"

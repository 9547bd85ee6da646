"""A series on its regular axis of times: what an algorithm is asked, and where its answer belongs.

Algorithms, and the wire, know steps of one length only. A forecast is asked for as many rows as there are steps, and
gets the times of the calendar afterwards; for an answer about the entire axis, the rows are numbered instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.analysis.kind import AHEAD, ENTIRE, ROWS, Kind
from appliance.analysis.kinds.forecast import DEFAULT_ROWS, OPTION_ROWS
from appliance.analysis.picture import counted
from appliance.files.calendar import axis, frequency, starts
from appliance.files.calendar.axis import Axis
from appliance.files.run import filling
from appliance.files.series import FileResult, FileSeries
from appliance.protocol import fields, requests
from appliance.protocol.documents import MAX_FORECAST_ROWS, MIN_ROWS, BadRequest
from appliance.protocol.times import rhythm
from kernels.contract import Series, Task


def _never() -> bool:
    return False


def _without_options(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user says of a forecast besides the options of SQL.

    fill : how gaps are filled, None for what `filling` does by itself.
    non_negative : nothing below 0. whole : whole numbers where those of the series are.
    """

    fill: str | None = None
    non_negative: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A series as it is put to an algorithm.

    own : the series as it is in the file. asked : what the algorithm gets. given : its options.
    axis : None where nothing depends on one. skip : rows ahead that are computed and left out.
    rows : int64 (n,), where the rows of `own` are among those of `asked`, None where they are the same.
    option : one more that the algorithm is given, as text.
    """

    own: FileSeries
    asked: FileSeries
    given: Mapping[str, str]
    axis: Axis | None = None
    skip: int = 0
    remark: str = ""
    wishes: Wishes = Wishes()
    rows: NDArray[np.int64] | None = None
    option: str = ""

    def result(self, kind: Kind[Any], algorithm: str, task: Task, answer: Any) -> FileResult:
        """Return an answer with its times in those of the file."""
        if kind.axis == AHEAD and self.axis is not None:
            answer, task = self._ahead(answer, task)
        elif kind.axis == ENTIRE and self.axis is not None:
            answer = dataclasses.replace(answer, times=self.axis.times(answer.times))
            task = dataclasses.replace(task, times=self.own.times, unit=self.own.precision)
        elif self.rows is not None:
            answer = kind.at_rows(answer, self.rows)
            task = dataclasses.replace(task, times=self.own.times)
        return FileResult.of(self.own, kind, algorithm, task, answer, self.remark)

    def _ahead(self, answer: Any, task: Task) -> tuple[Any, Task]:
        assert self.axis is not None
        positions = np.arange(1, task.rows + 1)
        regular = task.start + task.step * (positions - 1)
        if answer.times is None or np.array_equal(answer.times, regular):
            answer = dataclasses.replace(answer, times=self.axis.times(positions))
        if self.skip:
            kept = {name: getattr(answer, name)[self.skip :] for name in ("value", "low", "high", "times")}
            quantiles = {share: values[self.skip :] for share, values in answer.quantiles.items()}
            answer = dataclasses.replace(answer, **kept, quantiles=quantiles)
            task = dataclasses.replace(task, rows=task.rows - self.skip, start=int(answer.times[0]))
        return self._wished(answer), dataclasses.replace(task, times=self.own.times)

    def _wished(self, answer: Any) -> Any:
        """Return a forecast as the user wants it."""
        least = 0.0 if self.wishes.non_negative else -np.inf
        forecast = next(iter(self.own.columns.values()))  # the further ones help to forecast it
        whole = self.wishes.whole and bool((forecast == np.rint(forecast)).all())
        if not whole and not self.wishes.non_negative:
            return answer

        def wished(array: Series) -> Series:
            array = np.maximum(array, least)
            return np.rint(array) if whole else array

        quantiles = {share: wished(values) for share, values in answer.quantiles.items()}
        arrays = {name: wished(getattr(answer, name)) for name in ("value", "low", "high")}
        return dataclasses.replace(answer, **arrays, quantiles=quantiles)


def place(
    kind: Kind[Any],
    series: FileSeries,
    given: Mapping[str, str],
    wishes: Wishes = Wishes(),  # noqa: B008  (frozen, no state)
    out_of_time: Callable[[], bool] = _never,
    has: Callable[[str], bool] = _without_options,
) -> Placed:
    """Return how a series is put to an algorithm of a kind, with options as they are written at the prompt.

    has : tells whether the algorithm has an option of a name: with a period it counts rows, so that a gap would shift
        what comes after it.

    Raises
    ------
    BadRequest : the rows have no usual step, or not the one that is asked for; a start that is not on their axis; more
        gaps than are filled.
    """
    if kind.axis == AHEAD:
        return _ahead(series, given, wishes, out_of_time, has)
    if kind.axis == ENTIRE:
        return _entire(series, given)
    if kind.axis == ROWS:
        return _rows(series, given, wishes, out_of_time, has)
    return Placed(series, series, given)


def _ahead(
    series: FileSeries,
    given: Mapping[str, str],
    wishes: Wishes,
    out_of_time: Callable[[], bool],
    has: Callable[[str], bool],
) -> Placed:
    found = axis_of(series, given)
    skip = starts.position(given[fields.START], found) - 1 if fields.START in given else 0
    rows = requests.whole(given, OPTION_ROWS, max(len(series.ahead) - skip, 0) or DEFAULT_ROWS)
    if skip and skip + rows > MAX_FORECAST_ROWS:
        raise BadRequest(
            f"start {given[fields.START]} is {skip + 1} steps of {found.frequency} after the last row; with {rows} "
            f"rows that are more than the {MAX_FORECAST_ROWS} that can be forecast"
        )
    first = int(found.times(np.array([1]))[0])
    asked = {**given, fields.EVERY: str(found.step), fields.START: str(first), OPTION_ROWS: str(rows + skip)}
    if series.known:
        series = _known_at(series, found, rows + skip, wishes)
    whole, told = filling.even(series, found, wishes.fill, out_of_time)
    # gaps are those of the calendar, which an algorithm does not know: none is left for it
    options = [f"{fields.GAPS}={filling.NONE}"] if has(fields.GAPS) else []
    remarks = [told or _remark(series, found)]
    forecast = next(iter(series.columns.values()))
    if has(fields.DECOMPOSITION) and fields.DECOMPOSITION not in given and (low := forecast.min()) <= 0.0:
        options.append(f"{fields.DECOMPOSITION}={fields.ADDITIVE}")  # other than in SQL, which refuses such a series
        remarks.append(f"values down to {low:g}: a season is added to them, it is no factor")
    remark = "; ".join(filter(None, remarks))
    return Placed(series, whole, asked, found, skip, remark, wishes, option=",".join(options))


def _known_at(series: FileSeries, found: Axis, rows: int, wishes: Wishes) -> FileSeries:
    """Return a series with its covariates at so many rows ahead; raises BadRequest where they are not known there."""
    n, given = len(series.times), len(series.ahead)
    if rows > given:
        raise BadRequest(f"covariates are known of {given} rows ahead, {rows} are to be forecast")
    between = filling.steps(dataclasses.replace(series, times=np.append(series.times, series.ahead[:rows])), found)
    off = np.flatnonzero(between[n - 1 :] != 1)
    if len(off):
        at = series.clock.shown(int(series.ahead[off[0]]), series.precision)
        raise BadRequest(f"the row to forecast at {at} is not one step of {found.frequency} after the row before")
    if wishes.fill != filling.NONE and (between > 1).any():
        raise BadRequest(
            f"{counted(int((between > 1).sum()), 'gap')} at steps of {found.frequency}, where no covariate is known: "
            "--fill none takes the rows that are there as evenly spaced"
        )
    return dataclasses.replace(series, known={name: values[: n + rows] for name, values in series.known.items()})


def _entire(series: FileSeries, given: Mapping[str, str]) -> Placed:
    option = fields.FREQ if fields.FREQ in given else None
    if option and (wanted := frequency.parse(given[fields.FREQ], option)).nanoseconds and wanted.unit == "ns":
        return Placed(series, series, {**given, fields.FREQ: str(wanted)})
    found = _axis(series, given, option, fields.FREQ)
    if found.exact:
        return Placed(series, series, {**given, fields.FREQ: str(found.frequency)} if option else given)
    positions = found.positions(series.times)
    off = np.flatnonzero((found.times(positions) != series.times) | (np.diff(positions, prepend=positions[0] - 1) < 1))
    if len(off):
        raise BadRequest(
            f"row {off[0] + 1} at {series.clock.shown(int(series.times[off[0]]), series.precision)} is at no step of "
            f"{found.frequency}"
        )
    numbered = dataclasses.replace(series, times=positions, precision="ms")
    return Placed(series, numbered, {**given, fields.FREQ: "1ms"}, found)


def _rows(
    series: FileSeries,
    given: Mapping[str, str],
    wishes: Wishes,
    out_of_time: Callable[[], bool],
    has: Callable[[str], bool],
) -> Placed:
    """Fill the gaps for the algorithm alone; where that cannot be done and nobody asked for it, leave them."""
    plain = Placed(series, series, given)
    if wishes.fill == filling.NONE or not (wishes.fill or has(fields.PERIOD)):
        return plain
    if len(series.times) < MIN_ROWS or not rhythm(series.times).gaps:
        return plain
    try:
        found = axis.find(series.times, series.precision, series.clock, None, "--fill none")
        between = filling.steps(series, found)
        whole, told = filling.even(series, found, wishes.fill, out_of_time)
    except BadRequest as error:
        if wishes.fill:
            raise
        return dataclasses.replace(plain, remark=f"all rows are taken as evenly spaced: {error}")
    if whole is series:
        return plain
    rows = np.concatenate(([0], np.cumsum(between)))
    return dataclasses.replace(plain, asked=whole, rows=rows, remark=f"{told}; the results have the rows of the file")


def axis_of(series: FileSeries, given: Mapping[str, str]) -> Axis:
    """Return the axis that the rows of a series are on, which a forecast continues; raises BadRequest."""
    option = next((name for name in (fields.EVERY, fields.FREQ) if name in given), None)
    return _axis(series, given, option, fields.EVERY)


def _axis(series: FileSeries, given: Mapping[str, str], option: str | None, otherwise: str) -> Axis:
    asked = _frequency(given[option], option, series.precision) if option else None
    return axis.find(series.times, series.precision, series.clock, asked, f"--{option or otherwise}")


def _frequency(text: str, option: str, precision: str) -> frequency.Frequency:
    if text.isdecimal():  # in the unit of the times, as in SQL
        text += precision
    return frequency.parse(text, f"--{option}")


def _remark(series: FileSeries, found: Axis) -> str:
    """Return how irregular the times are, "" if they are regular."""
    if found.exact:
        seen = rhythm(series.times)
        gaps, short = seen.gaps, seen.short
    else:
        gaps, short = int((np.diff(found.positions(series.times)) > 1).sum()), 0
    if not gaps and not short:
        return ""
    told = f" and {counted(short, 'much shorter step')}" if short else ""
    usual = f"the usual step is {found.frequency}"
    return f"{counted(gaps, 'gap')}{told}, {usual}: the forecast takes all rows as evenly spaced"

"""What an algorithm is: what it is asked, what it answers, and the errors it may raise.

Everything that analyses a series (a kernel, a trained model, a model server, an operator's plug-in) is one `Algorithm`:
it takes a `Task` and gives the answer of its kind. The service knows nothing else about it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Series = NDArray[np.float64]
Flags = NDArray[np.int8]
Times = NDArray[np.int64]  # in the unit of the request's precision
# the kinds of analysis, as the wire names them
ANOMALY, FORECAST, IMPUTATION = "anomaly-detection", "forecast", "imputation"
CORRELATION = "correlation"
# what the number of a correlation is, as the wire names it
COEFFICIENT, DISTANCE, STATISTIC = "correlation_coefficient", "distance", "f_value"
Json = Any  # what the answer's extra keys may hold: finite numbers, strings, lists and dicts of them


class AlgorithmError(ValueError):
    """The request cannot be answered; the message is for the user: what, the value, the bound."""


class BadParameter(AlgorithmError):
    """An option's value is outside its range."""


class BadSeries(AlgorithmError):
    """The data itself rules the algorithm out (not finite, not positive where it must be)."""


class TooShort(AlgorithmError):
    """Fewer observations than the algorithm needs."""


class NotConverged(AlgorithmError):
    """No usable fit was found."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Horizon:
    """The part of a task that a forecast of one interval is made from.

    rows : number of steps ahead, >= 1.
    conf : coverage of the prediction interval, in (0, 1]; 1 means the widest finite interval.
    out_of_time : true once the answer is due. A long search polls it between models and then answers with the
        best one found so far. Kernels never read the clock themselves.
    """

    rows: int
    conf: float = 0.95
    out_of_time: Callable[[], bool] = _never

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise BadParameter(f"forecast rows must be >= 1, got {self.rows}")
        if not 0.0 < self.conf <= 1.0:
            raise BadParameter(f"conf must be in (0, 1], got {self.conf}")


@dataclass(frozen=True, slots=True)
class Task:
    """Everything that one analysis is asked; an algorithm's `Needs` say what of it is looked at.

    columns : name -> float64 (n,), finite: the data. The first one is meant where one is analysed.
    times : int64 (n,) in `unit`, increasing; empty where nobody knows them.
    unit : of all times: s, ms, us or ns.
    start, step : time of the first row that is wanted, and the distance of rows; 0 where the kind has none.
    rows : number of rows wanted after the last one; 0 where the kind has none.
    levels : coverages of the intervals that are wanted, each in (0, 1]; the first is that of `Forecast.low` and `high`.
    bounds : whether an interval is wanted at all.
    past, known : covariates by name: float64 (n,), known up to the last row; float64 (n + rows,), known ahead.
    targets : names of the columns to be forecast where they are several; none: the first one.
    options : the user's options as text, for an algorithm that reads them by itself.
    out_of_time : as in `Horizon`, for every kind.
    """

    columns: Mapping[str, Series]
    times: Times = field(default_factory=lambda: np.empty(0, np.int64))
    unit: str = "ms"
    start: int = 0
    step: int = 0
    rows: int = 0
    levels: tuple[float, ...] = (0.95,)
    bounds: bool = True
    past: Mapping[str, Series] = field(default_factory=dict)
    known: Mapping[str, Series] = field(default_factory=dict)
    targets: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    out_of_time: Callable[[], bool] = _never

    @classmethod
    def of(cls, values: ArrayLike, *, conf: float = 0.95, **asked: Any) -> Task:
        """Return the task of analysing an array, (n,) or (n, columns); `asked` are further fields."""
        table = np.asarray(values, dtype=np.float64)
        columns = table.T if table.ndim == 2 else [table]
        return cls({f"val{at or ''}": column for at, column in enumerate(columns)}, levels=(conf,), **asked)

    @property
    def series(self) -> Series:
        """The first column, float64 (n,)."""
        return next(iter(self.columns.values()))

    @property
    def table(self) -> Series:
        """All columns, float64 (n, columns)."""
        return np.column_stack(list(self.columns.values()))

    @property
    def horizon(self) -> Horizon:
        """Rows, coverage and deadline; raises BadParameter."""
        return Horizon(self.rows, self.levels[0], self.out_of_time)


@dataclass(frozen=True, slots=True)
class Needs:
    """What an algorithm looks at besides the first column.

    columns : ``one``; ``two``: exactly so many; ``many``: all there are.
    rows : the least number of rows it can do anything with; more may be needed with some options.
    times : it answers by the times of the rows, not by their numbers alone.
    covariates : it makes use of them; otherwise a task that has some is refused.
    noise_check : white noise may be refused before it is run.
    options : it reads the user's options by itself, so that no name is unknown.
    """

    columns: Literal["one", "two", "many"] = "one"
    rows: int = 1
    times: bool = False
    covariates: bool = False
    noise_check: bool = True
    options: bool = False


@dataclass(frozen=True, slots=True)
class Detection:
    """A detector's answer.

    flags : int8 (n,): 1 normal, anything negative an anomaly (-1 unless the detector knows classes).
    score : float64 (n,): finite, larger is more anomalous; each detector's docstring gives the unit.
    extra : further keys of the answer, such as the period that was found.
    """

    flags: Flags
    score: Series
    extra: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecaster's answer.

    value, low, high : float64 (rows,), finite, low <= value <= high: forecast and prediction interval.
    mse : mean of the squared in-sample one-step errors, in squared units of the series; None if unknown.
    period : the season length used, 0 for none.
    times : int64 (rows,), where an algorithm answers for other times than the regular ones it was asked for.
    quantiles : share -> float64 (rows,), where an algorithm tells more of the distribution than one interval.
    extra : further keys of the answer (``model_info``, ``diagnostics``, ...), JSON-ready and finite.
    """

    value: Series
    low: Series
    high: Series
    mse: float | None = None
    period: int = 0
    extra: Mapping[str, Json] = field(default_factory=dict)
    times: Times | None = None
    quantiles: Mapping[float, Series] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filling:
    """The answer of an algorithm that fills gaps: the series on its whole time axis.

    times : int64 (m,), increasing, in the task's unit; holds all times of the task.
    value : float64 (m,), finite; as it was given where it was given.
    filled : bool (m,): true where the value was missing.
    error : float64 (m,), finite: standard error of the value, 0 where it was given; None if unknown.
    period : the season length used, 0 for none.
    extra : further keys of the answer.
    """

    times: Times
    value: Series
    filled: NDArray[np.bool_]
    error: Series | None = None
    period: int = 0
    extra: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Correlation:
    """What two columns have to do with each other.

    value : the number that says it, finite. measure : what it is: COEFFICIENT (-1 to 1), DISTANCE or STATISTIC (>= 0).
    lag : rows by which the second column is behind the first; None where none is looked for.
    p_value : probability of as much by chance, in [0, 1]; None if unknown.
    path : int64 (k, 2), rows of the first column and of the second that belong together; None if unknown.
    lags, at_lags : int64 (k,), float64 (k,): coefficients at several lags; None if unknown.
    reverse : the same for exchanged columns, where that is another question.
    extra : further keys of the answer.
    """

    value: float
    measure: str = COEFFICIENT
    lag: int | None = None
    p_value: float | None = None
    path: NDArray[np.int64] | None = None
    lags: NDArray[np.int64] | None = None
    at_lags: Series | None = None
    reverse: Correlation | None = None
    extra: Mapping[str, Json] = field(default_factory=dict)


Answer = Detection | Forecast | Filling | Correlation


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One algorithm of one kind.

    name : lowercase wire name, at most 63 bytes, unique within its kind.
    desc : one line for `/list`.
    kind : ANOMALY, FORECAST, ...
    params : its options, a frozen dataclass derived from `kernels.options.Options`.
    run : (task, params) -> the answer of its kind; raises AlgorithmError.
    needs : what of the task it looks at.
    shown : the options and defaults that `/list` shows; None: those of `params`.
    """

    name: str
    desc: str
    kind: str
    params: type[Any]
    run: Callable[[Task, Any], Answer]
    needs: Needs = Needs()
    shown: Mapping[str, Json] | None = None


def as_series(values: ArrayLike, *, at_least: int = 1) -> Series:
    """Return an own float64, C-contiguous, writable copy of one series, refusing what no kernel can use.

    This is the one wrapper in front of the jitted code: kernels are compiled for exactly this layout.

    Raises
    ------
    TooShort : fewer than `at_least` values.
    BadSeries : not one-dimensional, or a value that is not finite.
    """
    series = np.array(values, dtype=np.float64, order="C")
    if series.ndim != 1:
        raise BadSeries(f"one series expected, got an array of shape {series.shape}")
    _refuse(series, at_least)
    return series


def as_pair(task: Task, name: str, *, at_least: int = 1) -> tuple[Series, Series]:
    """Return own copies of the two columns of a task, which may be of unequal length.

    Raises
    ------
    BadSeries : not two columns, or a value that is not finite. TooShort : fewer than `at_least` values.
    """
    if len(task.columns) < 2:
        raise BadSeries(f"a second data column is required for {name}")
    if len(task.columns) > 2:
        raise BadSeries(f"{name} looks at two columns, got {len(task.columns)}")
    first, second = task.columns.values()
    return as_series(first, at_least=at_least), as_series(second, at_least=at_least)


def as_columns(values: ArrayLike, *, at_least: int = 1) -> Series:
    """Like `as_series` for several columns: float64 (n, columns), a single series becomes one column."""
    table = np.array(values, dtype=np.float64, order="C")
    if table.ndim == 1:
        table = table.reshape(-1, 1)
    if table.ndim != 2:
        raise BadSeries(f"columns of one length expected, got an array of shape {table.shape}")
    _refuse(table, at_least)
    return table


def _refuse(values: Series, at_least: int) -> None:
    if values.shape[0] < at_least:
        raise TooShort(f"at least {at_least} values are needed, got {values.shape[0]}")
    finite = np.isfinite(values)
    if not finite.all():
        row = int(np.argmin(finite.reshape(len(values), -1).all(axis=1)))
        raise BadSeries(f"value at row {row} is not finite: {values[row]}")

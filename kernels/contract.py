"""What an algorithm is: its input, its answer, its parameters and the errors it may raise.

Everything that detects or forecasts (a kernel, a trained model, an operator's plug-in) is described by one
`Detector` or one `Forecaster`; the service knows nothing else about it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Series = NDArray[np.float64]
Flags = NDArray[np.int8]
Times = NDArray[np.int64]  # in the unit of the request's precision
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


def option(
    default: Any,
    doc: str,
    *,
    aliases: tuple[str, ...] = (),
    parse: Callable[[str], Any] | None = None,
) -> Any:
    """Declare one parameter of an algorithm: a dataclass field with what the wire and the docs need.

    Parameters
    ----------
    default : the value when the user says nothing; also what `/list` shows.
    doc : one line for the user: meaning, unit, range.
    aliases : other spellings accepted on the wire.
    parse : text -> value, where the field's type alone does not say it (``int | Literal["auto"]`` and the like).
        Raises ``BadParameter`` or ``ValueError``.
    """
    return field(default=default, metadata={"doc": doc, "aliases": aliases, "parse": parse})


@dataclass(frozen=True, slots=True)
class NoParams:
    """An algorithm without parameters."""


@dataclass(frozen=True, slots=True)
class RawOptions:
    """The parameters of an algorithm that reads the request by itself, such as an operator's plug-in.

    An algorithm whose `params` is this class, or derived from it, is handed the request as it came.

    options : the user's options as text, unknown ones included.
    times : int64 (n,), the time column.
    precision : unit of all times: ms, us or ns.
    start, step : first time of the forecast and the distance of its times; 0 for a detector.
    return_conf : whether the forecast's bounds are wanted.
    covariates : column name -> float64 values, further columns of a forecast.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    times: Times = field(default_factory=lambda: np.empty(0, np.int64))
    precision: str = "ms"
    start: int = 0
    step: int = 0
    return_conf: bool = True
    covariates: Mapping[str, Series] = field(default_factory=dict)

    listed: ClassVar[Mapping[str, Json]] = {}  # what `/list` shows as the algorithm's parameters


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


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Horizon:
    """What is asked of a forecaster besides its own parameters.

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
class Forecast:
    """A forecaster's answer.

    value, low, high : float64 (rows,), finite, low <= value <= high: forecast and prediction interval.
    mse : mean of the squared in-sample one-step errors, in squared units of the series; None if unknown.
    period : the season length used, 0 for none.
    times : int64 (rows,), where an algorithm answers for other times than the regular ones it was asked for.
    extra : further keys of the answer (``model_info``, ``diagnostics``, ...), JSON-ready and finite.
    """

    value: Series
    low: Series
    high: Series
    mse: float | None = None
    period: int = 0
    extra: Mapping[str, Json] = field(default_factory=dict)
    times: Times | None = None


@dataclass(frozen=True, slots=True)
class Detector:
    """An anomaly detection algorithm.

    name : lowercase wire name, at most 63 bytes.
    desc : one line for `/list`.
    params : frozen dataclass whose fields are made by `option`; its ``__post_init__`` refuses bad values.
    detect : (series, params) -> Detection. The series is float64, finite, C-contiguous; shape (n,), or (n, columns)
        when `multivariate`.
    multivariate : takes all data columns at once; otherwise the first one.
    """

    name: str
    desc: str
    params: type[Any]
    detect: Callable[[Series, Any], Detection]
    multivariate: bool = False

    type = "anomaly-detection"


@dataclass(frozen=True, slots=True)
class Forecaster:
    """A forecasting algorithm; fields as in `Detector`, forecast is (series, horizon, params) -> Forecast."""

    name: str
    desc: str
    params: type[Any]
    forecast: Callable[[Series, Horizon, Any], Forecast]

    type = "forecast"


Algorithm = Detector | Forecaster


def defaults(params: type[Any]) -> dict[str, Json]:
    """Return the parameter names and default values of a params dataclass, for `/list`."""
    if issubclass(params, RawOptions):
        return dict(params.listed)
    return {f.name: f.default for f in dataclasses.fields(params)}


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

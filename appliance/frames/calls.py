"""`detect`, `forecast`, `impute`, `correlate` and `compare` for Python: what the commands do, over frames and arrays.

They share the commands' code from the columns on, so a frame, a file and a node give the same answer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from appliance.analysis.kinds import BY_NAME, KINDS, imputation
from appliance.analysis.kinds.anomaly import FLAGS, WINDOWS
from appliance.files.draw import image
from appliance.files.run.arguments import ALL
from appliance.files.run.placing import Wishes
from appliance.files.series import UsageError
from appliance.frames import arguments
from appliance.frames.arguments import Names
from appliance.frames.course import SeriesWarning, call_of, compared, each_pair, for_python, is_array, node, run
from appliance.frames.picture import Picture
from appliance.protocol import fields

__all__ = ["SeriesWarning", "compare", "correlate", "detect", "forecast", "impute", "list_algorithms", "plot"]


def detect(
    data: Any,
    algo: str = "auto",
    *,
    output: Literal["rows", "windows"] = "rows",
    time: str | None = None,
    value: Names = None,
    by: Names = None,
    **more: Any,
) -> Any:
    """Find anomalies in every series of a frame, or in one array.

    Parameters
    ----------
    data : a frame of pandas, polars or pyarrow, a dict of arrays; or the values alone: an array or a list, (n,) or
        (n, columns), or a series of such a library. One of pandas with an index of times is a frame.
    algo : name of a detector; `list_algorithms("anomaly")` has them all.
    output : a row for each row of the data, with ``flag`` (1 normal, -1 anomalous) and ``score``; or one for each
        window of anomalous rows. Of ``auto`` and ``spike`` both tell what was expected, and ``found_by``, the detectors
        that find the window unusual: what ``shape`` alone has found may lie within the band.
    time, value, by : columns. Not needed where only one column can be meant, or for ``unique_id, ds, y``. `value` may
        be several, or a pattern such as ``"HU*"``; `by` names the series.
    **more : options of the algorithm, such as ``k=2``; and, by the names of the options of `taosanode detect`, ``tz``,
        ``precision``, ``time_format``, ``sort``, ``drop_nulls``, ``duplicates``, ``last``, ``threads``, ``timeout``,
        ``config``, ``plot``, ``plot_parts``. ``errors="warn"`` leaves series that cannot be analysed out with a
        warning.

    Returns
    -------
    A frame of the library that `data` came from, a dict of arrays for a dict; a `Detection` for an array. Dates, and
    time stamps with or without a zone, stay what they are; times that are numbers or text become time stamps.

    Raises
    ------
    AlgorithmError : what was asked for is wrong, or a series cannot be analysed.

    Examples
    --------
    >>> import taosanode
    >>> found = taosanode.detect([5, 6, 5, 6, 5, 99, 5, 6, 5, 6], "iqr")
    >>> found.flags.tolist()
    [1, 1, 1, 1, 1, -1, 1, 1, 1, 1]
    """
    tables = {"rows": FLAGS, "windows": WINDOWS}
    with for_python():
        if output not in tables:
            raise UsageError(f"output must be rows or windows, got {output!r}")
        return run(data, call_of("anomaly", tables[output], algo, (time, value, by), more))


def forecast(
    data: Any,
    h: int | None = None,
    algo: str = "auto",
    *,
    time: str | None = None,
    value: Names = None,
    by: Names = None,
    conf: float | Sequence[float] = 95,
    freq: str | None = None,
    fill: str | None = None,
    non_negative: bool = False,
    whole: bool = False,
    covariate: Names = None,
    future: Any = None,
    **more: Any,
) -> Any:
    """Forecast every series of a frame, or one array.

    Parameters
    ----------
    data, time, value, by, **more : as in `detect`; columns of several values are series of their own.
    h : rows to forecast, 10 if not given; with covariates as many as there are rows without a value at the end.
    algo : name of a forecaster; `list_algorithms("forecast")` has them all.
    conf : coverage of the interval in per cent, or several: then the bounds are called ``low_80``, ``high_80``, ...
    freq : step of the rows, such as ``"1h"``, ``"1mo"``, ``"B"``; else the usual one of the series.
    fill : what gaps are filled with before: kalman, linear, previous, zero or none; else kalman up to 30 % of the rows.
    non_negative : nothing below 0. whole : whole numbers where those of the series are, as int64 if all
        of a column are.
    covariate : columns of a frame that are known ahead and help to forecast: it goes on with rows without a value.
    future : those rows, in a frame of their own: time, series and covariates.

    Returns
    -------
    A frame as in `detect`: series, ``time``, ``forecast``, ``low``, ``high``; a `Forecast` for an array.

    Raises
    ------
    AlgorithmError : as in `detect`.

    Examples
    --------
    >>> import taosanode
    >>> taosanode.forecast([1, 2, 3, 4] * 6, h=4).value.round(3).tolist()
    [1.0, 2.0, 3.0, 4.0]
    """
    with for_python():
        wanted = arguments.levels(conf)
        asked = {fields.CONF: f"{wanted[0]:g}", **({} if h is None else {"rows": h})}
        asked |= {} if freq is None else {fields.EVERY: freq}
        arguments.check("forecast", algo, {"fill": fill})
        wishes = Wishes(fill, bool(non_negative), bool(whole))
        beside = arguments.names(covariate)
        if beside and is_array(data):
            raise UsageError("covariates are columns of a frame, or of a dict of arrays")
        if future is not None and not beside:
            raise UsageError("--future needs --covariate: the columns that are known there")
        call = call_of("forecast", "forecast", algo, (time, value, by), {**asked, **more}, wishes, wanted)
        call = dataclasses.replace(call, asked=dataclasses.replace(call.asked, covariates=beside or ""), future=future)
        return run(data, call)


def impute(
    data: Any,
    algo: str = "kalman",
    *,
    time: str | None = None,
    value: Names = None,
    by: Names = None,
    freq: str | None = None,
    **more: Any,
) -> Any:
    """Fill the gaps of every series of a frame, or the values of one array that are not numbers.

    Parameters
    ----------
    data, time, value, by, **more : as in `detect`. Rows without a value are gaps, as missing rows are.
    algo : `list_algorithms("imputation")` has them all. freq : as in `forecast`.

    Returns
    -------
    A frame as in `detect` on the regular axis of times; a `Filling` for an array.

    Raises
    ------
    AlgorithmError : as in `detect`; also for an array whose first or last value is missing.

    Examples
    --------
    >>> import taosanode
    >>> taosanode.impute([1, 2, float("nan"), 4, 5, 6, 7, 8, 9, 10, 11], "linear").value.tolist()
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]
    """
    asked = {**({} if freq is None else {fields.FREQ: freq}), "drop_nulls": True, **more}
    with for_python():
        return run(data, call_of("imputation", imputation.SERIES, algo, (time, value, by), asked))


def correlate(
    data: Any,
    algo: str = "pearsonr",
    *,
    time: str | None = None,
    value: Names = None,
    by: Names = None,
    **more: Any,
) -> Any:
    """Compare every column or series of a frame with every other one, or two arrays with each other.

    Parameters
    ----------
    data, time, value, by, **more : as in `detect`; without `value` all columns of numbers. An array is (n, 2).
    algo : `list_algorithms("correlation")` has them all.

    Returns
    -------
    A frame as in `detect`, a row for each pair: ``first``, ``second``, ``rows`` that both have, ``value``, ``lag``,
    ``p_value``; the pairs that have most to do with each other first. A `Correlation` for an array.

    Raises
    ------
    AlgorithmError : as in `detect`.

    Examples
    --------
    >>> import taosanode
    >>> round(taosanode.correlate([(row, 3 * row) for row in range(20)]).value, 6)
    1.0
    """
    with for_python():
        call = call_of("correlation", "", algo, (time, value, by), more)
        call = dataclasses.replace(call, asked=dataclasses.replace(call.asked, every_value=True))
        return run(data, call, each_pair)


def compare(
    data: Any,
    algos: str | Sequence[str] | None = None,
    kind: Literal["anomaly", "forecast", "imputation"] | None = None,
    *,
    time: str | None = None,
    value: Names = None,
    by: Names = None,
    labels: str | None = None,
    folds: int | None = None,
    season: int | None = None,
    **more: Any,
) -> Any:
    """Tell which algorithm is best for some series, by answers about the past that can be checked.

    Parameters
    ----------
    data, time, value, by, **more : as in `detect`, for a frame.
    algos : which are compared, also settings such as ``ets:model=AAN``; None for all.
    kind : of analysis; else anomaly if there are labels, forecast if not.
    labels : the column that says which rows are anomalies. folds : forecasts of the past of each series.
    season : rows in the season of the naive forecast to beat.

    Returns
    -------
    A frame as in `detect`, a row for each algorithm; the best first.

    Raises
    ------
    AlgorithmError : as in `detect`.
    """
    names = ALL if algos is None else algos if isinstance(algos, str) else ",".join(algos)
    with for_python():
        call = call_of(kind or ("forecast" if labels is None else "anomaly"), "", "", (time, value, by), more)
        call = dataclasses.replace(call, asked=dataclasses.replace(call.asked, labels=labels))
        return compared(data, call, names, folds, season)


def plot(
    data: Any,
    path: str | Path,
    kind: Literal["anomaly", "forecast", "imputation"] = "anomaly",
    algo: str | None = None,
    *,
    parts: bool = False,
    **more: Any,
) -> Picture:
    """Draw every series of a frame, or one array, with what an algorithm finds out about it.

    Parameters
    ----------
    data, **more : as in `detect`, `forecast` or `impute`, whichever the kind names.
    path : of the picture; its suffix, .png or .svg, tells the form. algo : None for the default of that function.
    parts : draw trend, seasons and remainder below each series too; for anomaly and forecast.

    Returns
    -------
    The path; in a notebook, the picture is shown.

    Raises
    ------
    AlgorithmError : as in `detect`; also a kind that cannot be drawn so, or another suffix.
    """
    drawn: dict[str, Callable[..., Any]] = {"anomaly": detect, "forecast": forecast, "imputation": impute}
    with for_python():
        if kind not in drawn:
            raise UsageError(f"kind must be one of {', '.join(drawn)}, got {kind!r}")
        image.check(Path(path))
    drawn[kind](data, plot=path, plot_parts=parts, **({} if algo is None else {"algo": algo}), **more)
    return Picture(path)


def list_algorithms(kind: str | None = None, config: str | Path | None = None) -> dict[str, str]:
    """Return the algorithms of a kind, or of all, each with one line about it.

    Parameters
    ----------
    kind : anomaly, forecast, imputation or correlation. config : the node's configuration, for algorithms of your own.

    Raises
    ------
    AlgorithmError : no such kind.
    """
    with for_python():
        if kind is not None and kind not in BY_NAME:
            raise UsageError(f"kind must be one of {', '.join(BY_NAME)}, got {kind!r}")
        _, catalog = node(config)
        kinds = [BY_NAME[kind]] if kind else KINDS
        return {name: one.desc for each in kinds for name, one in catalog.of_kind(each.wire_type).items()}

"""Data frames as a table of the database that reads files, and results as frames of the library they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import numpy as np

from appliance.analysis.kind import REAL, TEXT, TIME, WHOLE, Column, Columns
from appliance.files.read.database import quoted
from appliance.files.read.formats import FRAME, File
from appliance.files.read.reading import Source
from appliance.files.series import UsageError
from appliance.files.write.writing import EXACT, joined

SHOWN = "the frame"  # what messages call it
TABLE = "frame"
EMPTY: Mapping[str, Any] = {TIME: np.int64, WHOLE: np.int64, REAL: np.float64, TEXT: object}  # type -> that of no rows
INDEX = "time"  # the name of a pandas index of times that has none


@dataclass(frozen=True, slots=True)
class Frame:
    """A data frame of pandas, polars, pyarrow or any other library that narwhals knows.

    library : which. columns : name -> array (n,). types : name -> narwhals' type.
    """

    library: Any
    columns: Mapping[str, np.ndarray[Any, Any]]
    types: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, data: Any) -> Frame:
        """Take the columns out of a frame; raises UsageError if it is none."""
        if isinstance(data, Mapping):
            return cls(None, {str(name): np.asarray(values) for name, values in data.items()})
        if nw.dependencies.is_pandas_dataframe(data) or nw.dependencies.is_pandas_series(data):
            data = _named(_with_index(data))
        try:
            frame = nw.from_native(data, eager_only=True)
        except TypeError:
            raise UsageError(
                "a data frame in memory (pandas, polars, pyarrow), a dict of arrays, an array or a list is expected, "
                f"got {type(data).__module__}.{type(data).__name__}"
            ) from None
        columns = {name: _array(frame[name]) for name in frame.columns}
        return cls(frame.implementation, columns, dict(frame.schema))

    def zone(self, name: str) -> str | None:
        """Return the time zone of a column, None if it has none."""
        return getattr(self.types.get(name), "time_zone", None)

    def register(self, connection: duckdb.DuckDBPyConnection, called: str = TABLE) -> File:
        """Make the columns a table of a database, called so; returns what `Source` reads.

        Raises
        ------
        UsageError : no column, or columns of unlike lengths.
        """
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) != 1:
            shown = ", ".join(f"{name}: {rows}" for name, rows in lengths.items())
            raise UsageError(f"columns of one length are needed, got {shown or 'none'}")
        connection.register(called, {name: _stamps(column) for name, column in self.columns.items()})
        cells = []
        for name in self.columns:
            cell = quoted(name)
            if self.zone(name):
                exact = "TIMESTAMPTZ_NS" if self.columns[name].dtype == np.dtype("datetime64[ns]") else "TIMESTAMPTZ"
                cell = f"CAST({cell} AS {exact}) AS {cell}"
            cells.append(cell)
        view, shown = f"{called}_with_zones", SHOWN if called == TABLE else f"the frame {called}"
        connection.execute(f"CREATE TEMP VIEW {view} AS SELECT {', '.join(cells)} FROM {called}")
        return File(Path(view), shown, FRAME, gzipped=False)


def alone(data: Any) -> Any:
    """Return the values of a series of pandas, polars or pyarrow as an array, anything else as it is.

    One of pandas stays, as a frame with times, if its index has times or a name.
    """
    if nw.dependencies.is_pandas_series(data):
        index = data.index
        timed = str(index.dtype).startswith("datetime64") or hasattr(index, "to_timestamp")
        if timed or index.nlevels > 1 or index.name is not None:
            return data
    try:
        values = nw.from_native(data, series_only=True)
    except TypeError:
        return data
    if not values.dtype.is_numeric():
        raise UsageError(f"a series of numbers is expected, got {values.dtype}")
    return values.cast(nw.Float64).to_numpy()


def build(
    frame: Frame,
    source: Source,
    columns: Columns,
    found: Sequence[tuple[int, Sequence[Column | None]]],
    whole: bool = False,
) -> Any:
    """Return results as a frame of the library that the data came from; a dict of arrays for a dict.

    Parameters
    ----------
    source : what the data were read by. columns : one of a kind's tables.
    found : number of each series, and its cells, column by column, None for what it does not tell; what none tells is
        left out. The column of times has the name that it has in the data.
    whole : columns of whole numbers are of integers.
    """
    when = source.time
    own = when if when not in columns or when == "time" else f"{when}_1"
    named = {name: own if name == "time" else name for name in columns}
    cells: dict[str, np.ndarray[Any, Any]] = {}
    lengths = [next(len(cell) for cell in row if cell is not None) for _, row in found]
    for at, by in enumerate(source.by):
        values = [source.keys[number][at] for number, _ in found]
        cells[by.name if by.name not in columns else f"{by.name}_1"] = np.repeat(
            np.array(values, dtype=object), lengths
        )
    for at, (name, type_) in enumerate(columns.items()):
        told = [row[at] for _, row in found]
        if found and all(cell is None for cell in told):
            continue
        column = joined(type_, told, lengths) if found else np.empty(0, EMPTY[type_])
        if whole and type_ == REAL and (np.abs(column) <= EXACT).all() and (column == np.rint(column)).all():
            column = column.astype(np.int64)
        cells[named[name]] = _moments(column, source, frame) if type_ == TIME else column
    if frame.library is None:
        return cells
    text = {named[name] for name, type_ in columns.items() if type_ == TEXT}  # an array of objects stays one in polars
    listed = {name: column.tolist() if name in text else column for name, column in cells.items()}
    made = nw.from_dict(listed, backend=frame.library)
    typed = [_like(made[name], frame.types.get(by.name)) for name, by in zip(cells, source.by, strict=False)]
    for name, type_ in columns.items():
        name = named[name]
        if type_ == TEXT and name in cells and made[name].dtype not in (nw.String, nw.Object):  # nothing but nulls
            typed.append(made[name].cast(nw.String))
        elif type_ == TIME and (zone := frame.zone(when)):
            typed.append(made[name].dt.replace_time_zone("UTC").dt.convert_time_zone(zone))
        elif type_ == TIME and frame.types[when] == nw.Date and not (_clock(made[name]) % 86_400_000_000).any():
            typed.append(made[name].cast(nw.Date))
    return made.with_columns(*typed).to_native() if typed else made.to_native()


def plain(frame: Frame, columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> Any:
    """Return rows of cells as a frame of the library that the data came from; columns : name -> type, as in SQL."""
    cells: dict[str, list[Any]] = {name: [row[at] for row in rows] for at, name in enumerate(columns)}
    if frame.library is None:
        return {name: np.array(column) for name, column in cells.items()}
    types = {"VARCHAR": nw.String(), WHOLE: nw.Int64(), REAL: nw.Float64()}
    schema = {name: types[type_] for name, type_ in columns.items()}
    for name, type_ in columns.items():
        if type_ == WHOLE and None in cells[name]:  # not every library has integers that may be missing
            schema[name] = nw.Float64()
    return nw.from_dict(cells, schema, backend=frame.library).to_native()


def _with_index(data: Any) -> Any:
    """Return a pandas frame, of which what the index names, and an index of times, are columns."""
    index = data.index
    if nw.dependencies.is_pandas_series(data):
        data = data.to_frame(data.name if data.name is not None else "value")
    if hasattr(index, "to_timestamp"):  # periods
        data = data.set_axis(index.to_timestamp(), axis=0)
    index = data.index
    if index.nlevels > 1:
        return data.reset_index(names=[name or f"level_{at}" for at, name in enumerate(index.names)])
    if str(index.dtype).startswith("datetime64"):
        return data.reset_index(names=index.name or INDEX)
    return data if index.name is None or index.name in data.columns else data.reset_index()


def _named(data: Any) -> Any:
    """Return a pandas frame whose columns have text for names; raises UsageError where a name is no single one."""
    if data.columns.nlevels > 1:
        raise UsageError(f"columns need one name each, got names in {data.columns.nlevels} levels")
    names = [str(name) for name in data.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"the frame has {', '.join(twice)[:200]} more than once among its columns")
    return data if names == list(data.columns) else data.set_axis(names, axis=1)


def _stamps(column: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return time stamps in a unit that the database computes with; other columns as they are."""
    exact = column.dtype.kind != "M" or column.dtype == np.dtype("datetime64[ns]")
    return column if exact else column.astype("datetime64[us]")


def _array(series: nw.Series[Any]) -> np.ndarray[Any, Any]:
    """Return a column as the database takes it: numbers, time stamps without a zone, or text; None where it is null."""
    type_ = series.dtype
    if type_ == nw.Datetime:
        if getattr(type_, "time_zone", None):
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return series.to_numpy()
    if type_ == nw.Date:
        return series.cast(nw.Datetime("us")).to_numpy()
    if type_.is_numeric():
        inexact = series.null_count() or type_.is_decimal() or type_ in (nw.Int128, nw.UInt128)
        return (series.cast(nw.Float64) if inexact else series).to_numpy()
    if type_ == nw.Boolean and not series.null_count():
        return series.to_numpy()
    if type_ == nw.Unknown and str(series.to_native().dtype).startswith("datetime64"):  # a zone of dateutil
        raise UsageError(f"column {series.name} has a time zone without a name; tz_convert gives it one")
    if type_ in (nw.List, nw.Array, nw.Struct, nw.Duration):  # not every library has text for them
        return np.array([None if cell is None else str(cell) for cell in series.to_list()], dtype=object)
    return series.cast(nw.String).to_numpy().astype(object)


def _moments(times: np.ndarray[Any, Any], source: Source, frame: Frame) -> np.ndarray[Any, Any]:
    """Return times as time stamps, as exact as those of the frame; without a zone they are UTC, or its own clock's."""
    if source.clock.naive:
        times = source.clock.wall(times, source.precision)
    given = frame.columns[source.time]
    stamps = times.astype(np.int64).view(f"datetime64[{source.precision}]")
    return stamps.astype(np.promote_types(given.dtype, stamps.dtype)) if given.dtype.kind == "M" else stamps


def _like(series: nw.Series[Any], type_: Any) -> nw.Series[Any]:
    """Return names of series in the type of the column that they come from, where text can be turned into it."""
    if type_ is None or type_ in (nw.String, nw.Object):
        return series
    if type_.is_numeric() or type_ == nw.Categorical:
        return series.cast(type_)
    return series == "true" if type_ == nw.Boolean else series


def _clock(series: nw.Series[Any]) -> np.ndarray[Any, Any]:
    return series.cast(nw.Datetime("us")).to_numpy().astype(np.int64)

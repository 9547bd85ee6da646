"""The rows of a file as a table of numbers, without times: what models of rows are trained on."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from appliance.files.read import columns as roles
from appliance.files.read import database, formats
from appliance.files.read.columns import NUMBER, Column, number_sql
from appliance.files.series import FileError
from kernels.contract import Series

MAX_CELLS = 50_000_000  # held in memory


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of numbers.

    names : of the columns. values : float64 (n, columns), finite.
    target : (n,) of another column, numbers or text; None where none is wanted. left_out : rows with an empty cell.
    """

    names: tuple[str, ...]
    values: Series
    target: NDArray[Any] | None
    left_out: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says of the file.

    values : names or patterns, None for all columns of numbers. target : name of one more column.
    time : name of a column that is none of the values. drop_nulls : rows with an empty cell are left out.
    decimal : as in `reading.Asked`.
    """

    values: str | None = None
    target: str | None = None
    time: str | None = None
    drop_nulls: bool = False
    decimal: str | None = None


def read(name: str, asked: Asked) -> Table:
    """Return the rows in the order of the file.

    Parameters
    ----------
    name : of a file in one of the formats, or ``-``.

    Raises
    ------
    FileError : no such file or column, a cell without a finite number, or none at all.
    """
    with tempfile.TemporaryDirectory(prefix="taosanode-") as folder:
        scratch = Path(folder).resolve()
        file = formats.open_file(name, scratch)
        with database.connect(scratch, [file.path]) as connection:
            try:
                return _read(connection, file, asked)
            except duckdb.Error as error:
                raise FileError(f"{file.shown} cannot be read: {database.reason(error)}") from error
            except FileError as error:
                raise type(error)(f"{file.shown}: {error}") from error


def _read(connection: duckdb.DuckDBPyConnection, file: formats.File, asked: Asked) -> Table:
    there = formats.columns(connection, file)
    target = roles.one(there, asked.target, "--target") if asked.target else None
    time = roles.one(there, asked.time, "--time") if asked.time else None
    chosen = roles.numbers(there, asked.values, [each for each in (target, time) if each])
    table = formats.table(connection, file, [*chosen, *([target] if target else [])])
    ((count,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
    if count * len(chosen) > MAX_CELLS:
        raise FileError(f"{count} rows of {len(chosen)} columns, at most {MAX_CELLS} cells can be learned from")
    cells = [f"COALESCE({number_sql(column, asked.decimal)}, 'nan'::DOUBLE) AS v{i}" for i, column in enumerate(chosen)]
    cells += [f"{_target_sql(target, asked.decimal)} AS answer"] if target else []
    found = connection.execute(f"SELECT {', '.join(cells)} FROM {table}").fetchnumpy()
    values = np.column_stack([np.asarray(found[f"v{i}"], dtype=np.float64) for i in range(len(chosen))])
    fine = np.isfinite(values)
    wanted: Any = found["answer"] if target else None
    told = _given(wanted) if target else np.ones(len(values), np.bool_)
    whole = fine.all(axis=1) & told
    if not whole.all() and not asked.drop_nulls:
        row = int(np.argmin(whole))
        column = asked.target if not told[row] else chosen[int(np.argmin(fine[row]))].name
        raise FileError(
            f"column {column}, row {row + 1} holds no finite number; {np.sum(~whole)} of {len(whole)} rows have such "
            "a cell, --drop-nulls leaves them out"
        )
    names = tuple(column.name for column in chosen)
    kept = np.ascontiguousarray(values[whole])
    return Table(names, kept, np.ma.getdata(wanted)[whole] if target else None, int(np.sum(~whole)))


def _target_sql(column: Column, decimal: str | None) -> str:
    """Return the SQL for numbers where a column has them, else for text."""
    if column.kind == NUMBER:
        return f"COALESCE({number_sql(column, decimal)}, 'nan'::DOUBLE)"
    return f"CASE WHEN {roles.given_sql(column)} THEN {column.sql} END" if column.text else column.sql


def _given(target: Any) -> NDArray[np.bool_]:
    """Tell which cells hold anything."""
    there = ~np.ma.getmaskarray(target)
    if target.dtype.kind == "f":
        return np.asarray(there & np.isfinite(np.ma.getdata(target)))
    return np.asarray(there & np.array([cell is not None for cell in np.ma.getdata(target)]))

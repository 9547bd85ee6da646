"""A Parquet file that is held in memory, as columns of numbers and of times, for who looks at it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from appliance.files.read import formats
from appliance.files.read.columns import NUMBER, TIME, TIME_TYPES, Column
from appliance.files.read.database import connect, literal, reason
from appliance.files.series import FileError

PARQUET = b"PAR1"  # what such a file begins with
MAX_CELLS = 2_000_000  # what a browser is sent at once
PER_MS = {"us": 1e3, "ns": 1e6}


def table(content: bytes | bytearray) -> dict[str, Any]:
    """Read a Parquet file.

    Returns
    -------
    ``rows``, and ``columns`` with ``name``, ``kind`` (number or time) and ``values``: float64 (rows,), milliseconds
    since 1970 for times, nan where there is no value. Columns of other types are left out.

    Raises
    ------
    FileError : it is no Parquet file, cannot be read, has no such columns or more than `MAX_CELLS` cells.
    """
    if not content.startswith(PARQUET):
        raise FileError("a Parquet file is expected: it begins with PAR1")
    with tempfile.TemporaryDirectory(prefix="taosanode-page-") as folder:
        place = Path(folder, "table.parquet")
        place.write_bytes(content)
        file = formats.open_file(str(place), Path(folder))
        try:
            with connect(Path(folder), [place]) as connection:
                return _read(connection, file)
        except duckdb.Error as error:
            raise FileError(f"the file cannot be read: {reason(error)}") from error


def _read(connection: duckdb.DuckDBPyConnection, file: formats.File) -> dict[str, Any]:
    wanted = [column for column in formats.columns(connection, file) if column.type in TIME_TYPES or _is_number(column)]
    if not wanted:
        raise FileError("the file has no columns of numbers")
    source = f"read_parquet({literal(file.path)})"
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {source}").fetchall()
    if rows * len(wanted) > MAX_CELLS:
        raise FileError(f"the file has {rows} rows of {len(wanted)} columns, at most {MAX_CELLS} cells can be shown")
    cells = ", ".join(f"{_cell(column)} AS c{place}" for place, column in enumerate(wanted))
    found = connection.execute(f"SELECT {cells} FROM {source}").fetchnumpy()
    values = [np.ma.filled(found[f"c{place}"].astype(np.float64), np.nan) for place in range(len(wanted))]
    kinds = ["number" if _is_number(column) else "time" for column in wanted]
    columns = [
        {"name": column.name, "kind": kind, "values": each}
        for column, kind, each in zip(wanted, kinds, values, strict=True)
    ]
    return {"rows": rows, "columns": columns}


def _is_number(column: Column) -> bool:
    return column.kind == NUMBER


def _cell(column: Column) -> str:
    """Return what reads a column as numbers."""
    if column.kind != TIME:
        return f"CAST({column.sql} AS DOUBLE)"
    unit, function = TIME_TYPES[column.type]
    return f"{function}({column.sql}) / {PER_MS[unit]}"

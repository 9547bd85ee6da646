"""One table of an SQLite or DuckDB file, or the rows of a query, as a file of a format that is read.

Both are opened for reading only. SQLite's cells have types of their own, so its rows become CSV, where the cells of a
column tell what it holds; nothing is downloaded, as the extension of the database library for SQLite would be.
"""

from __future__ import annotations

import csv
import difflib
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from appliance.files.read import database
from appliance.files.read.database import literal, quoted, reason
from appliance.files.series import FileError, UsageError

SQLITE, DUCKDB = "SQLite", "DuckDB"


@dataclass(frozen=True, slots=True)
class Part:
    """What of a database is read: a table, or the rows of a query; neither: the only table."""

    table: str | None = None
    query: str | None = None

    @property
    def option(self) -> str:
        """How the user said so, "" for nothing."""
        return "--table" if self.table is not None else "--query" if self.query is not None else ""


def format_of(begin: bytes) -> str | None:
    """Return which database a file is that begins so, None for neither."""
    if begin.startswith(b"SQLite format 3\0"):
        return SQLITE
    return DUCKDB if begin[8:12] == b"DUCK" else None


def export(place: Path, format_: str, shown: str, part: Part, scratch: Path, decimal: str | None = None) -> Path:
    """Write the rows into a file below `scratch`, CSV of SQLite and Parquet of DuckDB; return its path.

    decimal : what stands before the decimals of numbers in CSV, a point but for a comma.

    Raises
    ------
    UsageError : no such table, several and none named, or a query that the database refuses. FileError
    """
    try:
        if format_ == SQLITE:
            return _sqlite(place, shown, part, scratch / "input.csv", decimal)
        return _duckdb(place, shown, part, scratch)
    except (sqlite3.Error, duckdb.Error) as error:
        why = reason(error) if isinstance(error, duckdb.Error) else str(error)
        if part.query is not None:
            raise UsageError(f"{shown}: --query: {why}") from error
        raise FileError(f"{shown} cannot be read: {why}") from error


def _sqlite(place: Path, shown: str, part: Part, file: Path, decimal: str | None) -> Path:
    with closing(sqlite3.connect(f"{place.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        listing = (
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
        )
        names = [name for (name,) in connection.execute(f"{listing} ORDER BY name")]
        rows = connection.execute(part.query or f"SELECT * FROM {quoted(chosen(names, shown, part))}")
        if rows.description is None:
            raise UsageError(f"{shown}: --query returns no rows")
        with file.open("w", encoding="utf-8", newline="") as text:
            written = csv.writer(text)
            written.writerow([name for name, *_ in rows.description])
            written.writerows(rows if decimal != "," else ([with_comma(cell) for cell in row] for row in rows))
    return file


def _duckdb(place: Path, shown: str, part: Part, scratch: Path) -> Path:
    file, real = scratch / "input.parquet", place.resolve()
    log = real.with_name(f"{real.name}.wal")  # what was written last
    with database.connect(scratch, [real, log]) as connection:
        connection.execute(f"ATTACH {literal(real)} AS source (READ_ONLY, TYPE duckdb)")
        rows = part.query
        if rows is None:
            listing = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'source'"
            found = connection.execute(f"{listing} ORDER BY ALL").fetchall()
            names = {name if schema == "main" else f"{schema}.{name}": (schema, name) for schema, name in found}
            schema, name = names[chosen(list(names), shown, part)]
            rows = f"SELECT * FROM source.{quoted(schema)}.{quoted(name)}"
        connection.execute("USE source")
        connection.execute(f"COPY ({rows.rstrip().rstrip(';')}) TO {literal(file)} (FORMAT parquet)")
    return file


def with_comma(cell: Any) -> Any:
    """Return a number with decimals as text with a comma before them, anything else as it is."""
    return str(cell).replace(".", ",") if isinstance(cell, float) else cell


def chosen(names: Sequence[str], shown: str, part: Part, called: str = "table") -> str:
    """Return the one table that is meant, of those there are.

    called : what users call a table.

    Raises
    ------
    UsageError : there is none of that name, or there are several. FileError : there is none at all.
    """
    if part.table is None and len(names) == 1:
        return names[0]
    if not names:
        raise FileError(f"{shown} has no {called}s")
    if part.table is None:
        raise UsageError(f"{shown} has several {called}s, choose with --table: {', '.join(names)[:500]}")
    if part.table not in names:
        near = difflib.get_close_matches(part.table, names, n=1)
        hint = f", did you mean {near[0]}?" if near else f"; there are: {', '.join(names)[:500]}"
        raise UsageError(f"{shown}: --table: there is no {called} {part.table}{hint}")
    return part.table

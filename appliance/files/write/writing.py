"""Results as a table, CSV, JSON, Parquet or Excel; a file appears when it is complete or not at all."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from appliance.analysis.kind import REAL, TEXT, TIME, WHOLE, Column, Columns
from appliance.files.read.columns import NUMBER, TIME_TYPES, kind
from appliance.files.read.database import literal, quoted, reason
from appliance.files.read.reading import Source
from appliance.files.series import FileError, UsageError
from appliance.files.write import workbook
from appliance.protocol.times import PER_SECOND

EXCEL = "xlsx"
FORMATS = ("table", "csv", "json", "parquet", EXCEL)
BINARY = ("parquet", EXCEL)
SUFFIXES = {".txt": "table", ".csv": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json"}
SUFFIXES |= {".parquet": "parquet", ".pq": "parquet", ".xlsx": EXCEL}
LINES = (".jsonl", ".ndjson")
HELD_ROWS = 500_000  # results kept in Python before the database has them
EXACT = 2**53  # larger whole numbers are not all floats

_STAMP = {"ms": "make_timestamp({0} * 1000)", "us": "make_timestamp({0})", "ns": "make_timestamp_ns({0})"}
_DIGITS = {"ms": "%g", "us": "%f", "ns": "%n"}


class Output:
    """Where the results go: a file that is replaced as a whole, or standard output."""

    def __init__(self, file: Path | None) -> None:
        self._file = file.resolve() if file else None
        self.folder: Path | None = None
        self.delivered = False

    @staticmethod
    def refuse(out: Path | None, option: str, kept: Iterable[Path]) -> None:
        """Refuse to write over a file that is read, also through links; raises UsageError."""
        for file in kept:
            if out is not None and out.exists() and file.exists() and out.samefile(file):
                raise UsageError(f"{option} {out} is the file {file}, which is read: another name is needed")

    def __enter__(self) -> Output:
        if self._file:
            if self._file.exists() and not self._file.is_file():
                raise FileError(f"{self._file} cannot be written: it is no regular file")
            if self._file.exists() and not os.access(self._file, os.W_OK):
                raise FileError(f"{self._file} cannot be written: Permission denied")
            try:
                self.folder = Path(tempfile.mkdtemp(prefix=".taosanode-", dir=self._file.parent))
            except OSError as error:
                raise FileError(f"{self._file} cannot be written: {error.strerror}") from error
        return self

    def __exit__(self, *_: object) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def deliver(self, complete: Path) -> None:
        """Put a complete file into its place."""
        try:
            if self._file:
                os.replace(complete, self._file)
            else:
                with complete.open("rb") as written:
                    shutil.copyfileobj(written, sys.stdout.buffer)
                sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileError(f"{self._file or 'standard output'} cannot be written: {error.strerror}") from error
        self.delivered = True


def put(path: Path, content: bytes) -> None:
    """Make a file of some bytes, as a whole or not at all; raises FileError."""
    with Output(path) as output:
        complete = Path(output.folder or ".") / "whole"
        try:
            complete.write_bytes(content)
        except OSError as error:
            raise FileError(f"{path} cannot be written: {error.strerror}") from error
        output.deliver(complete)


class Results:
    """Collects results and writes them, in the order of the series.

    columns : one of a kind's tables. count : rows so far. A column that no answer tells is not written.
    whole : columns of whole numbers are of integers.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, source: Source, columns: Columns, whole: bool = False
    ) -> None:
        self._connection, self._by, self._columns, self._whole = connection, source.by, columns, whole
        self._precision, self._clock, self._form = source.precision, source.clock, source.moments.form
        self._instants = source.moments.typed or source.clock.zone is not None
        self._held: list[tuple[Any, ...]] = []  # number of the series, how many rows, and their cells
        self._rows = self.count = 0
        self._told: set[int] = set()
        self._times = [i for i, type_ in enumerate(columns.values()) if type_ == TIME]
        described = ", ".join(f"c{i} {WHOLE if type_ == TIME else type_}" for i, type_ in enumerate(columns.values()))
        described += "".join(f", o{i} {WHOLE}" for i in self._times if self._clock.zone)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE results (n INTEGER, {described})")
        parts = "".join(f", k{i} VARCHAR" for i in range(len(source.by)))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE keys (n INTEGER{parts})")
        unnested = "".join(", unnest(?::VARCHAR[])" for _ in source.by)
        lists = [list(range(len(source))), *(list(part) for part in zip(*source.keys, strict=True))]
        connection.execute(f"INSERT INTO keys SELECT unnest(?::INTEGER[]){unnested}", lists)

    def add(self, number: int, cells: Sequence[Column | None]) -> None:
        """Take the result of one series in: its cells, column by column, None for what it does not tell."""
        self._told.update(i for i, column in enumerate(cells) if column is not None)
        rows = next(len(column) for column in cells if column is not None)
        zone = self._clock.zone
        times = [column for i in self._times if (column := cells[i]) is not None]  # they are always told
        offsets = [zone.offsets(each, self._precision) for each in times] if zone else []
        self._held.append((number, rows, *cells, *offsets))
        self._rows += rows
        self.count += rows
        if self._rows >= HELD_ROWS:
            self._flush()

    def write(self, file: Path, format_: str, lines: bool = False) -> None:
        """Write all of them; raises FileError."""
        self._flush()
        _save(self._connection, self._select(format_), file, format_, lines)

    def _flush(self) -> None:
        if not self._held:
            return
        numbers, rows, *parts = zip(*self._held, strict=True)
        types = [*self._columns.values(), *([WHOLE] * (len(parts) - len(self._columns)))]
        whole = [np.repeat(np.array(numbers, np.int32), rows)]
        whole += [joined(type_, column, rows) for type_, column in zip(types, parts, strict=True)]
        self._held, self._rows = [], 0
        names = ["n", *(f"c{i}" for i in range(len(self._columns)))]
        names += [f"o{i}" for i in self._times if self._clock.zone]
        self._connection.register("held", dict(zip(names, whole, strict=True)))
        self._connection.execute("INSERT INTO results SELECT * FROM held")
        self._connection.unregister("held")

    def _select(self, format_: str) -> str:
        cells = []
        for i, column in enumerate(self._by):
            keep = typed_key(column.type)
            name = column.name if column.name.lower() not in self._columns else f"{column.name}_1"
            cells.append(f"CAST(k{i} AS {keep}) AS {quoted(name)}")
        for i, (name, type_) in enumerate(self._columns.items()):
            if i not in self._told:
                continue
            cell = f"c{i}"
            if type_ == TIME:
                cell = self._typed(i, format_ == EXCEL) if self._held_as_times(format_) else self._text(i)
            elif type_ == REAL:
                cell = f"CASE WHEN isfinite({cell}) THEN {cell} END"
                cell = f"CAST({cell} AS {WHOLE})" if self._whole and self._integers(cell) else cell
            cells.append(f"{cell} AS {quoted(name)}")
        return f"SELECT {', '.join(cells)} FROM results JOIN keys USING (n) ORDER BY n, c0, results.rowid"

    def _integers(self, cell: str) -> bool:
        """Tell whether all numbers of a column are integers that are exact."""
        sql = f"SELECT COALESCE(bool_and({cell} = round({cell}) AND abs({cell}) <= {EXACT}), true) FROM results"
        return bool(self._connection.execute(sql).fetchall()[0][0])

    def _held_as_times(self, format_: str) -> bool:
        """Tell whether a format has time stamps as exact as these; Excel's are of milliseconds."""
        return format_ == "parquet" or (format_ == EXCEL and self._precision != "ns")

    def _typed(self, at: int, naive: bool) -> str:
        """Return the SQL for a time as a time stamp; as a date where the file has dates and all times are some.

        naive : the format has no instants, so they are told by the clocks of their zone, or of UTC.
        """
        if not self._clock.naive and not naive:
            stamp = _STAMP[self._precision].format(f"c{at}")
            return f"CAST({stamp} AS TIMESTAMPTZ)" if self._instants and self._precision != "ns" else stamp
        wall = self._wall(at)
        stamp = _STAMP[self._precision].format(wall)
        if self._form:
            per_day = 86_400 * PER_SECOND[self._precision]
            (dates,) = self._connection.execute(f"SELECT bool_and({wall} % {per_day} = 0) FROM results").fetchall()[0]
            return f"CAST({stamp} AS DATE)" if dates else stamp
        return stamp

    def _text(self, at: int) -> str:
        """Return the SQL for a time as text: in the form of the file where that loses nothing, else ISO 8601."""
        wall = self._wall(at)
        stamp = _STAMP[self._precision].format(wall)
        end = "" if self._clock.naive or self._clock.zone else "Z"
        iso = f"strftime({stamp}, '%Y-%m-%dT%H:%M:%S.{_DIGITS[self._precision]}{end}')"
        if self._clock.zone and not self._clock.naive:
            minutes = f"(abs(o{at}) // {60 * PER_SECOND[self._precision]})"
            sign = f"CASE WHEN o{at} < 0 THEN '-' ELSE '+' END"
            iso = f"{iso} || {sign} || format('{{:02d}}:{{:02d}}', {minutes} // 60, {minutes} % 60)"
        if not self._form:
            return iso
        written = self._form.write.format(stamp)
        read = f"epoch_{self._precision}({self._form.read.format(written)})"
        return f"CASE WHEN {read} = {wall} THEN {written} ELSE {iso} END"

    def _wall(self, at: int) -> str:
        return f"(c{at} + o{at})" if self._clock.zone else f"c{at}"


def write_rows(
    connection: duckdb.DuckDBPyConnection,
    columns: Mapping[str, str],
    rows: Sequence[tuple[str | int | float | None, ...]],
    file: Path,
    format_: str,
    lines: bool = False,
) -> None:
    """Write a few rows of cells, in their order; raises FileError.

    columns : name -> type, VARCHAR, WHOLE or REAL.
    """
    described = ", ".join(f"{quoted(name)} {type_}" for name, type_ in columns.items())
    connection.execute(f"CREATE TEMP TABLE few ({described})")
    if rows:
        connection.executemany(f"INSERT INTO few VALUES ({', '.join('?' * len(columns))})", [list(row) for row in rows])
    _save(connection, "SELECT * FROM few ORDER BY rowid", file, format_, lines)


def _save(connection: duckdb.DuckDBPyConnection, rows: str, file: Path, format_: str, lines: bool) -> None:
    try:
        if format_ == "table":
            _table(connection, rows, file)
            return
        if format_ == EXCEL:
            workbook.write(connection, rows, file)
            return
        how = {
            "csv": "FORMAT csv, HEADER true",
            "json": f"FORMAT json, ARRAY {'false' if lines else 'true'}",
            "parquet": "FORMAT parquet, COMPRESSION zstd",
        }[format_]
        connection.execute(f"COPY ({rows}) TO {literal(file)} ({how})")
    except (duckdb.Error, OSError) as error:
        why = reason(error) if isinstance(error, duckdb.Error) else error.strerror
        raise FileError(f"the results cannot be written: {why}") from error


def _table(connection: duckdb.DuckDBPyConnection, rows: str, file: Path) -> None:
    """Write columns of equal width: text to the left, numbers to the right."""
    described = [(name, type_) for name, type_, *_ in connection.execute(f"DESCRIBE {rows}").fetchall()]
    shown = {
        name: f"COALESCE(format('{{:.6g}}', {quoted(name)}), '')"
        if type_ == REAL
        else f"COALESCE(regexp_replace(CAST({quoted(name)} AS VARCHAR), '[[:cntrl:]]', ' ', 'g'), '')"
        for name, type_ in described
    }
    longest = ", ".join(f"max(length({cell}))" for cell in shown.values())
    (widths,) = connection.execute(f"SELECT {longest} FROM ({rows})").fetchall()
    padded, header = [], []
    for (name, type_), width in zip(described, widths, strict=True):
        pad, width = ("lpad" if type_ in (REAL, WHOLE) else "rpad"), max(width or 0, len(name))
        header.append(name.rjust(width) if pad == "lpad" else name.ljust(width))
        padded.append(f"{pad}({shown[name]}, {width}, ' ')")
    lines = connection.execute(f"SELECT rtrim(concat_ws('  ', {', '.join(padded)})) FROM ({rows})")
    with file.open("w", encoding="utf-8") as text:
        text.write("  ".join(header).rstrip() + "\n")
        while some := lines.fetchmany(10_000):
            text.write("\n".join(line for (line,) in some) + "\n")


def joined(type_: str, parts: Sequence[Column | None], rows: Sequence[int]) -> Column:
    """Return a column from its parts, of so many rows each; None for a part that an answer does not tell."""
    absent, dtype = (None, object) if type_ == TEXT else (np.nan, np.float64)
    if all(part is None for part in parts):
        return np.full(sum(rows), absent, dtype)
    whole = [np.full(n, absent, dtype) if part is None else part for part, n in zip(parts, rows, strict=True)]
    return np.concatenate(whole)


def typed_key(type_: str) -> str:
    """Return the type in which a column that names the series is written: its own, if text can be turned into it."""
    return type_ if kind(type_) == NUMBER or type_ in TIME_TYPES or type_ == "BOOLEAN" else "VARCHAR"

"""Parquet, CSV, JSON and what becomes one of them as tables of the database, told apart by what they begin with."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import os
import re
import shutil
import stat
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import duckdb

from appliance.files.read import encoding, sql_files, time_formats, workbooks, zstd
from appliance.files.read.columns import NUMBER, TEXT, TIME, TIME_NAMES, Column, given_sql, kind, number_sql
from appliance.files.read.database import literal
from appliance.files.read.moments import text_sql
from appliance.files.read.sql_files import Part
from appliance.files.series import FileError, UsageError

PARQUET, CSV, JSON = "parquet", "csv", "json"
FRAME = "frame"  # no file: a table of the database already, of the name of its path
BOM = b"\xef\xbb\xbf"  # of UTF-8
PARQUET_BEGIN = b"PAR1"
DELIMITERS = ",;\t|"
# a number, a time or nothing, as no column is called
_VALUE = re.compile(r"([+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?|[0-9]{4}-[0-9]{2}.*|nan|NaN|)")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{8,}")  # a time; several may be the columns of a wide file
SAMPLE = 10_000  # rows looked at to tell what text columns hold
MAX_HEADER = 1_000_000  # characters
_SEPARATOR = re.compile(rb'"?sep=(.)"?\r?\n', re.IGNORECASE)  # a first line of Excel: what is between cells


@dataclass(frozen=True, slots=True)
class File:
    """A file to read.

    path : where the database finds it, below the folder that it may read.
    shown : what the user called it.
    delimiter : between cells of CSV, None to find it.
    """

    path: Path
    shown: str
    format: str
    gzipped: bool
    delimiter: str | None = None


def shown(name: str) -> str:
    """Return the name of a file as it is told: in Unicode, as all that the database takes, whatever its bytes are."""
    return os.fsencode(name).decode(errors="replace")


def open_file(
    name: str,
    scratch: Path,
    delimiter: str | None = None,
    part: Part = Part(),  # noqa: B008  (frozen, no state)
    encoded: str | None = None,
    decimal: str | None = None,
) -> File:
    """Find a file, or standard input for ``-``, and tell its format.

    The database gets a link below `scratch`: it may read nothing else, and sees no pattern in the name.

    part : what of a database is read. encoded : how text is, None for UTF-8, or UTF-16 with a byte order mark.
    decimal : what will be read as such in text; numbers of cells that have types are written so.

    Raises
    ------
    FileError : it cannot be read, is empty, or is neither of the formats.
    UsageError : there is no such file; a part of a file that is no database, or that it has not.
    """
    place, said = scratch / "input", "standard input" if name == "-" else shown(name)
    try:
        if name == "-":
            _copy(sys.stdin.buffer, place)
        elif not stat.S_ISREG(Path(name).stat().st_mode) or shown(path := str(Path(name).resolve())) != path:
            with Path(name).open("rb") as pipe:
                _copy(pipe, place)
        else:
            with Path(name).open("rb"):
                place.symlink_to(Path(name).resolve())
        begin, gzipped = _begin(place)
        if begin.startswith(zstd.MAGIC):
            place = zstd.unpack(place, said, scratch)
            begin, gzipped = _begin(place)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(said, error) from error
    if not begin:
        raise FileError(f"{said} is empty")
    held = sql_files.format_of(begin)
    if held:
        copy = sql_files.export(place, held, said, part, scratch, decimal)
        return File(copy, said, CSV if held == sql_files.SQLITE else PARQUET, False, ",")
    if workbooks.is_one(begin):
        return File(workbooks.export(place, said, part, scratch, decimal), said, CSV, False, ",")
    if part.option:
        raise UsageError(f"{said}: {part.option} is for files of SQLite and DuckDB, --table for sheets of Excel too")
    named = encoded or encoding.marked(begin)
    if named and not begin.startswith(PARQUET_BEGIN):
        place = encoding.in_utf8(place, gzipped, named, said)
        begin, gzipped = _begin(place)
    return _bare(File(place, said, _format(begin, said), gzipped, delimiter), begin)


def columns(connection: duckdb.DuckDBPyConnection, file: File) -> list[Column]:
    """Return the columns of a file; raises FileError and the database's errors."""
    found = _typed(connection, file)
    unclear = [column for column in found if column.text]
    if not unclear:
        return found
    looks = _looks(connection, file, unclear)
    found = [dataclasses.replace(c, kind=looks[c.name]) if c.text else c for c in found]
    return (
        found if any(c.kind == TIME or c.name.lower() in TIME_NAMES for c in found) else _dated(connection, file, found)
    )


def _dated(connection: duckdb.DuckDBPyConnection, file: File, columns: list[Column]) -> list[Column]:
    """Return columns of which those are times that hold dates in other ways, where nothing else is a time."""
    sample = f"(SELECT * FROM {_function(file, _typed(connection, file))} LIMIT {SAMPLE})"

    def one(sql: str) -> tuple[Any, ...]:
        ((*row,),) = connection.execute(sql).fetchall()
        return tuple(row)

    return [
        dataclasses.replace(c, kind=TIME) if c.text and c.kind == TEXT and time_formats.found(one, sample, c) else c
        for c in columns
    ]


def any_row(connection: duckdb.DuckDBPyConnection, file: File) -> bool:
    """Tell whether a file holds any row."""
    one = f"SELECT 1 FROM {_function(file, _typed(connection, file))} LIMIT 1"
    return bool(connection.execute(one).fetchall())


def table(connection: duckdb.DuckDBPyConnection, file: File, wanted: Sequence[Column], called: str = "input") -> str:
    """Return what stands after FROM to read these columns; text is parsed once, into a table that is called so."""
    if file.format in (PARQUET, FRAME):
        return _function(file, wanted)
    names = ", ".join(column.sql for column in wanted)
    connection.execute(f"CREATE TEMP TABLE {called} AS SELECT {names} FROM {_function(file, _typed(connection, file))}")
    return called


def _unreadable(said: str, error: Exception) -> FileError:
    absent = isinstance(error, (FileNotFoundError, IsADirectoryError))
    return (UsageError if absent else FileError)(f"{said} cannot be read: {getattr(error, 'strerror', None) or error}")


def _copy(stream: IO[bytes], place: Path) -> None:
    with place.open("wb") as copy:
        shutil.copyfileobj(stream, copy)


def _bare(file: File, begin: bytes) -> File:
    """Return a file without what the database would not understand before its content.

    That is the byte order mark of an array of JSON, and in CSV a line ``sep=;``, which tells the delimiter.
    """
    mark = len(BOM) if begin.startswith(BOM) else 0
    told = _SEPARATOR.match(begin, mark) if file.format == CSV else None
    if told is None and not (mark and file.format == JSON and begin.startswith(b"[", mark)):
        return file
    copy = file.path.with_name(f"{file.path.name}-bare")
    with file.path.open("rb") as raw:
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if file.gzipped else raw  # type: ignore[assignment]
        stream.read(told.end() if told else mark)
        _copy(stream, copy)
    delimiter = file.delimiter or (told[1].decode("latin-1") if told else None)
    return dataclasses.replace(file, path=copy, gzipped=False, delimiter=delimiter)


def _begin(place: Path) -> tuple[bytes, bool]:
    with place.open("rb") as file:
        begin = file.read(4096)
    if not begin.startswith(b"\x1f\x8b"):
        return begin, False
    with gzip.open(place) as packed:
        return packed.read(4096), True


def _format(begin: bytes, said: str) -> str:
    text = begin.removeprefix(BOM).lstrip()
    if begin.startswith(PARQUET_BEGIN):
        return PARQUET
    if said.lower().endswith((".parquet", ".pq")):
        raise FileError(f"{said} is not a Parquet file: it does not begin with PAR1")
    if text[:1] in (b"{", b"["):
        return JSON
    if b"\0" in begin:
        raise FileError(f"{said} is neither Parquet, CSV in UTF-8, JSON, SQLite, DuckDB nor Excel")
    return CSV


def _typed(connection: duckdb.DuckDBPyConnection, file: File) -> list[Column]:
    if file.format == CSV:
        return _apart(_header(file).names)
    rows = connection.execute(f"DESCRIBE SELECT * FROM {_function(file, ())}").fetchall()
    # text that looks like times is read as text, which keeps nanoseconds and offsets; so are cells of several types
    as_text = file.format == JSON
    types = {
        name: "VARCHAR" if as_text and (type_ == "JSON" or kind(type_) == TIME) else type_ for name, type_, *_ in rows
    }
    if list(types) == ["json"] and as_text:  # no objects in it
        ((count,),) = connection.execute(f"SELECT count(*) FROM {_function(file, ())}").fetchall()
        raise FileError(f"{file.shown} holds no objects" if count else f"{file.shown} has no rows")
    names = _names(connection, file, list(types))
    if as_text and names != list(types):
        return _apart(names)
    return [
        Column(name, type_, kind(type_), called) for name, (called, type_) in zip(names, types.items(), strict=True)
    ]


def _names(connection: duckdb.DuckDBPyConnection, file: File, called: list[str]) -> list[str]:
    """Return the names of columns as they are in a file: of two that differ only in case, the database renames one."""
    if file.format == FRAME:
        return called
    lower = [name.lower() for name in called]
    if not any(re.sub("_[0-9]+$", "", name) in lower for name in lower if re.search("_[0-9]+$", name)):
        return called
    place = literal(file.path)
    if file.format == JSON:
        packed = "gzip" if file.gzipped else "none"
        objects = f"read_json_objects({place}, compression = '{packed}')"
        rows = connection.execute(f"SELECT DISTINCT unnest(json_keys(json)) AS name FROM {objects} ORDER BY name")
        names = [name for (name,) in rows.fetchall()]
        return names if len({name.lower() for name in names}) < len(names) else called
    names, skip = [], 0
    for name, children in connection.execute(f"SELECT name, num_children FROM parquet_schema({place})").fetchall()[1:]:
        names += [] if skip else [name]
        skip = (skip - 1 if skip else 0) + (children or 0)
    return names


def _apart(names: Sequence[str]) -> list[Column]:
    """Return columns of text, under names that the database can tell apart."""
    lower = [name.lower() for name in names]
    return [
        Column(name, "VARCHAR", TEXT, name if lower.count(name.lower()) == 1 else f"{place}:{name}")
        for place, name in enumerate(names, 1)
    ]


def _looks(connection: duckdb.DuckDBPyConnection, file: File, texts: Sequence[Column]) -> dict[str, str]:
    """Tell from the first rows whether columns of text hold numbers or times."""
    counts = []
    for column in texts:
        given = f"FILTER (WHERE {given_sql(column)})"
        counts += [
            f"count(*) {given}",
            f"count({number_sql(column)}) {given}",
            f"count({text_sql(f'trim({column.sql})')}) {given}",
        ]
    sample = f"(SELECT * FROM {_function(file, _typed(connection, file))} LIMIT {SAMPLE})"
    (found,) = connection.execute(f"SELECT {', '.join(counts)} FROM {sample}").fetchall()
    looks = {}
    for i, column in enumerate(texts):
        given_count, numbers, times = found[3 * i : 3 * i + 3]
        whole = given_count > 0
        looks[column.name] = TEXT
        if whole and given_count in (numbers, times):
            looks[column.name] = NUMBER if numbers == given_count else TIME
    return looks


def _function(file: File, known: Sequence[Column]) -> str:
    """Return the call that reads a file."""
    place = literal(file.path)
    if file.format == FRAME:
        return str(file.path)
    if file.format == PARQUET:
        return f"read_parquet({place})"
    packed = ", compression = 'gzip'" if file.gzipped else ", compression = 'none'"
    types = ", ".join(f"{literal(column.called or column.name)}: {literal(column.type)}" for column in known)
    if file.format == JSON and any(column.called not in ("", column.name) for column in known):
        cells = ", ".join(f"json->>{literal(_path(column.name))} AS {column.sql}" for column in known)
        return f"(SELECT {cells} FROM read_json_objects({place}{packed}))"
    if file.format == JSON:
        described = f"columns = {{{types}}}" if known else "sample_size = -1"
        return f"read_json({place}, {described}{packed})"
    first = _header(file)
    delimiter, header = literal(first.delimiter), "true" if first.named else "false"
    return (
        f"read_csv({place}, auto_detect = false, header = {header}, columns = {{{types}}}, delim = {delimiter}, "
        f"quote = '\"', escape = '\"', nullstr = ['']{packed})"
    )


def _path(key: str) -> str:
    """Return the path to a key of a JSON object."""
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'$."{escaped}"'


def headed(file: File) -> bool:
    """Tell whether a file names its columns: a CSV file whose first line holds numbers and times does not."""
    return file.format != CSV or _header(file).named


class Header(NamedTuple):
    """How a CSV file begins: names of the columns, what is between cells, and whether a line names them."""

    names: list[str]
    delimiter: str
    named: bool


def _header(file: File) -> Header:
    """Return how a CSV file begins; raises FileError."""
    opened = gzip.open if file.gzipped else open
    try:
        with opened(file.path, "rt", encoding="utf-8-sig", newline="") as lines:
            line = lines.readline(MAX_HEADER)
    except UnicodeDecodeError as error:
        raise FileError(
            f"{file.shown} is not CSV in UTF-8: {error.reason} at byte {error.start}; --encoding windows-1252, or "
            "the name of another one, reads it"
        ) from error
    line = line.strip("\r\n")
    delimiter = file.delimiter or _delimiter(line)
    names = _cells(line, delimiter)
    if not any(names):
        raise FileError(f"{file.shown} names no columns: its first line is empty")
    if _holds_values(names) or sum(bool(_MOMENT.fullmatch(name)) for name in names) == 1:
        return Header([f"column{place}" for place in range(1, len(names) + 1)], delimiter, False)
    names = [name or f"column{place}" for place, name in enumerate(names, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileError(f"{file.shown}: the header names {', '.join(twice)[:200]} more than once")
    return Header(names, delimiter, True)


def _delimiter(line: str) -> str:
    """Return what is between the cells of a line; of values a comma may as well stand before decimals."""
    unquoted = "".join(line.split('"')[::2])
    others = (one for one in DELIMITERS if one != "," and one in unquoted and _holds_values(_cells(line, one)))
    return next(others, None) or max(DELIMITERS, key=unquoted.count)


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]


def _holds_values(cells: Sequence[str]) -> bool:
    return any(cells) and all(_VALUE.fullmatch(cell) for cell in cells)

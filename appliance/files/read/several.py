"""Some files as one table, in which a column names the file of each row."""

from __future__ import annotations

import difflib
import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from appliance.files.read import formats
from appliance.files.read.columns import NUMBER, TEXT, TIME, Chosen, Column, listed
from appliance.files.read.database import literal, quoted
from appliance.files.read.formats import File
from appliance.files.read.sql_files import Part
from appliance.files.series import UsageError

MAX_FILES = 1000
NAME = "file"  # of the column that names them
AHEAD = quoted("taosanode: row ahead")  # the column that tells rows ahead from the others


@dataclass(frozen=True, slots=True)
class Files:
    """Files that are read together.

    names : what tells them apart in the results.
    ahead : a file of its own with the rows to forecast, which have no value yet; beside one file only.
    """

    files: tuple[File, ...]
    names: tuple[str, ...]
    ahead: File | None = None

    @property
    def every(self) -> tuple[File, ...]:
        """Those with values, and the one without."""
        return (*self.files, self.ahead) if self.ahead else self.files

    @property
    def shown(self) -> str:
        """What the user is told they are."""
        return self.files[0].shown if len(self.files) == 1 else f"{len(self.files)} files"

    @property
    def paths(self) -> list[Path]:
        """Where the database finds them."""
        return [file.path for file in self.every]

    @property
    def headless(self) -> list[File]:
        """Those that do not name their columns."""
        return [file for file in self.every if not formats.headed(file)]

    @property
    def column(self) -> Column | None:
        """The column that names the file of a row, None for one file."""
        return None if len(self.files) == 1 else Column(NAME, "VARCHAR", TEXT)

    def columns(self, connection: duckdb.DuckDBPyConnection) -> list[Column]:
        """Return the columns that all of them have; raises FileError and the database's errors."""
        first, *others = (formats.columns(connection, file) for file in self.files)
        named = [{column.name: column for column in other} for other in others]
        common = [column for column in first if all(column.name in other for other in named)]
        return [_common([column, *(other[column.name] for other in named)]) for column in common]

    def any_row(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Tell whether any of them holds a row."""
        return any(formats.any_row(connection, file) for file in self.files)

    def going_on(self, connection: duckdb.DuckDBPyConnection, chosen: Chosen, values: int) -> Chosen:
        """Return columns in types that hold the rows ahead too.

        values : how many of the first columns of values these rows need not have.

        Raises
        ------
        UsageError : they do not have one of the others.
        """
        if self.ahead is None:
            return chosen
        if chosen.time.parts:
            raise UsageError(f"--future {self.ahead.shown} needs one column of times, got {listed(chosen.time.parts)}")
        own = {column.name: column for column in formats.columns(connection, self.ahead)}
        needed = (chosen.time, *chosen.by, *chosen.values[values:])
        lacking = [column.name for column in needed if column.name not in own]
        if lacking:
            raise UsageError(f"{self.ahead.shown} has no column {lacking[0]}; there are: {listed([*own.values()])}")
        both = {column: _common([column, own[column.name]]) for column in needed}
        beside = (both[column] for column in chosen.values[values:])
        return Chosen(
            both[chosen.time], (*chosen.values[:values], *beside), tuple(both[column] for column in chosen.by)
        )

    def table(
        self, connection: duckdb.DuckDBPyConnection, wanted: Sequence[Column], empty: Sequence[Column] = ()
    ) -> str:
        """Return what stands after FROM to read these columns; rows ahead have nothing in those that are `empty`."""
        if len(self.every) == 1:
            return formats.table(connection, self.files[0], wanted)
        parts = []
        for at, file in enumerate(self.every):
            own = {column.name: column for column in formats.columns(connection, file)}
            nothing = empty if file is self.ahead else ()
            columns = [column for column in wanted if column != self.column]
            cells = ", ".join(
                f"CAST({'NULL' if column in nothing else own[column.name].sql} AS {column.type}) AS {column.sql}"
                for column in columns
            )
            held = [own[column.name] for column in columns if column not in nothing]
            table = formats.table(connection, file, held, f"input_{at}")
            told = f"{literal(self.names[at])} AS {self.column.sql}" if self.column else f"{at > 0} AS {AHEAD}"
            parts.append(f"SELECT {cells}, {told} FROM {table}")
        return f"({' UNION ALL '.join(parts)})"


def expanded(names: Sequence[str]) -> list[str]:
    """Return names of files with each pattern replaced by those it matches; raises UsageError, also for no file."""
    found: list[str] = []
    for name in names:
        pattern = name != "-" and glob.has_magic(name) and not Path(name).exists()
        matching = sorted(glob.glob(name, recursive=True)) if pattern else [name]
        if not matching:
            raise UsageError(f"no file matches {name}")
        found += matching
    refuse_missing(found)
    places = [os.path.abspath(name) for name in found]  # links may well stand for several series
    twice = sorted({name for name, place in zip(found, places, strict=True) if places.count(place) > 1})
    if twice:
        raise UsageError(f"{twice[0]} is named twice")
    if len(found) > MAX_FILES:
        raise UsageError(f"at most {MAX_FILES} files can be read at once, got {len(found)}")
    return found


def refuse_missing(names: Sequence[str]) -> None:
    """Refuse names of what is no file, with what may have been meant; raises UsageError."""
    missing = next((name for name in names if name != "-" and not Path(name).exists()), None)
    if missing is None:
        return
    folder = Path(missing).parent
    there = [one.name for one in folder.iterdir()] if folder.is_dir() else []
    near = difflib.get_close_matches(Path(missing).name, there, n=1)
    hint = f", did you mean {formats.shown(str(folder / near[0]))}?" if near else ""
    raise UsageError(f"{formats.shown(missing)} cannot be read: No such file or directory{hint}")


def open_files(
    names: Sequence[str],
    scratch: Path,
    delimiter: str | None = None,
    part: Part = Part(),  # noqa: B008  (frozen, no state)
    ahead: str | None = None,
    encoded: str | None = None,
    decimal: str | None = None,
) -> Files:
    """Find files, and the one of the rows ahead, see `formats.open_file`; raises FileError."""
    if ahead is not None and len(names) > 1:
        raise UsageError(f"--future {ahead} goes with one file, got {len(names)}")
    files = []
    for at, name in enumerate(names):
        folder = scratch / f"{at}"
        folder.mkdir()
        files.append(formats.open_file(name, folder, delimiter, part, encoded, decimal))
    names = list(map(formats.shown, names))
    short = [Path(name).name for name in names]
    further = None
    if ahead is not None:
        folder = scratch / "ahead"
        folder.mkdir()
        further = formats.open_file(ahead, folder, delimiter, encoded=encoded, decimal=decimal)
    return Files(tuple(files), tuple(short if len(set(short)) == len(short) else names), further)


def _common(columns: Sequence[Column]) -> Column:
    """Return what columns of one name are together: of unlike types, numbers if all are numbers, else text."""
    first = columns[0]
    if all((column.type, column.kind) == (first.type, first.kind) for column in columns):
        return first
    kinds = {column.kind for column in columns}
    kind = first.kind if len(kinds) == 1 and first.kind in (NUMBER, TIME) else TEXT
    typed = kind == NUMBER and not any(column.text for column in columns)
    return Column(first.name, "DOUBLE" if typed else "VARCHAR", kind, first.called)

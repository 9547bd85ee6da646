"""The database library as a reader and writer of files: it sees the files it is given, and nothing else.

It reads Parquet, CSV and JSON into numpy arrays and writes all three, without pandas or pyarrow. It must neither load
extensions nor reach for the network, so everything outside the named paths is closed before it sees a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import duckdb

MAX_REASON = 300  # characters of the library's own words
MEMORY = "512MB"  # what does not fit goes to the scratch folder
_WHERE = re.compile(r"CSV Error on Line: (\d+)")
_COUNTS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_INNER = re.compile(r'"exception_message":"((?:[^"\\]|\\.)*)"')  # an error within an error, as JSON
_PATH = re.compile(r""" ['"]/[^'"]*['"]""")
_KIND = re.compile(r"^(?:[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)? )?Error: ")


def connect(scratch: Path, read: Iterable[Path] = (), write: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that may touch some files and what is below two folders, and nothing else."""
    spill = scratch / "spill"
    spill.mkdir(exist_ok=True)
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": MEMORY,
            "temp_directory": str(spill),
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    folders = ", ".join(literal(f"{folder}/") for folder in (scratch, write) if folder)
    connection.execute(f"SET allowed_directories = [{folders}]")
    paths = ", ".join(literal(file.resolve()) for file in read)
    connection.execute(f"SET allowed_paths = [{paths}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def literal(text: str | Path) -> str:
    """Return text as a constant of SQL."""
    return "'" + str(text).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return the name of a column as SQL spells it."""
    return '"' + name.replace('"', '""') + '"'


def reason(error: duckdb.Error) -> str:
    """Return one short line that says why a file could not be read or written."""
    text = str(error).strip()
    inner = _INNER.search(text)
    if inner:
        text = inner[1].replace('\\"', '"')
    where, counts = _WHERE.search(text), _COUNTS.search(text)
    if where and counts:
        return f"line {where[1]} has {counts[2]} columns, the header {counts[1]}"
    if where:
        said = [line for line in re.split(r"\n\s*Possible", text)[0].splitlines() if line.strip()]
        return f"line {where[1]}: {said[-1].strip()}"[:MAX_REASON]
    return _PATH.sub("", _KIND.sub("", text.partition("\n")[0])).strip()[:MAX_REASON]

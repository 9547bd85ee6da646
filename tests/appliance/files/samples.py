"""Files for the tests, small and known."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

START = 1_700_000_000_000  # 2023-11-14T22:13:20Z
MINUTE = 60_000
VALUES = [round(10 + 5 * math.sin(i * math.pi / 20), 2) for i in range(40)]  # not white noise
VALUES[18] = 30.0  # the only outlier
ROWS = len(VALUES)

Table = dict[str, Sequence[Any]]


def one(**columns: Sequence[Any]) -> Table:
    """One series: integer milliseconds and values."""
    return {"ts": [START + MINUTE * i for i in range(ROWS)], "value": VALUES, **columns}


def several(names: Sequence[str] = ("a", "b", "c")) -> Table:
    """Series whose rows lie between each other, as a collector writes them."""
    table = one()
    return {
        "ts": [time for time in table["ts"] for _ in names],
        "host": [name for _ in range(ROWS) for name in names],
        "value": [value + place for value in table["value"] for place in range(len(names))],
    }


def text(table: Table, delimiter: str = ",") -> str:
    """CSV, NULL as nothing."""
    rows = [
        delimiter.join("" if cell is None else str(cell) for cell in row) for row in zip(*table.values(), strict=True)
    ]
    return "\n".join([delimiter.join(table), *rows]) + "\n"


def write(path: Path, table: Table, types: str = "") -> str:
    """Write a table in the format that the suffix names; return the path as text.

    types : further SQL for Parquet, such as ``REPLACE (make_timestamp_ms(ts) AS ts)``.
    """
    if path.suffix == ".csv":
        path.write_text(text(table))
    elif path.suffix in (".json", ".jsonl"):
        objects = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        lines = "\n".join(json.dumps(each) for each in objects) + "\n"
        path.write_text(lines if path.suffix == ".jsonl" else json.dumps(objects))
    else:
        with duckdb.connect() as connection:
            names = ", ".join(f'unnest(?) AS "{name}"' for name in table)
            connection.execute(f"CREATE TABLE t AS SELECT {names}", [list(column) for column in table.values()])
            connection.execute(f"COPY (SELECT * {types} FROM t) TO '{path}' (FORMAT parquet)")
    return str(path)


def rows(path: Path) -> list[tuple[Any, ...]]:
    """Read what was written, whatever the format."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"SELECT * FROM '{path}'").fetchall()

"""Answers as TDengine's console prints them, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

from appliance.host.terminal import columns_of
from appliance.sql.answers import Answer, Column, Done, SqlError, Table

PROMPT = "taos> "
MAX_TEXT_WIDTH = 30
_WIDTHS = {
    "BOOL": 5,
    "TINYINT": 4,
    "TINYINT UNSIGNED": 4,
    "SMALLINT": 6,
    "SMALLINT UNSIGNED": 6,
    "INT": 11,
    "INT UNSIGNED": 11,
    "BIGINT": 21,
    "BIGINT UNSIGNED": 21,
    "FLOAT": 20,
    "DOUBLE": 25,
}
_VERBS = {"create": "Create", "drop": "Drop", "insert": "Insert", "delete": "Delete"}


def table(sql: str, answer: Answer, seconds: float) -> str:
    """Return what the console prints below a statement, with the empty line at its end."""
    if isinstance(answer, Done):
        first = sql.split(maxsplit=1)[0].lower() if sql.strip() else ""
        return f"{_VERBS.get(first, 'Query')} OK, {answer.affected} row(s) affected ({seconds:.6f}s)\n\n"
    lines = []
    if answer.rows:
        shown = [
            [_text(column, value) for column, value in zip(answer.columns, row, strict=True)] for row in answer.rows
        ]
        widths = [_width(column, [row[i] for row in shown]) for i, column in enumerate(answer.columns)]
        lines.append("".join(f" {c.name:^{w}} |" for c, w in zip(answer.columns, widths, strict=True)))
        lines.append("=" * sum(width + 3 for width in widths))
        for row in shown:
            cells = zip(answer.columns, row, widths, strict=True)
            lines.append("".join(f" {_cell(column, value, width)} |" for column, value, width in cells))
    lines.append(f"Query OK, {len(answer.rows)} row(s) in set ({seconds:.6f}s)")
    return "\n".join(lines) + "\n\n"


def error(failure: SqlError, seconds: float) -> str:
    """Return the console's line for an error."""
    return f"DB error: {failure.message}[0x{failure.code:08X}] ({seconds:.6f}s)\n"


def document(answer: Answer) -> dict[str, Any]:
    """Return taosAdapter's JSON object of an answer."""
    if isinstance(answer, Done):
        answer = Table((Column("affected_rows", "INT", 4),), [[answer.affected]])
    return {"code": 0, "column_meta": [list(c) for c in answer.columns], "data": answer.rows, "rows": len(answer.rows)}


def error_document(failure: SqlError) -> dict[str, Any]:
    """Return taosAdapter's JSON object of an error; its code lacks the highest half."""
    return {"code": failure.code & 0xFFFF, "desc": failure.message}


def as_json(answer: Answer) -> str:
    """Return one line of JSON."""
    return json.dumps(document(answer), ensure_ascii=False) + "\n"


def as_csv(answer: Answer) -> str:
    """Return a line of names and the rows; nothing for a statement without rows."""
    if isinstance(answer, Done):
        return ""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(column.name for column in answer.columns)
    writer.writerows(answer.rows)
    return written.getvalue()


def _width(column: Column, shown: list[str | None]) -> int:
    width = _WIDTHS.get(column.type)
    if column.type == "TIMESTAMP":
        width = max(23, *(len(text or "") for text in shown))
    elif width is None:
        width = min(column.bytes * (4 if column.type == "NCHAR" else 1) + 2, MAX_TEXT_WIDTH)
    return max(width, len(column.name))


def _text(column: Column, value: Any) -> str | None:
    if value is None:
        return None
    if column.type == "TIMESTAMP":
        return _local(str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.7f}" if column.type == "FLOAT" else f"{value:.15f}"
    return "".join(c if c.isprintable() else " " for c in str(value))


def _local(rfc3339: str) -> str:
    """Return the local time, with as many digits of a second as were given."""
    moment = datetime.fromisoformat(rfc3339).astimezone()
    fraction = rfc3339.partition(".")[2].rstrip("Z").partition("+")[0].partition("-")[0]
    return f"{moment:%Y-%m-%d %H:%M:%S}" + (f".{fraction}" if fraction else "")


def _cell(column: Column, text: str | None, width: int) -> str:
    if text is None:
        return f"{'NULL':>{width}}"
    if column.type in _WIDTHS:
        return f"{text:>{width}}"
    room = width - columns_of(text)
    if room >= 0:
        return text + " " * room
    while columns_of(text) > width - 2:
        text = text[:-1]
    return text + ".." + " " * (width - 2 - columns_of(text))

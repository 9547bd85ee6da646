"""Dates as people write them. They may be meant in several ways, so --time-format has to say it; messages tell how."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from appliance.files.read.columns import Column, given_sql
from appliance.files.read.database import literal

ONE = Callable[[str], tuple[Any, ...]]  # returns the first row of a query
DATES = (
    *(f"%{a}{between}%{b}{between}%{year}" for between in "./-" for a, b in ("dm", "md") for year in "Yy"),
    *("%y-%m-%d", "%y/%m/%d", "%Y-%m-%d", "%Y/%m/%d"),
    *("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
MONTHS = ("%b %Y", "%B %Y", "%b-%y", "%b-%Y", "%m/%Y", "%m.%Y", "%Y/%m", "%Y.%m")
WRITTEN = (*(date + clock for date in DATES for clock in CLOCKS), *MONTHS)


def found(one: ONE, table: str, column: Column) -> list[str]:
    """Return those of `WRITTEN` by which all cells of a column of text are times.

    table : what stands after FROM.
    """
    text = f"trim({column.sql})"
    (first,) = one(f"SELECT first({text}) FROM {table} WHERE {given_sql(column)}")
    close = [format_ for format_ in WRITTEN if _is_of(first or "", format_)]
    if not close:
        return []
    counts = "".join(f", count(try_strptime({text}, {literal(format_)}))" for format_ in close)
    given, *valid = one(f"SELECT count(*){counts} FROM {table} WHERE {given_sql(column)}")
    return [format_ for format_, count in zip(close, valid, strict=True) if count == given]


def hint(one: ONE, table: str, column: Column) -> str:
    """Return which --time-format reads a column, as the end of a message that says that it holds no times."""
    formats = [literal(format_) for format_ in found(one, table, column)] if column.text else []
    if not formats:
        return "; --time-format reads others"
    return f"; --time-format {' or '.join(formats)} reads it{', whichever is meant' * (len(formats) > 1)}"


def _is_of(text: str, format_: str) -> bool:
    try:
        time.strptime(text, format_)
    except ValueError:
        return False
    return True

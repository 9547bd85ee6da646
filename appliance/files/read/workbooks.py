"""One sheet of a workbook of Excel or LibreOffice, as CSV: the cells of a column tell what it holds, as in any text.

The library that reads them is imported with the first such file.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.files.read.sql_files import Part, chosen, with_comma
from appliance.files.series import FileError, UsageError

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xlsx, .xlsm, .xlsb and .ods; .xls
EXACT = 2.0**53  # whole numbers up to here have no decimals that were lost
MIDNIGHT = datetime.time()


def is_one(begin: bytes) -> bool:
    """Tell whether a file may be a workbook that begins so."""
    return begin.startswith((ZIP, OLE))


def export(place: Path, shown: str, part: Part, scratch: Path, decimal: str | None = None) -> Path:
    """Write the rows of a sheet into a file of CSV below `scratch`, without empty ones; return its path.

    part : `table` names the sheet, None for the only one with cells that is not hidden.
    decimal : what stands before the decimals of numbers, a point but for a comma.

    Raises
    ------
    UsageError : no such sheet, several and none named, or a query. FileError : no workbook.
    """
    from python_calamine import CalamineError, load_workbook

    if part.query is not None:
        raise UsageError(f"{shown}: --query is for files of SQLite and DuckDB; --table names a sheet")
    file = scratch / "input.csv"
    try:
        with load_workbook(place) as book, file.open("w", encoding="utf-8", newline="") as text:
            name = chosen(_sheets(book, part.table is None), shown, part, "sheet")
            csv.writer(text).writerows(_rows(book.get_sheet_by_name(name).iter_rows(), decimal))
    except CalamineError as error:
        raise FileError(f"{shown} cannot be read as a workbook of Excel: {error}") from error
    return file


def _sheets(book: CalamineWorkbook, filled: bool) -> list[str]:
    """Return the names of the sheets; `filled`: only of those that have cells and are not hidden."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [one for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
    if filled:
        sheets = [one for one in sheets if one.visible == SheetVisibleEnum.Visible]
    if filled and len(sheets) > 1:
        sheets = [one for one in sheets if book.get_sheet_by_name(one.name).total_height]
    return [one.name for one in sheets]


def _rows(rows: Iterable[list[Any]], decimal: str | None) -> Iterator[list[str]]:
    """Yield the rows that have cells; the first one names the columns, in one line each."""
    header = True
    for row in rows:
        cells = [_text(cell, decimal) for cell in row]
        if any(cells):
            yield [" ".join(cell.split()) for cell in cells] if header else cells
            header = False


def _text(cell: Any, decimal: str | None) -> str:
    if isinstance(cell, datetime.datetime):  # a day at midnight is a date, as Excel has no other
        return (cell.date() if cell.time() == MIDNIGHT else cell).isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= EXACT:
        return str(int(cell))  # all numbers of Excel are floats
    return str(with_comma(cell) if decimal == "," else cell)

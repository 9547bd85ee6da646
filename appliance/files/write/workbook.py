"""Results as a sheet of Excel, row after row in constant memory.

Times are cells of dates, by the clocks that the results are told in, since Excel knows no zones; those that it has no
date for (before March 1900, finer than a millisecond) are text. The library is imported with the first such file.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from appliance.files.read.database import quoted
from appliance.files.series import FileError

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MAX_ROWS = 1_048_576  # of a sheet
MAX_TEXT = 32_767  # characters of a cell
EXACT = 2**53  # larger whole numbers lose digits, so they are text
FIRST_DAY = datetime.date(1900, 3, 1)  # before, Excel counts a 29th of February 1900
ZONED = "TIMESTAMP WITH TIME ZONE"
WIDTH = 22  # of a column, in characters: of a time
DAY, SECOND, MILLISECOND = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd hh:mm:ss.000"


def write(connection: duckdb.DuckDBPyConnection, rows: str, file: Path) -> None:
    """Write the rows of a query, below their names.

    Raises
    ------
    FileError : more rows than a sheet has, or longer text than a cell can hold.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxWriterException

    (count,) = connection.execute(f"SELECT count(*) FROM ({rows})").fetchall()[0]
    if count >= MAX_ROWS:
        raise FileError(f"a sheet of Excel has {MAX_ROWS - 1} rows below its header, the results have {count}")
    described = connection.execute(f"DESCRIBE {rows}").fetchall()
    cells = [quoted(name) if type_ != ZONED else f"CAST({quoted(name)} AS VARCHAR)" for name, type_, *_ in described]
    try:
        with xlsxwriter.Workbook(str(file), {"constant_memory": True, "tmpdir": str(file.parent)}) as book:
            formats = {form: book.add_format({"num_format": form}) for form in (DAY, SECOND, MILLISECOND)}
            sheet = book.add_worksheet("results")
            sheet.set_column(0, len(described) - 1, WIDTH)
            sheet.freeze_panes(1, 0)
            for at, (name, *_) in enumerate(described):
                _cell(sheet, 0, at, name, formats)
            found, place = connection.execute(f"SELECT {', '.join(cells)} FROM ({rows})"), 0
            while some := found.fetchmany(10_000):
                for row in some:
                    place += 1
                    for at, cell in enumerate(row):
                        if cell is not None:
                            _cell(sheet, place, at, cell, formats)
    except XlsxWriterException as error:
        raise FileError(f"the results cannot be written: {error}") from error


def _cell(sheet: Worksheet, row: int, at: int, cell: Any, formats: dict[str, Format]) -> None:
    """Write one cell as what it is: text that begins like a formula stays text."""
    if isinstance(cell, bool):
        sheet.write_boolean(row, at, cell)
    elif isinstance(cell, datetime.date) and _dated(cell):
        sheet.write_datetime(row, at, cell, formats[_form(cell)])
    elif isinstance(cell, float | Decimal) or (isinstance(cell, int) and abs(cell) <= EXACT):
        sheet.write_number(row, at, cell)
    else:
        text = cell.isoformat() if isinstance(cell, datetime.date) else str(cell)
        if len(text) > MAX_TEXT:
            raise FileError(f"a cell of Excel holds {MAX_TEXT} characters, {text[:40]}... has {len(text)}")
        sheet.write_string(row, at, text)


def _dated(cell: datetime.date) -> bool:
    """Tell whether Excel has a number for a time."""
    if not isinstance(cell, datetime.datetime):
        return cell >= FIRST_DAY
    return cell.date() >= FIRST_DAY and cell.microsecond % 1000 == 0


def _form(cell: datetime.date) -> str:
    if not isinstance(cell, datetime.datetime):
        return DAY
    return MILLISECOND if cell.microsecond else SECOND

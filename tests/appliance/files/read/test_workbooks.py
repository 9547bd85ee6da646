from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from appliance import cli
from appliance.files.read import formats, workbooks
from appliance.files.read.sql_files import Part
from appliance.files.series import FileError, UsageError
from tests.appliance.files.samples import VALUES, rows

BEGIN = dt.datetime(2023, 11, 14, 22)
DATED = "yyyy-mm-dd hh:mm"
Cells = Sequence[Sequence[Any]]


def made(path: Path, sheets: dict[str, Cells], hidden: str = "", skip: tuple[int, int] = (0, 0)) -> str:
    """Write sheets of cells, from a cell on."""
    with xlsxwriter.Workbook(str(path), {"default_date_format": DATED}) as book:
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for row, own in enumerate(cells, skip[0]):
                for at, cell in enumerate(own, skip[1]):
                    if cell is not None:
                        sheet.write(row, at, cell)
            if name == hidden:
                sheet.hide()
    return str(path)


def hourly() -> Cells:
    return [
        ["when", "pump", "value \n (bar)"],
        *([BEGIN + dt.timedelta(hours=at), 3.0, value] for at, value in enumerate(VALUES)),
    ]


def exported(path: str, tmp_path: Path, part: Part = Part()) -> list[str]:  # noqa: B008
    (tmp_path / "s").mkdir(exist_ok=True)
    return workbooks.export(Path(path), "a.xlsx", part, tmp_path / "s").read_text().splitlines()


def test_times_and_whole_numbers_are_what_the_sheet_shows(tmp_path: Path) -> None:
    lines = exported(made(tmp_path / "a.xlsx", {"data": hourly()}, skip=(3, 2)), tmp_path)
    assert lines[:4] == [
        "when,pump,value (bar)", "2023-11-14T22:00:00,3,10", "2023-11-14T23:00:00,3,10.78", "2023-11-15,3,11.55"
    ]  # fmt: skip


def test_a_sheet_is_analysed_as_any_file(tmp_path: Path) -> None:
    path = made(tmp_path / "any name", {"data": hourly()})
    out = tmp_path / "out.csv"
    assert cli.main(["taosanode", "detect", path, "--by", "pump", "--out", str(out)]) == cli.OK
    ((pump, start, *_),) = rows(out)
    assert (pump, start) == (3, BEGIN + dt.timedelta(hours=18))


def test_days_give_days_and_day_numbers_are_read_where_one_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [["day", "v"], *([dt.date(2026, 1, 20) + dt.timedelta(at), value] for at, value in enumerate(VALUES))]
    assert cli.main(["taosanode", "forecast", made(tmp_path / "a.xlsx", {"d": days}), "--rows", "1"]) == cli.OK
    assert "2026-03-01 " in capsys.readouterr().out
    numbers = [["day", "v"], *([46_042 + at, value] for at, value in enumerate(VALUES))]  # 2026-01-20
    path = made(tmp_path / "b.xlsx", {"d": numbers})
    asked = ["taosanode", "forecast", path, "--time", "day", "--value", "v", "--rows", "1"]
    assert cli.main(asked) == cli.FAILED
    assert "--time-format excel reads them as days of Excel" in capsys.readouterr().err
    assert cli.main([*asked, "--time-format", "excel"]) == cli.OK
    assert "2026-03-01T00:00:00.000 " in capsys.readouterr().out


def test_of_several_sheets_one_is_named(tmp_path: Path) -> None:
    path = made(tmp_path / "a.xlsx", {"pumps": hourly(), "fans": hourly(), "old": [["x"]], "blank": []}, hidden="old")
    with pytest.raises(UsageError, match="has several sheets, choose with --table: pumps, fans$"):
        exported(path, tmp_path)
    with pytest.raises(UsageError, match="there is no sheet pump, did you mean pumps?"):
        exported(path, tmp_path, Part("pump"))
    with pytest.raises(UsageError, match="--query is for files of SQLite and DuckDB; --table names a sheet"):
        exported(path, tmp_path, Part(query="SELECT 1"))
    assert exported(path, tmp_path, Part("old")) == ["x"]
    assert len(exported(made(tmp_path / "b.xlsx", {"a": hourly(), "blank": []}), tmp_path)) == 41


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        packed.writestr("a.txt", "a")
    (tmp_path / "cut.xlsx").write_bytes(Path(made(tmp_path / "b.xlsx", {"a": hourly()})).read_bytes()[:2000])
    (tmp_path / "a.xls").write_bytes(workbooks.OLE + bytes(600))
    for name in ("a.zip", "cut.xlsx", "a.xls"):
        (tmp_path / f"{name}.d").mkdir()
        with pytest.raises(FileError, match=f"{name} cannot be read as a workbook of Excel: "):
            formats.open_file(str(tmp_path / name), tmp_path / f"{name}.d")


def test_numbers_are_written_with_the_comma_that_text_beside_them_has(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate((["a", "b"], [1.234, "1.234,5"], [7, "1.5"])):
            sheet.write_row(row, 0, cells)
    (tmp_path / "s").mkdir()
    assert workbooks.export(path, "a.xlsx", Part(), tmp_path / "s", ",").read_text().splitlines() == [
        "a,b",
        '"1,234","1.234,5"',
        "7,1.5",
    ]

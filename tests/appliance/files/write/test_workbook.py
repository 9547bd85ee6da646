from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import load_workbook

from appliance import cli
from appliance.files.series import FileError
from appliance.files.write import workbook
from tests.appliance.files import samples


def cells(path: Path) -> list[list[Any]]:
    return load_workbook(path).get_sheet_by_name("results").to_python()


def test_cells_are_of_their_types_and_text_stays_text(tmp_path: Path) -> None:
    query = (
        "SELECT '=1+1' AS name, true AS yes, 1.5 AS v, 2e17::DOUBLE AS wide, 9007199254740993::BIGINT AS big, "
        "DATE '2026-01-31' AS day, TIMESTAMP '2026-01-31 12:00:00.250' AS t, "
        "DATE '1900-02-28' AS old, TIMESTAMPTZ '2026-01-31 12:00Z' AS z, "
        "NULL::DOUBLE AS none"
    )
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        workbook.write(connection, query, tmp_path / "a.xlsx")
    header, row = cells(tmp_path / "a.xlsx")
    assert header == ["name", "yes", "v", "wide", "big", "day", "t", "old", "z", "none"]
    assert row == [
        "=1+1", True, 1.5, 2e17, "9007199254740993", dt.date(2026, 1, 31), dt.datetime(2026, 1, 31, 12, 0, 0, 250_000),
        "1900-02-28", "2026-01-31 12:00:00+00", "",
    ]  # fmt: skip


def test_a_sheet_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert workbook.MAX_ROWS == 1_048_576
    with duckdb.connect() as connection:
        with pytest.raises(FileError, match="has 1048575 rows below its header, the results have 1048576"):
            workbook.write(connection, "SELECT unnest(range(1048576)) AS v", tmp_path / "a.xlsx")
        monkeypatch.setattr(workbook, "MAX_ROWS", 31)
        workbook.write(connection, "SELECT unnest(range(30)) AS v", tmp_path / "a.xlsx")
        with pytest.raises(FileError, match="holds 32767 characters, aaa.*has 40000"):
            workbook.write(connection, "SELECT repeat('a', 40000) AS v", tmp_path / "b.xlsx")
    assert len(cells(tmp_path / "a.xlsx")) == 31


@pytest.mark.parametrize(
    ("more", "first"),
    [([], dt.datetime(2023, 11, 14, 22, 53, 20)), (["--tz", "Europe/Berlin"], dt.datetime(2023, 11, 14, 23, 53, 20))],
)
def test_times_of_results_are_dates_by_the_clocks_asked_for(tmp_path: Path, more: list[str], first: object) -> None:
    source, out = samples.write(tmp_path / "a.csv", samples.one()), tmp_path / "b.xlsx"
    assert cli.main(["taosanode", "forecast", source, "--rows", "3", "--out", str(out), *more]) == cli.OK
    header, *rows = cells(out)
    assert header == ["time", "forecast", "low", "high"]
    assert rows[0][0] == first
    assert len(rows) == 3


def test_a_comparison_is_a_sheet_too(tmp_path: Path) -> None:
    source, out = samples.write(tmp_path / "a.csv", samples.one()), tmp_path / "b.xlsx"
    assert cli.main(["taosanode", "detect", source, "--compare", "iqr,ksigma", "--out", str(out)]) == cli.OK
    assert [row[1] for row in cells(out)] == ["algorithm", "iqr", "ksigma"]

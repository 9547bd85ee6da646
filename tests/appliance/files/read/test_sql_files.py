from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from appliance import cli
from appliance.files.read import formats, sql_files
from appliance.files.read.sql_files import Part
from appliance.files.series import UsageError
from tests.appliance.files.samples import one, rows


def sqlite(path: Path, *tables: str) -> str:
    with closing(sqlite3.connect(path)) as connection, connection:
        for table in tables:
            connection.execute(f'CREATE TABLE "{table}" (ts INTEGER, value REAL, note TEXT)')
            cells = zip(one()["ts"], one()["value"], ['a "b", c\n'] * 40, strict=True)
            connection.executemany(f'INSERT INTO "{table}" VALUES (?, ?, ?)', cells)
    return str(path)


def duck(path: Path, *tables: str) -> str:
    with duckdb.connect(str(path)) as connection:
        for table in tables:
            connection.execute(
                f'CREATE TABLE "{table}" AS SELECT unnest(?) AS ts, unnest(?) AS value', list(one().values())
            )
    return str(path)


MADE = [sqlite, duck]


@pytest.mark.parametrize("made", MADE)
def test_the_only_table_is_read_and_the_file_stays_as_it_is(made: object, tmp_path: Path) -> None:
    path = made(tmp_path / "a.db", "pumps")  # type: ignore[operator]
    before = Path(path).read_bytes()
    out = tmp_path / "out.csv"
    assert cli.main(["taosanode", "detect", path, "--out", str(out)]) == cli.OK
    assert len(rows(out)) == 1
    assert Path(path).read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.db", "out.csv"]


@pytest.mark.parametrize("made", MADE)
def test_a_table_or_a_query_of_several(made: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = made(tmp_path / "a.db", "pumps", "fans, old")  # type: ignore[operator]
    for part in (["--table", "fans, old"], ["--query", "SELECT ts, value + 1 AS v FROM pumps WHERE ts > 0;"]):
        assert cli.main(["taosanode", "detect", path, *part]) == cli.OK
        assert "30" in capsys.readouterr().out.replace("31", "30")
    for part, message in (
        ([], "a.db has several tables, choose with --table: fans, old, pumps"),
        (["--table", "pump"], "--table: there is no table pump, did you mean pumps?"),
        (["--query", "SELECT nix FROM pumps"], "a.db: --query: "),
        (["--query", "DELETE FROM pumps"], "a.db: --query"),
    ):
        assert cli.main(["taosanode", "detect", path, *part]) == cli.USAGE
        shown = capsys.readouterr().err
        assert message in shown
        assert shown.count("\n") == 1


def test_a_query_reaches_no_other_file(tmp_path: Path) -> None:
    path = duck(tmp_path / "a.db", "pumps")
    (tmp_path / "s").mkdir()
    with pytest.raises(UsageError, match="disabled by configuration"):
        formats.open_file(path, tmp_path / "s", part=Part(query="SELECT * FROM read_text('/etc/hostname')"))


def test_a_table_of_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,v\n1,2\n")
    with pytest.raises(UsageError, match="a.csv: --table is for files of SQLite and DuckDB"):
        formats.open_file(str(tmp_path / "a.csv"), tmp_path, part=Part(table="t"))


def test_numbers_of_sqlite_are_written_with_the_comma_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1.234 AS a, '1.234,5' AS b, 7 AS c")
        connection.commit()
    file = sql_files.export(path, sql_files.SQLITE, "a.db", Part(), tmp_path, ",")
    assert file.read_text().splitlines() == ["a,b,c", '"1,234","1.234,5",7']

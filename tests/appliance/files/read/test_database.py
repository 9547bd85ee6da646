from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from appliance.files.read import database


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_csv('http://127.0.0.1:9/a.csv')",
        "SELECT * FROM read_parquet('s3://bucket/a.parquet')",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH '/tmp/other.db'",
        "COPY (SELECT 1) TO '/tmp/elsewhere.csv'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
    ],
)
def test_nothing_but_the_named_files_can_be_reached(tmp_path: Path, statement: str) -> None:
    with database.connect(tmp_path) as connection, pytest.raises((duckdb.PermissionException, duckdb.Error)) as refused:
        connection.execute(statement)
    assert any(word in str(refused.value) for word in ("disabled by configuration", "disabled through", "locked"))


def test_the_files_that_are_named_can(tmp_path: Path) -> None:
    scratch, out, file = tmp_path / "scratch", tmp_path / "out", tmp_path / "in.csv"
    scratch.mkdir()
    out.mkdir()
    file.write_text("a\n1\n")
    (scratch / "input").symlink_to(file)
    with database.connect(scratch, [scratch / "input"], out) as connection:
        link = database.literal(scratch / "input")
        connection.execute(f"COPY (SELECT * FROM read_csv({link})) TO {database.literal(out / 'b.csv')}")
        assert connection.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)
    assert (out / "b.csv").read_text() == "a\n1\n"


def test_names_and_texts_are_quoted(tmp_path: Path) -> None:
    with database.connect(tmp_path) as connection:
        odd = 'it\'s "odd"; --'
        answer = connection.execute(f"SELECT {database.literal(odd)} AS {database.quoted(odd)}")
        assert (answer.description or [])[0][0] == odd
        assert answer.fetchone() == (odd,)


def test_a_reason_is_one_line_without_paths() -> None:
    ragged = "Invalid Input Error: CSV Error on Line: 7\nOriginal Line: 1,2,3\nExpected Number of Columns: 2 Found: 3\n"
    assert database.reason(duckdb.Error(ragged)) == "line 7 has 3 columns, the header 2"
    broken = "Invalid Input Error: CSV Error on Line: 2\nOriginal Line: x\nValue with quote found.\n\nPossible fixes:\n"
    assert database.reason(duckdb.Error(broken)) == "line 2: Value with quote found."
    full = (
        'Async write failed: {"exception_message":"Could not write file \\"/x/results\\": No space left","errno":"28"}'
    )
    assert database.reason(duckdb.Error(full)) == "Could not write file: No space left"
    footer = "Invalid Input Error: No magic bytes found at end of file '/tmp/a/input'\n\nLINE 1: select"
    assert database.reason(duckdb.Error(footer)) == "No magic bytes found at end of file"

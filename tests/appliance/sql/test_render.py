from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.sql import render
from appliance.sql.answers import Column, Done, SqlError, Table
from appliance.sql.embedded import TABLES
from tests.appliance.sql.fake_node import DETECTORS, FORECASTERS

# The two tables of the public documentation of TDgpt (Anode Management), with the console's own spaces.
DOCUMENTED = (Path(__file__).parents[2] / "golden" / "show_anodes.txt").read_text()


@pytest.fixture(autouse=True)
def _far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_documented_tables_are_printed_to_the_letter() -> None:
    moment = "2024-11-28T10:44:27.089Z"
    anodes = Table(TABLES["ins_anodes"], [[1, "192.168.0.1:6090", "ready", moment, moment]])
    full = Table(
        TABLES["ins_anodes_full"],
        [*([1, "anomaly-detection", name] for name in DETECTORS), *([1, "forecast", name] for name in FORECASTERS)],
    )
    printed = f"{render.PROMPT}show anodes;\n" + render.table("show anodes", anodes, 0.037205)
    printed += f"{render.PROMPT}show anodes full;\n" + render.table("show anodes full", full, 0.02875)
    assert printed == DOCUMENTED


def test_the_documented_error_is_printed_to_the_letter() -> None:
    failure = SqlError(0x80000441, "Analysis service can't access")
    assert render.error(failure, 0.117446) == "DB error: Analysis service can't access[0x80000441] (0.117446s)\n"


@pytest.mark.parametrize(
    ("sql", "verb"), [("create anode 'x'", "Create"), ("DROP anode 1", "Drop"), ("update anode 1", "Query")]
)
def test_statements_without_rows(sql: str, verb: str) -> None:
    assert render.table(sql, Done(), 0.5) == f"{verb} OK, 0 row(s) affected (0.500000s)\n\n"


def test_no_rows_have_no_header() -> None:
    assert render.table("show anodes", Table(TABLES["ins_anodes"], []), 0.0) == (
        "Query OK, 0 row(s) in set (0.000000s)\n\n"
    )


def test_long_wide_hostile_and_missing_values_keep_the_columns_straight() -> None:
    columns = (Column("name", "VARCHAR", 128), Column("n", "BIGINT", 8), Column("ts", "TIMESTAMP", 8))
    moment = "2024-11-28T10:44:27.123456789Z"
    table = Table(columns, [["x" * 40, 1, moment], ["日本", None, None], ["a\x1b[2Jb\n", 2, moment]])
    lines = render.table("select", table, 0.0).splitlines()
    assert lines[2].startswith(f" {'x' * 28}.. |")
    assert lines[3] == f" 日本{' ' * 26} | {'NULL':>21} | {'NULL':>29} |"
    assert "\x1b" not in lines[4]
    assert "2024-11-28 18:44:27.123456789" in lines[2]
    assert len(lines[2]) == len(lines[1])


def test_json_is_what_taosadapter_answers() -> None:
    assert json.loads(render.as_json(Done(3))) == {
        "code": 0,
        "column_meta": [["affected_rows", "INT", 4]],
        "data": [[3]],
        "rows": 1,
    }
    assert render.error_document(SqlError(0x8000011B, "bad")) == {"code": 0x011B, "desc": "bad"}


def test_csv_has_a_line_of_names() -> None:
    table = Table((Column("id", "INT", 4), Column("url", "VARCHAR", 8)), [[1, 'a,"b"'], [2, None]])
    assert render.as_csv(table) == 'id,url\n1,"a,""b"""\n2,\n'
    assert render.as_csv(Done()) == ""

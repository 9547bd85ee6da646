from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.sql import statements
from appliance.sql.answers import SqlError
from appliance.sql.statements import Condition, CreateAnode, DropAnode, Select, ServerVersion, UpdateAnode, parse


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE ANODE '127.0.0.1:6090'", CreateAnode("127.0.0.1:6090")),
        ('create  anode "h:1" ;', CreateAnode("h:1")),
        ("UPDATE ANODE 3", UpdateAnode(3)),
        ("update all anodes", UpdateAnode(None)),
        ("Drop Anode 1", DropAnode(1)),
        ("show anodes -- all of them", Select("ins_anodes")),
        ("SHOW /* every\nline */ ANODES FULL;", Select("ins_anodes_full")),
        ("select server_version()", ServerVersion()),
        ("select * from information_schema.ins_anodes", Select("ins_anodes")),
        ("select COUNT(*) from `information_schema`.`ins_anodes_full`", Select("ins_anodes_full", None)),
        (
            "select ID, url from ins_anodes where id >= 2 and status <> 'ready' order by id desc, url limit 5",
            Select(
                "ins_anodes",
                ("id", "url"),
                (Condition("id", ">=", 2), Condition("status", "<>", "ready")),
                (("id", True), ("url", False)),
                5,
            ),
        ),
    ],
)
def test_every_statement(sql: str, expected: object) -> None:
    assert parse(sql) == expected


@pytest.mark.parametrize(
    ("sql", "near"),
    [
        ("shwo anodes", 'near "shwo anodes"'),
        ("create anode 127.0.0.1", 'near "127.0.0.1"'),
        ("create anode 'open", 'near "\'open"'),
        ("drop anode 'a'", "near \"'a'\""),
        ("drop anode -1", 'near "-1"'),
        ("show anodes fool", 'near "fool"'),
        ("show anodes; show anodes", 'near "show anodes"'),
        ("select * from a where b like 1", 'near "like 1"'),
        ("create anode", "Incomplete SQL statement"),
        ("", "Incomplete SQL statement"),
    ],
)
def test_bad_syntax_is_an_error_that_shows_where(sql: str, near: str) -> None:
    with pytest.raises(SqlError) as error:
        parse(sql)
    assert near in error.value.message
    assert error.value.code == 0x80002600


def test_semicolons_in_strings_and_comments_do_not_end_a_statement() -> None:
    text = "create anode 'a;b'; -- not; here\n/* nor; here */ show anodes;; update"
    assert statements.split(text) == (["create anode 'a;b'", "-- not; here\n/* nor; here */ show anodes"], "update")


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    statements.split(text)
    with contextlib.suppress(SqlError):
        parse(text)


@pytest.mark.parametrize("text", ["quit", "exit;", " Q ", "QUIT ;"])
def test_ways_to_leave(text: str) -> None:
    assert statements.leaves(text)

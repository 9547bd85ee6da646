from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.protocol.mending import Mended, mend

BEFORE = b'{\n"schema": [],\n"data": [[1],[2]],\n"option": "'
AFTER = b'"algo": "iqr",\n"rows": 10,\n"protocol": 1.0\n}'
LINE = 127  # bytes of the option's line that 3.3.6 has room for


def line(option: str, room: int | None = None) -> bytes:
    """The option's line as a server prints it: nothing escaped, into so many bytes."""
    return f'"option": "{option}",\n'.encode()[:room]


def body(option: str, room: int | None = None) -> bytes:
    return BEFORE[: -len('"option": "')] + line(option, room) + AFTER


def naive(option: str, room: int) -> str:
    """What of a text must survive: all that is whole."""
    printed = f'"option": "{option}",\n'.encode()[:room]
    if len(printed) >= len(f'"option": "{option}"'.encode()):
        return option
    rest = printed[len('"option": "') :].decode(errors="ignore")
    return rest[: rest.rfind(",")] if "," in rest else ""


@pytest.mark.parametrize("option", ['a="x"', 'a="', '"', "path=c:\\data,k=2", "tab=\t", "é=ü", '","', 'k=2",'])
def test_what_is_not_escaped_is_taken_word_by_word(option: str) -> None:
    mended = mend(body(option))
    assert mended
    assert mended.cut is None
    assert json.loads(mended.body)["option"] == option
    assert json.loads(mended.body)["algo"] == "iqr"


@pytest.mark.parametrize("size", range(105, 160))
def test_of_a_text_that_was_cut_the_whole_pieces_survive(size: int) -> None:
    option = "algo=iqr,period=24,k=2," + "n=" + "x" * (size - 36) + ",last=12345"
    mended = mend(body(option, LINE))
    assert mended
    assert json.loads(mended.body)["option"] == naive(option, LINE)
    assert (mended.cut is None) == (naive(option, LINE) == option)


@given(st.lists(st.text("ab=é\"\\'1 ", max_size=30), min_size=1, max_size=9), st.integers(20, 200))
def test_whatever_was_cut_is_json_again_and_makes_nothing_up(pieces: list[str], room: int) -> None:
    option = ",".join(pieces)
    mended = mend(body(option, room))
    assert mended
    found = json.loads(mended.body)["option"]
    assert option.startswith(found)


def test_a_cut_in_a_character_loses_that_character_alone() -> None:
    mended = mend(body("k=2,note=é", len('"option": "k=2,note=') + 1))
    assert mended
    assert mended.cut == "note="


@pytest.mark.parametrize(
    "raw",
    [
        b'{"data": []}',
        b'{"option": "a", "option": "b", "algo": "iqr"',
        body('x", "algo": "iqr'),
        b'{"algo": "iqr", "option": "a"b"}',
        b'{"option": 5, "algo": "iqr"',
        body("x").replace(b"x", b"\xff"),
        b"",
    ],
)
def test_what_can_be_read_in_two_ways_is_left_alone(raw: bytes) -> None:
    assert mend(raw) is None


@pytest.mark.parametrize(
    ("cut", "lost"),
    [
        (None, False),
        ("", False),
        ("note=abc", False),
        ("period=2", True),
        (" period=2", True),
        ("per", True),
        ("periods=2", False),
        ("conf=0.", False),
        ("con", False),
        ("k=", True),
    ],
)
def test_a_piece_that_was_cut_is_lost_if_it_is_or_may_become_an_option(cut: str | None, lost: bool) -> None:
    assert Mended(b"", cut).lost(frozenset({"period", "conf", "k"})) == lost


def test_blanks_in_an_option_text_are_looked_at_once() -> None:
    """A search for its end that began at the quote would take the square of their number."""
    assert mend(body('a="' + " " * 200_000 + "x"))


def test_what_was_done_is_told_in_words() -> None:
    assert "taken as it is" in Mended(b"").told
    assert Mended(b"", "per").told.endswith("'per' and all that followed")

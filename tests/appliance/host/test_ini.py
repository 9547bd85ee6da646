from pathlib import Path

import pytest

from appliance.host.ini import Entry, Unreadable, read


@pytest.fixture
def reading(tmp_path):
    def read_text(text: str | bytes):
        path = tmp_path / "some.ini"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(path)

    return read_text


def test_every_line_knows_its_section_and_number(reading):
    assert reading("[a]\nx = 1\n\n[b]\n; comment\ny=2\n") == [Entry("a", "x", "1", 2), Entry("b", "y", "2", 6)]


def test_keys_are_lower_case_and_values_are_not(reading):
    assert reading("[S]\nKey-Name = Value") == [Entry("S", "key-name", "Value", 2)]


def test_indented_key_is_no_continuation(reading):
    assert reading("[a]\nx = 1\n   y = 2\n\tz = 3") == [
        Entry("a", "x", "1", 2),
        Entry("a", "y", "2", 3),
        Entry("a", "z", "3", 4),
    ]


@pytest.mark.parametrize("comment", ["; c", "# c", "  ; c = 1", "\t# [c]", ";", ""])
def test_comments_and_blanks_say_nothing(reading, comment):
    assert reading(f"[a]\n{comment}\nx = 1") == [Entry("a", "x", "1", 3)]


def test_comment_after_a_value_needs_a_blank_before_it(reading):
    lines = reading("[a]\nx = 1 ; one\ny = 2 # two\nz = a;b#c\n[b] ; more\nw = 1")
    assert [(line.section, line.value) for line in lines] == [("a", "1"), ("a", "2"), ("a", "a;b#c"), ("b", "1")]


def test_placeholders_stay_as_they_are(reading):
    lines = reading("[a]\nx = %(y)s/%%\nz = $(HOME)/%n")
    assert [line.value for line in lines] == ["%(y)s/%%", "$(HOME)/%n"]


def test_repeated_keys_and_sections_are_all_kept(reading):
    lines = reading("[a]\nx = 1\n[b]\n[a]\nx = 2")
    assert lines == [Entry("a", "x", "1", 2), Entry("a", "x", "2", 5)]


def test_value_may_be_empty_or_missing(reading):
    assert reading("[a]\nx =\ny") == [Entry("a", "x", "", 2), Entry("a", "y", None, 3)]


def test_value_may_hold_delimiters(reading):
    assert reading("[a]\nurl = http://h:1/p?q=r")[0].value == "http://h:1/p?q=r"


def test_key_before_any_section_has_none(reading):
    assert reading("x = 1") == [Entry("", "x", "1", 1)]


@pytest.mark.parametrize("line", ["[open", "[]", "= value", "["])
def test_line_that_is_no_ini_is_reported(reading, line):
    assert reading(f"[a]\n{line}\nx = 1") == [Unreadable(2, line), Entry("a", "x", "1", 3)]


def test_windows_line_ends_and_byte_order_mark(reading):
    assert reading(b"\xef\xbb\xbf[a]\r\nx = 1\r\n") == [Entry("a", "x", "1", 2)]


def test_comment_in_another_encoding_does_no_harm(reading):
    assert reading("[a]\n; 监听端口\nx = 1".encode("gb18030")) == [Entry("a", "x", "1", 3)]


def test_missing_file_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        read(Path(tmp_path / "none.ini"))

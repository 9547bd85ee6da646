from __future__ import annotations

import duckdb
import pytest

from appliance.files.read import columns
from appliance.files.read.columns import Column, choose
from appliance.files.series import FileError

STAMP = Column("when", "TIMESTAMP", columns.TIME)
CODE = Column("ts", "BIGINT", columns.NUMBER)
VALUE = Column("value", "DOUBLE", columns.NUMBER)
OTHER = Column("other", "FLOAT", columns.NUMBER)
HOST = Column("host", "VARCHAR", columns.TEXT)
NESTED = Column("list", "DOUBLE[]", columns.OTHER)


def test_the_only_time_and_the_only_number_need_no_name() -> None:
    chosen = choose([HOST, STAMP, VALUE], None, None, "host")
    assert (chosen.time, chosen.values, chosen.by) == (STAMP, (VALUE,), (HOST,))


def test_an_integer_called_ts_is_the_time() -> None:
    assert choose([VALUE, CODE], None, None, None).time == CODE


def test_a_name_with_its_unit_is_the_time_unless_there_is_one_without() -> None:
    stamp = Column("ts_ms", "BIGINT", columns.NUMBER)
    assert choose([VALUE, stamp], None, None, None).time == stamp
    chosen = choose([stamp, CODE], None, None, None)
    assert (chosen.time, chosen.values) == (CODE, (stamp,))


def test_of_several_times_the_usual_name_wins() -> None:
    usual = Column("time", "TIMESTAMP", columns.TIME)
    assert choose([STAMP, usual, VALUE], None, None, None).time == usual


def test_a_number_may_name_the_series() -> None:
    assert choose([CODE, VALUE, OTHER], None, None, "other").values == (VALUE,)


def test_several_columns_and_any_case() -> None:
    chosen = choose([STAMP, VALUE, OTHER], None, "VALUE, other", None)
    assert chosen.values == (VALUE, OTHER)


def test_a_name_may_hold_a_comma() -> None:
    odd = Column("a,b", "DOUBLE", columns.NUMBER)
    assert choose([STAMP, odd, VALUE], None, "a,b", None).values == (odd,)
    assert choose([STAMP, odd, VALUE], None, 'value, "a,b"', None).values == (VALUE, odd)
    assert choose([STAMP, odd, VALUE], None, "a*,value", None).values == (odd, VALUE)


@pytest.mark.parametrize(
    ("table", "named", "message"),
    [
        ([STAMP, VALUE, OTHER], (None, None, None), "several columns hold numbers, choose with --value: value, other"),
        ([STAMP, HOST, NESTED], (None, None, None), "no column is left that holds numbers.*when, host, list"),
        ([VALUE, OTHER], (None, "value", None), "no column holds times, choose with --time; there are: value, other"),
        ([STAMP, STAMP, VALUE], (None, None, None), "several columns hold times"),
        ([STAMP, VALUE], ("nix", None, None), "--time: there is no column nix; there are: when, value"),
        ([STAMP, VALUE], (None, "nix", None), "--value: there is no column nix"),
        ([STAMP, VALUE], (None, None, "nix"), "--by: there is no column nix"),
        ([STAMP, VALUE], ("when,value,value", None, None), "--time takes one column, or one of dates and .* got 3"),
        ([STAMP, NESTED], (None, "list", None), r"list cannot be a value: it is DOUBLE\[\]"),
        ([STAMP, VALUE], (None, "when", None), "when cannot be a value: it is TIMESTAMP"),
        ([VALUE, NESTED], ("list", None, None), r"list cannot be the time: it is DOUBLE\[\]"),
        ([CODE, VALUE], ("ts", "ts", None), "cannot be used twice"),
        ([CODE, VALUE], (None, "value,value", None), "cannot be used twice"),
    ],
)
def test_refusals(table: list[Column], named: tuple[str | None, ...], message: str) -> None:
    with pytest.raises(FileError, match=message):
        choose(table, *named)


@pytest.mark.parametrize("type_", ["TIMESTAMP_S", "TIMESTAMP_MS"])
def test_stamps_of_whole_seconds_and_of_milliseconds_are_times(type_: str) -> None:
    assert columns.kind(type_) == columns.TIME
    unit, function = columns.TIME_TYPES[type_]
    (told,) = duckdb.sql(f"SELECT {function}(CAST(TIMESTAMP '1970-01-01 00:00:07' AS {type_}))").fetchall()
    assert (unit, told) == ("us", (7_000_000,))

from __future__ import annotations

import pytest

from appliance.files.calendar.frequency import BUSINESS, DAY, END, MONTH, NANOSECOND, parse
from appliance.protocol.documents import BadRequest


@pytest.mark.parametrize(
    ("text", "unit", "count"),
    [
        ("15m", NANOSECOND, 15 * 60 * 10**9),
        ("15min", NANOSECOND, 15 * 60 * 10**9),
        ("15 minutes", NANOSECOND, 15 * 60 * 10**9),
        ("S", NANOSECOND, 10**9),
        ("250a", NANOSECOND, 250 * 10**6),
        ("7b", NANOSECOND, 7),
        ("H", NANOSECOND, 3600 * 10**9),
        ("1d", DAY, 1),
        ("W", DAY, 7),
        ("W-SUN", DAY, 7),
        ("2 weeks", DAY, 14),
        ("M", MONTH, 1),
        ("1mo", MONTH, 1),
        ("3n", MONTH, 3),
        ("INTERVAL '1 month'", MONTH, 1),
        ("MS", MONTH, 1),
        ("ME", MONTH, 1),
        ("1q", MONTH, 3),
        ("QE-DEC", MONTH, 3),
        ("1y", MONTH, 12),
        ("YS", MONTH, 12),
        ("B", BUSINESS, 1),
        ("business days", BUSINESS, 1),
    ],
)
def test_spellings_of_tdengine_duckdb_and_pandas(text: str, unit: str, count: int) -> None:
    found = parse(text, "--freq")
    assert (found.unit, found.count) == (unit, count)


def test_month_end_is_told_apart() -> None:
    assert parse("ME", "--freq").day == END != parse("M", "--freq").day


@pytest.mark.parametrize("text", ["", "0d", "-5m", "5", "soon", "1.5h", "1mo1", "5 5"])
def test_what_is_no_frequency_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="--freq.*a step such as 15m, 1h, 1d"):
        parse(text, "--freq")


@pytest.mark.parametrize(
    ("text", "shown"),
    [("7d", "1w"), ("90s", "90s"), ("3600s", "1h"), ("6mo", "2q"), ("5mo", "5mo"), ("12mo", "1y"), ("3d", "3d"),
     ("2B", "2 business day"), ("1500u", "1500us")],
)  # fmt: skip
def test_it_is_shown_in_its_largest_unit(text: str, shown: str) -> None:
    assert str(parse(text, "--freq")) == shown

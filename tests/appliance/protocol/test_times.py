from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.protocol import times
from appliance.protocol.documents import BadRequest


@pytest.mark.parametrize(
    ("text", "precision", "step"),
    [
        ("10s", "ms", 10_000),
        ("5m", "us", 300_000_000),
        ("1d", "ns", 86_400 * 10**9),
        ("7", "us", 7),
        ("250a", "ms", 250),
    ],
)
def test_durations(text: str, precision: str, step: int) -> None:
    assert times.duration(text, precision) == step


@pytest.mark.parametrize("text", ["", "0s", "-5m", "5 years", "1.5h", "10u"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="every"):
        times.duration(text, "ms")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2023-11-14T22:13:20Z", 1_700_000_000_000),
        ("2023-11-14 22:13:20", 1_700_000_000_000),
        ("2023-11-15T00:13:20+02:00", 1_700_000_000_000),
        ("2023-11-14", 1_699_920_000_000),
        ("1700000000000", 1_700_000_000_000),
        ("1969-12-31T23:59:59.999Z", -1),
    ],
)
def test_moments(text: str, at: int) -> None:
    assert times.moment(text, "ms") == at


def test_a_moment_fits_a_timestamp() -> None:
    for text in ("99999999999999999999999", "2500-01-01"):
        with pytest.raises(BadRequest, match="leaves the range of a timestamp in ns"):
            times.moment(text, "ns")


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(BadRequest, match="start yesterday"):
        times.moment("yesterday", "ms")


@given(st.integers(-(10**17), 10**18), st.sampled_from(["us", "ms"]))
def test_what_is_shown_is_read_back(time: int, precision: str) -> None:
    time %= 10**13
    assert times.moment(times.shown(time, precision), precision) == time


def test_digits_follow_the_unit() -> None:
    assert times.shown(1_700_000_000_000_000_001, "ns") == "2023-11-14T22:13:20.000000001Z"
    assert times.shown(1_700_000_000_000, "ms") == "2023-11-14T22:13:20.000Z"


def test_steps_are_named_in_their_largest_unit() -> None:
    assert [times.lasting(step, "ms") for step in (250, 1000, 90_000, 3_600_000, 604_800_000)] == [
        "250a",
        "1s",
        "90s",
        "1h",
        "1w",
    ]


def test_rhythm_counts_gaps_and_short_steps() -> None:
    regular = np.arange(0, 1000, 10)
    assert times.rhythm(regular) == times.Rhythm(10, 0, 0, 99)
    found = times.rhythm(np.delete(regular, [20, 50, 51]))
    assert (found.usual, found.gaps, found.short) == (10, 2, 0)
    assert not found.none
    assert times.rhythm(np.cumsum([1, 100, 1000, 10, 10_000, 2, 30_000, 3])).none

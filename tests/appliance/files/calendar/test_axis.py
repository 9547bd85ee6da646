from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from appliance.files.calendar import axis, frequency
from appliance.files.calendar.zones import Clock, Zone
from appliance.protocol.documents import BadRequest
from kernels.contract import Times

AHEAD = 15
DAY = 86_400_000
FREQUENCIES = ("MS", "ME", "QS", "QE", "QE-NOV", "YS", "YE", "YS-APR", "D", "3D", "B", "W", "W-WED", "BMS", "BME")
FREQUENCIES += ("h", "15min", "s", "100ms")


def naive(start: date, months: int, day: int, rows: int) -> list[int]:
    """Times in ms of `day` of every so many months, of a shorter month the last day."""
    found = []
    for row in range(rows):
        number = start.year * 12 + start.month - 1 + months * row
        after = date((number + 1) // 12, (number + 1) % 12 + 1, 1)
        first = date(number // 12, number % 12 + 1, 1)
        at = min(first + timedelta(days=day - 1), after - timedelta(days=1))
        found.append(int(datetime(at.year, at.month, at.day, 6, 30, tzinfo=UTC).timestamp() * 1000))
    return found


@pytest.mark.parametrize("day", [1, 15, 28, 29, 30, 31])
@pytest.mark.parametrize(("months", "shown"), [(1, "1mo"), (2, "2mo"), (3, "1q"), (12, "1y"), (24, "2y")])
def test_months_as_they_are_counted_by_hand(day: int, months: int, shown: str) -> None:
    times = np.array(naive(date(1997, 1, 1), months, day, 40 + AHEAD), np.int64)
    found = axis.find(times[:40], "ms", Clock())
    assert str(found.frequency) == shown
    np.testing.assert_array_equal(found.times(np.arange(1, AHEAD + 1)), times[40:])
    np.testing.assert_array_equal(found.positions(times), np.arange(-39, AHEAD + 1))


def dates(freq: str, tz: str | None = None, start: str = "2018-01-01", rows: int = 60) -> Times:
    times: Times = pd.date_range(start, periods=rows, freq=freq, tz=tz).as_unit("ms").asi8
    return times


@pytest.mark.parametrize("tz", [None, "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("freq", FREQUENCIES)
def test_every_frequency_goes_on_as_in_pandas(freq: str, tz: str | None) -> None:
    times = dates(freq, tz)
    found = axis.find(times[:-AHEAD], "ms", Clock(Zone(tz) if tz else None))
    np.testing.assert_array_equal(found.times(np.arange(1, AHEAD + 1)), times[-AHEAD:])
    positions = found.positions(times)
    np.testing.assert_array_equal(positions, np.arange(len(times)) - len(times) + AHEAD + 1)
    np.testing.assert_array_equal(found.times(positions), times)


@pytest.mark.parametrize("freq", ["MS", "ME", "QE", "D", "B", "h"])
def test_missing_rows_change_no_step(freq: str) -> None:
    times = dates(freq)
    found = axis.find(np.delete(times, [5, 9, 10, 11, 30]), "ms", Clock())
    np.testing.assert_array_equal(found.positions(times), np.arange(-59, 1))


def test_local_days_go_on_where_midnight_is_skipped() -> None:
    days = pd.date_range("2010-01-05", periods=400, freq="D")
    times = days.tz_localize("America/Sao_Paulo", nonexistent="shift_forward").as_unit("ms").asi8
    found = axis.find(times[:350], "ms", Clock(Zone("America/Sao_Paulo")))
    np.testing.assert_array_equal(found.times(np.arange(1, 51)), times[350:])


def test_centuries_are_no_bound() -> None:
    times = pd.date_range("1600-01-01", periods=60, freq="YS", unit="s").as_unit("ms").asi8
    found = axis.find(times[:40], "ms", Clock())
    np.testing.assert_array_equal(found.times(np.arange(1, 21)), times[40:])


def test_jitter_leaves_the_usual_step() -> None:
    times = 60_000 * np.arange(100) + np.random.default_rng(3).integers(-90, 90, 100)
    found = axis.find(times, "ms", Clock(), frequency.parse("1m", "--every"))
    assert found.step == 60_000
    np.testing.assert_array_equal(found.positions(times), np.arange(-99, 1))


def test_a_frequency_that_is_asked_for_decides_what_is_open() -> None:
    quarters = dates("QE-FEB")  # 28 and 29 February, 31 May, 31 August, 30 November
    assert axis.find(quarters, "ms", Clock(), frequency.parse("1q", "--freq")).day == axis.LAST_DAY
    february = dates("YS-FEB", start="2018-02-01")[:10] + 27 * DAY
    assert axis.find(february, "ms", Clock()).day == 28
    assert axis.find(february[:2], "ms", Clock(), frequency.parse("YE", "--freq")).day == axis.LAST_DAY


@pytest.mark.parametrize(
    ("times", "asked", "message"),
    [
        (dates("h"), "1d", "--freq 1d does not continue the rows: their usual step is 1h"),
        (dates("MS"), "1d", "--freq 1d does not continue the rows: their usual step is 1mo"),
        (dates("D"), "1mo", "--freq 1mo does not continue the rows: their usual step is 1d"),
        (dates("h"), "1500us", "--freq 1500us is no whole number of ms, the unit of the times"),
        (np.cumsum([1, 100, 1000, 10, 10_000, 2, 30_000, 3]), None, "no usual step: . of 7 steps.*--freq sets one"),
        (dates("MS", "Europe/Berlin"), None, "about 31 days apart, but at no fixed day.*in UTC: --tz names the zone"),
        (dates("SME"), None, "about 15 days apart"),
        (dates("SMS", rows=62), None, "about 14 days apart"),
        (
            dates("C", rows=62)[(np.arange(62) % 5 == 0) | (np.arange(62) % 5 == 3)],
            None,
            "unequal steps, 84h is the median",
        ),
    ],
)
def test_steps_that_do_not_continue_the_rows_are_refused(times: Times, asked: str | None, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        axis.find(times, "ms", Clock(), frequency.parse(asked, "--freq") if asked else None)


def test_what_has_no_usual_step_takes_the_one_that_is_asked_for() -> None:
    wild = np.cumsum([1, 100, 1000, 10, 10_000, 2, 30_000, 3])
    found = axis.find(wild, "ms", Clock(), frequency.parse("1s", "--freq"))
    assert found.times(np.array([1, 2])).tolist() == [wild[-1] + 1000, wild[-1] + 2000]


def test_times_stay_within_the_range_of_a_time_stamp() -> None:
    found = axis.find(dates("YS"), "ms", Clock())
    with pytest.raises(BadRequest, match="times leave the range of a timestamp"):
        found.times(np.array([10**9]))


def test_a_time_between_two_steps_has_no_position() -> None:
    found = axis.find(dates("MS"), "ms", Clock())
    assert found.position(int(dates("MS")[3])) == -56
    assert found.position(int(dates("MS")[3]) + DAY) is None

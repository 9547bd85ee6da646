from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from appliance.files.calendar import buckets, zones
from appliance.files.calendar.frequency import parse
from appliance.files.calendar.zones import Clock
from appliance.protocol.documents import BadRequest

BERLIN = "Europe/Berlin"


def naive(moment: datetime, every: str) -> datetime:
    """The begin of a bucket by the fields of a date, on the wall."""
    if every == "15m":
        return moment.replace(minute=moment.minute // 15 * 15, second=0)
    if every == "6h":
        return moment.replace(hour=moment.hour // 6 * 6, minute=0, second=0)
    day = moment.replace(hour=0, minute=0, second=0)
    if every == "1w":
        return day - timedelta(days=day.weekday())
    if every == "1mo":
        return day.replace(day=1)
    if every == "1q":
        return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    return day.replace(day=1, month=1) if every == "1y" else day


@pytest.mark.parametrize("every", ["15m", "6h", "1d", "1w", "1mo", "1q", "1y"])
@pytest.mark.parametrize("zone", ["UTC", BERLIN])
def test_a_bucket_begins_where_a_calendar_says(every: str, zone: str) -> None:
    times = 1_679_000_000 + 40_123 * np.arange(900, dtype=np.int64)  # over two changes of the clocks
    begins = buckets.starts(times * 1000, "ms", Clock(zones.zone(zone)), parse(every, "--every"))
    for time, begin in zip(times.tolist(), begins.tolist(), strict=True):
        wall = datetime.fromtimestamp(time, ZoneInfo(zone)).replace(tzinfo=None)
        assert begin == naive(wall, every).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000 or every == "15m"
        assert 0 <= time - begin // 1000 < 367 * 86_400


def test_the_hour_that_comes_twice_is_two_hours() -> None:
    half_hours = 1_698_530_400 + 1800 * np.arange(8, dtype=np.int64)  # 2023-10-29T00:00+02:00 and on
    begins = buckets.starts(half_hours * 1000, "ms", Clock(zones.zone(BERLIN)), parse("1h", "--every"))
    assert (np.diff(begins) // 1000).tolist() == [0, 3600, 0, 3600, 0, 3600, 0]


@pytest.mark.parametrize(("every", "message"), [("B", "business days"), ("1us", "no whole number of ms")])
def test_steps_that_make_no_buckets_are_refused(every: str, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        buckets.starts(np.arange(3), "ms", Clock(), parse(every, "--every"))

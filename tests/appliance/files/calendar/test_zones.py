from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from appliance.files.calendar.zones import Clock, Zone, offset_text, zone
from appliance.protocol.documents import BadRequest

HOUR = 3_600_000
ZONES = ("Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "UTC")


def naive(instant_ms: int, name: str) -> int:
    """The wall clock at an instant, by the standard library."""
    shown = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant_ms)).astimezone(ZoneInfo(name))
    return (shown.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@pytest.mark.parametrize("name", ZONES)
def test_clocks_show_what_the_standard_library_says(name: str) -> None:
    instants = np.random.default_rng(7).integers(-2_000_000_000_000, 2_000_000_000_000, 400)
    wall = zone(name).wall(instants, "ms")
    assert wall.tolist() == [naive(at, name) for at in instants.tolist()]


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("year", [2017, 2018, 2024])
def test_a_year_of_half_hours_comes_back_from_the_clocks(name: str, year: int) -> None:
    begin = int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000
    halves = begin + HOUR // 2 * np.arange(17_600)
    one = zone(name)
    np.testing.assert_array_equal(one.instants(one.wall(halves, "ms"), "ms"), halves)


def test_an_hour_that_is_skipped_is_read_as_before_the_change() -> None:
    wall = np.array([datetime(2021, 3, 28, 2, 30, tzinfo=UTC).timestamp() * 1000], np.int64)
    found = Clock(Zone("Europe/Berlin")).shown(int(Zone("Europe/Berlin").instants(wall, "ms")[0]), "ms")
    assert found == "2021-03-28T03:30:00.000+02:00"


def test_a_single_time_of_an_hour_that_comes_twice_is_the_first() -> None:
    wall = np.array([datetime(2021, 10, 31, 2, 30, tzinfo=UTC).timestamp() * 1000], np.int64)
    berlin = Zone("Europe/Berlin")
    assert Clock(berlin).shown(int(berlin.instants(wall, "ms")[0]), "ms") == "2021-10-31T02:30:00.000+02:00"


def test_times_are_shown_as_they_were_meant() -> None:
    at = 1_700_000_000_000
    assert Clock().shown(at, "ms") == "2023-11-14T22:13:20.000Z"
    assert Clock(naive=True).shown(at, "ms") == "2023-11-14T22:13:20.000"
    assert Clock(Zone("Asia/Kolkata")).shown(at, "ms") == "2023-11-15T03:43:20.000+05:30"
    assert Clock(Zone("Asia/Kolkata"), naive=True).shown(at, "ms") == "2023-11-15T03:43:20.000"
    assert offset_text(-12_600_000, "ms") == "-03:30"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Europe/Berln", "--tz Europe/Berln: there is no such time zone, did you mean Europe/Berlin?"),
        ("berlin", "did you mean Europe/Berlin?"),
        ("../etc/passwd", "a name such as Europe/Berlin is expected"),
    ],
)
def test_what_is_no_zone_is_refused(name: str, message: str) -> None:
    with pytest.raises(BadRequest) as refused:
        zone(name)
    assert message in str(refused.value)

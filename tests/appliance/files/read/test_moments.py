from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.files.calendar.zones import Zone
from appliance.files.read import database, moments
from appliance.files.read.columns import NUMBER, Column
from appliance.files.read.reading import Asked
from appliance.files.series import FileError
from tests.appliance.files.read.test_reading import read
from tests.appliance.files.samples import ROWS, one, write

DAY = 86_400_000
EPOCH = np.datetime64("1970-01-01")


def days(*dates: str) -> list[int]:
    return [int((np.datetime64(date) - EPOCH).astype("timedelta64[D]").astype(int)) * DAY for date in dates]


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
@pytest.mark.parametrize(
    ("cells", "first", "last"),
    [
        ([str(1970 + i) for i in range(ROWS)], "1970-01-01", "2009-01-01"),
        ([1970 + i for i in range(ROWS)], "1970-01-01", "2009-01-01"),
        ([f"{2018 + i // 12}{i % 12 + 1:02}" for i in range(ROWS)], "2018-01-01", "2021-04-01"),
        ([20210101 + i % 20 + 100 * (i // 20) for i in range(ROWS)], "2021-01-01", "2021-02-20"),
        ([f"{2018 + i // 12}-{i % 12 + 1:02}" for i in range(ROWS)], "2018-01-01", "2021-04-01"),
        ([f"2026-W{i + 1:02}" for i in range(ROWS)], "2025-12-29", "2026-09-28"),
        ([f"2026W{i + 1:02}" for i in range(ROWS)], "2025-12-29", "2026-09-28"),
        ([f"2026-W{i + 1:02}-1" for i in range(ROWS)], "2025-12-29", "2026-09-28"),
        ([f"2021/{i // 20 + 1:02}/{i % 20 + 1:02}" for i in range(ROWS)], "2021-01-01", "2021-02-20"),
        ([f"2021{i // 20 + 1:02}{i % 20 + 1:02}T000000" for i in range(ROWS)], "2021-01-01", "2021-02-20"),
        ([f"2021{i // 20 + 1:02}{i % 20 + 1:02}00" for i in range(ROWS)], "2021-01-01", "2021-02-20"),
        ([2280 + i for i in range(ROWS)], "2280-01-01", "2319-01-01"),
        ([f"{2018 + i // 4}-Q{i % 4 + 1}" for i in range(ROWS)], "2018-01-01", "2027-10-01"),
        ([f"{2018 + i // 4}Q{i % 4 + 1}" for i in range(ROWS)], "2018-01-01", "2027-10-01"),
        ([f"{2018 + i // 4}q{i % 4 + 1}" for i in range(ROWS)], "2018-01-01", "2027-10-01"),
        ([f"{2018 + i // 4} Q{i % 4 + 1}" for i in range(ROWS)], "2018-01-01", "2027-10-01"),
        ([f"{1490 + i}-06-30" for i in range(ROWS)], "1490-06-30", "1529-06-30"),
        ([f"{2490 + i}-06-30T00:00:00" for i in range(ROWS)], "2490-06-30", "2529-06-30"),
    ],
)
def test_dates_however_they_are_written(tmp_path: Path, cells: list[str], first: str, last: str, suffix: str) -> None:
    (series,) = read(write(tmp_path / f"a.{suffix}", one(ts=cells)), tmp_path / "s", Asked(time="ts"))
    assert series.times[[0, -1]].tolist() == days(first, last)
    assert (series.precision, series.clock.naive) == ("ms", True)


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
@pytest.mark.parametrize(
    ("cells", "asked", "unit", "first"),
    [
        ([1_628_208_000.745 + i for i in range(ROWS)], Asked(), "ms", 1_628_208_000_745),
        ([1_628_208_000.745232 + i for i in range(ROWS)], Asked(), "us", 1_628_208_000_745_232),
        ([float(1_628_208_000_000 + i) for i in range(ROWS)], Asked(), "ms", 1_628_208_000_000),
        ([1970 + i for i in range(ROWS)], Asked(precision="s"), "ms", 1_970_000),
        ([20210801 + i for i in range(ROWS)], Asked(precision="s"), "ms", 20_210_801_000),
        ([44_414 + i for i in range(ROWS)], Asked(time_format="excel"), "ms", 1_628_208_000_000),
        ([44_414.25 + i for i in range(ROWS)], Asked(time_format="excel"), "ms", 1_628_229_600_000),
        ([f"{i % 28 + 1}.{i // 28 + 1}.2021 06:30" for i in range(ROWS)], Asked(time_format="%d.%m.%Y %H:%M"), "ms",
         1_609_482_600_000),
        ([f"06/Aug/2021:00:00:{i:02} +0200" for i in range(ROWS)], Asked(time_format="%d/%b/%Y:%H:%M:%S %z"), "ms",
         1_628_200_800_000),
    ],
)  # fmt: skip
def test_numbers_and_formats(
    tmp_path: Path, cells: list[float], asked: Asked, unit: str, first: int, suffix: str
) -> None:
    if suffix == "csv" and isinstance(cells[0], float) and cells[0] > 1e12:
        cells = [f"{cell:.0f}" for cell in cells]
    (series,) = read(write(tmp_path / f"a.{suffix}", one(ts=cells)), tmp_path / "s", asked)
    assert (series.precision, series.times[0]) == (unit, first)


@pytest.mark.parametrize(
    ("cells", "asked", "message"),
    [
        ([44_414 + i for i in range(ROWS)], Asked(), "numbers from 44414 to 44453: --time-format excel reads"),
        ([44_414.5 + i for i in range(ROWS)], Asked(), "--precision s as seconds since 1970"),
        (
            [f"21{i // 20 + 1:02}{i % 20 + 1:02}" for i in range(ROWS)],
            Asked(),
            "integers such as 210101: --time-format %y%m%d reads them as days",
        ),
        (
            [1_012_021 + 1_000_000 * (i % 20) + 10_000 * (i // 20) for i in range(ROWS)],
            Asked(),
            "--time-format %d%m%Y reads them as days, --precision",
        ),
        (
            [f"{i // 20 + 1:02}{i % 20 + 1:02}2021" for i in range(ROWS)],
            Asked(),
            "--time-format %m%d%Y reads them as days",
        ),
        ([3000 + i for i in range(ROWS)], Asked(), "--time-format %Y reads them as years, --precision s as seconds"),
        ([20210101 + i for i in range(ROWS)], Asked(), "holds days, but for 9 of 40 cells such as 20210132"),
        ([f"2021-01-01T00:{i:02}" + "Z" * (i > 3) for i in range(ROWS)], Asked(), "36 of 40 times have an offset from"),
        ([f"{i + 1}.1.2021" for i in range(ROWS)], Asked(time_format="%d.%m.%Y"), "row 32: '32.1.2021' is not a time"),
        ([1970 + i for i in range(ROWS)], Asked(time_format="%Y", precision="s"), "exclude each other"),
        ([1970 + i for i in range(ROWS)], Asked(time_format="Y"), "a format such as %d.%m.%Y is expected, or excel"),
    ],
)
def test_what_may_be_meant_in_several_ways_is_refused(
    tmp_path: Path, cells: list[float], asked: Asked, message: str
) -> None:
    with pytest.raises(FileError, match=message):
        read(write(tmp_path / "a.csv", one(ts=cells)), tmp_path / "s", asked)


def test_counters_are_no_dates(tmp_path: Path) -> None:
    for begin in (0, 990, 20_210_032, 202_020, 10_012_000):
        (series,) = read(write(tmp_path / "a.csv", one(ts=range(begin, begin + ROWS))), tmp_path / "s")
        assert (series.times[0], series.clock.naive) == (begin * 1000, False)


def test_local_times_of_the_hour_that_comes_twice(tmp_path: Path) -> None:
    hours = np.arange(np.datetime64("2021-10-31T00:00"), np.datetime64("2021-10-31T03:00"), np.timedelta64(5, "m"))
    wall = [str(hour) for hour in [*hours, *hours[-12:]]]
    path = write(tmp_path / "a.csv", {"ts": wall, "value": range(len(wall))})
    with pytest.raises(FileError, match="row 37 goes back from 2021-10-31T02:55:00.000 to 2021-10-31T02:00:00.000;"):
        read(path, tmp_path / "s")
    (series,) = read(path, tmp_path / "t", Asked(zone=Zone("Europe/Berlin")))
    assert set(np.diff(series.times)) == {300_000}
    assert series.clock.naive


def test_a_type_with_a_zone_is_no_local_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", one(), "REPLACE (make_timestamptz(ts * 1000) AS ts)")
    (series,) = read(path, tmp_path / "s")
    assert not series.clock.naive
    path = write(tmp_path / "b.parquet", one(), "REPLACE (make_timestamp_ms(ts) AS ts)")
    (series,) = read(path, tmp_path / "s")
    assert series.clock.naive


def test_seconds_that_are_counted_from_elsewhere_than_1970_are_told(tmp_path: Path) -> None:
    with database.connect(tmp_path) as connection:
        connection.execute("CREATE TABLE rows_of AS SELECT range AS ts FROM range(40)")

        def first(sql: str) -> tuple[Any, ...]:
            return connection.execute(sql).fetchall()[0]

        column = Column("ts", "BIGINT", NUMBER)
        found = moments.find(first, "rows_of", column, None, None)
        assert found.note == "column ts is read as seconds since 1970; --precision ms|us|ns says it otherwise"
        assert moments.find(first, "rows_of", column, "s", None).note == ""

"""Files of public bug reports, in small: times and numbers that are easily read wrongly."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from appliance.files.calendar.zones import Zone
from appliance.files.read.reading import Asked
from appliance.files.series import FileError, UsageError
from tests.appliance.files.read.test_reading import read
from tests.appliance.files.samples import ROWS, VALUES, one, write

HOURS = [f"2021-08-{6 + i // 24:02} {i % 24:02}:00:00" for i in range(ROWS)]
FIRST = 1_628_208_000  # 2021-08-06T00:00:00Z
HOUR = 3_600
GOLDEN = Path(__file__).parents[3] / "golden"


@pytest.mark.parametrize(("offset", "seconds"), [("+02", 7200), ("+0200", 7200), ("-05:30", -19_800), ("Z", 0)])
def test_offsets_of_hours_alone_move_the_time(tmp_path: Path, offset: str, seconds: int) -> None:
    (series,) = read(write(tmp_path / "a.csv", one(ts=[f"{hour}.745232{offset}" for hour in HOURS])), tmp_path / "s")
    first = FIRST - seconds
    np.testing.assert_array_equal(series.times, (first + HOUR * np.arange(ROWS)) * 1_000_000 + 745_232)
    assert (series.precision, series.clock.naive) == ("us", False)


THIN = "\u202f"


@pytest.mark.parametrize("decimal", [None, ".", ","])
@pytest.mark.parametrize(
    ("written", "point", "comma"),
    [
        ("52,040.00", 52040.0, None),
        ("52.040,25", None, 52040.25),
        ("-1,234,567", -1234567.0, None),
        ("1.234.567", None, 1234567.0),
        (f"52{THIN}040,5", None, 52040.5),
        ("52 040", 52040.0, 52040.0),
        ("52'040.5", 52040.5, None),
        ("52\u2019040", 52040.0, 52040.0),
        ("0,5", None, 0.5),
        ("52,04.00", None, None),
        ("1234,567.5", None, None),
        ("1,234 567", None, None),
        ("12 kW", None, None),
    ],
)
def test_thousands_may_be_grouped(
    tmp_path: Path, written: str, point: float | None, comma: float | None, decimal: str | None
) -> None:
    path = write(tmp_path / "a.csv", one(ts=HOURS, value=[f'"{written}"'] * ROWS))
    wanted = comma if decimal == "," else point
    if wanted is None:
        with pytest.raises(FileError, match="row 1: .* is not a number"):
            read(path, tmp_path / "s", Asked(decimal=decimal))
        return
    (series,) = read(path, tmp_path / "s", Asked(decimal=decimal))
    assert set(series.columns["value"].tolist()) == {wanted}


def test_a_comma_that_may_be_either_is_refused_until_it_is_said_what_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", one(ts=HOURS, value=['"52,040"'] * ROWS))
    with pytest.raises(
        FileError, match=r"'52,040' is not a number; --decimal \. reads it as 52040, --decimal , as 52.040"
    ):
        read(path, tmp_path / "s", Asked(drop_nulls=True))
    for name, value in ((".", 52040.0), (",", 52.04)):
        (series,) = read(path, tmp_path / name.replace(".", "p"), Asked(decimal=name))
        assert series.columns["value"][0] == value


@pytest.mark.parametrize("shape", ["%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S+0000", "%Y%m%dT%H%M%S.000Z", "%Y%m%dT%H%M%S+00"])
def test_instants_without_signs_between_are_instants(tmp_path: Path, shape: str) -> None:
    cells = [datetime.fromisoformat(hour).strftime(shape) for hour in HOURS]
    (series,) = read(write(tmp_path / "a.csv", one(ts=cells)), tmp_path / "s")
    assert series.times[[0, -1]].tolist() == [FIRST * 1000, (FIRST + (ROWS - 1) * HOUR) * 1000]
    assert not series.clock.naive


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.csv", one(ts=[f"{hour}+00:00" for hour in HOURS])))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    (series,) = read(str(path), tmp_path / "s", Asked(time="ts"))
    assert series.times[0] == FIRST * 1000


def test_another_encoding_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("ts,Temp \u00b0C\n2021-08-06T00:00:00,1\n".encode("latin-1"))
    with pytest.raises(FileError, match="is not CSV in UTF-8: invalid start byte at byte 8; --encoding windows-1252"):
        read(str(path), tmp_path / "s")


def test_an_infinite_time_is_no_time(tmp_path: Path) -> None:
    infinite = f"REPLACE (CASE WHEN ts = {one()['ts'][-1]} THEN 'infinity' ELSE make_timestamp_ms(ts) END AS ts)"
    path = write(tmp_path / "a.parquet", one(), infinite)
    with pytest.raises(FileError, match=f"column ts: 1 of {ROWS} times are missing, the first at row {ROWS}"):
        read(path, tmp_path / "s")
    (series,) = read(path, tmp_path / "t", Asked(drop_nulls=True))
    assert len(series.times) == ROWS - 1


def test_times_of_96_bits_are_read(tmp_path: Path) -> None:
    path = shutil.copy(GOLDEN / "int96.parquet", tmp_path / "a.parquet")
    (series,) = read(str(path), tmp_path / "s")
    np.testing.assert_array_equal(series.times, (FIRST + HOUR * np.arange(48)) * 1000)


def test_nanoseconds_are_kept_whole(tmp_path: Path) -> None:
    zoned = "REPLACE (make_timestamp_ns(ts * 1000000 + 1)::TIMESTAMPTZ_NS AS ts)"
    (series,) = read(write(tmp_path / "a.parquet", one(), zoned), tmp_path / "s")
    np.testing.assert_array_equal(series.times, np.array(one()["ts"]) * 1_000_000 + 1)
    assert (series.precision, series.clock.naive) == ("ns", False)


@pytest.mark.parametrize("zone", ["CET", "cst", "PST"])
def test_an_abbreviation_of_a_zone_is_refused_and_may_be_said_to_be_one(tmp_path: Path, zone: str) -> None:
    path = write(tmp_path / "a.csv", one(ts=[f"{hour} {zone}" for hour in HOURS]))
    with pytest.raises(FileError, match=f"such as 2021-08-06 00:00:00 {zone}, and {zone} may be several zones"):
        read(path, tmp_path / "s")
    asked = Asked(time_format=f"%Y-%m-%d %H:%M:%S {zone}", zone=Zone("Asia/Shanghai"))
    (series,) = read(path, tmp_path / "t", asked)
    assert series.times[0] == (FIRST - 8 * HOUR) * 1000


@pytest.mark.parametrize(("zone", "hours"), [("UTC", 0), ("GMT", 0), ("Europe/Berlin", 2)])
def test_names_of_one_zone_are_read(tmp_path: Path, zone: str, hours: int) -> None:
    (series,) = read(write(tmp_path / "a.csv", one(ts=[f"{hour} {zone}" for hour in HOURS])), tmp_path / "s")
    assert series.times[0] == (FIRST - hours * HOUR) * 1000


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_dates_and_times_of_the_day_may_be_two_columns(tmp_path: Path, suffix: str) -> None:
    table = {"date": [hour[:10] for hour in HOURS], "time": [hour[11:] for hour in HOURS], "v": VALUES}
    types = "REPLACE (CAST(date AS DATE) AS date, CAST(time AS TIME) AS time)"
    path = write(tmp_path / f"a.{suffix}", table, types)
    with pytest.raises(FileError, match="row 2 has the time of the row before, .*; --time date,time reads both as one"):
        read(path, tmp_path / "s")
    (series,) = read(path, tmp_path / "t", Asked(time="date,time"))
    np.testing.assert_array_equal(series.times, (FIRST + HOUR * np.arange(ROWS)) * 1000)
    assert list(series.columns) == ["v"]


def test_a_date_without_its_time_of_the_day_is_no_midnight(tmp_path: Path) -> None:
    clocks = [hour[11:] for hour in HOURS]
    table = {"date": [f"{hour[8:10]}.08.2021" for hour in HOURS], "time": [*clocks[:-1], None], "v": VALUES}
    path = write(tmp_path / "a.csv", table)
    with pytest.raises(FileError, match=f"column date: 1 of {ROWS} times are missing, the first at row {ROWS}"):
        read(path, tmp_path / "s", Asked(time="date,time", time_format="%d.%m.%Y %H:%M:%S"))
    with pytest.raises(UsageError, match="--time takes one column, or one of dates and one of times of the day, got 3"):
        read(path, tmp_path / "t", Asked(time="date,time,v"))
    with pytest.raises(UsageError, match="a column cannot be used twice"):
        read(path, tmp_path / "u", Asked(time="date,time", by="time"))

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from appliance.files.read.reading import Asked
from appliance.files.series import FileError
from tests.appliance.files.read.test_reading import read
from tests.appliance.files.samples import ROWS, VALUES, one, write

DAYS = [datetime(2026, 1, 1) + timedelta(hours=36 * day) for day in range(ROWS)]


@pytest.mark.parametrize(
    "format_",
    ["%d.%m.%Y", "%m/%d/%Y %I:%M %p", "%d/%m/%y %H:%M", "%d-%b-%Y", "%Y-%m-%d %I:%M:%S %p", "%B %d, %Y %H:%M:%S"],
)
@pytest.mark.parametrize("name", ["ts", "Zeit"])
def test_a_refusal_names_the_format_that_reads_the_dates_and_it_does(tmp_path: Path, format_: str, name: str) -> None:
    cells = [f'"{day.strftime(format_)}"' for day in DAYS]
    path = write(tmp_path / "a.csv", {name: cells, "value": VALUES})
    with pytest.raises(FileError, match=f"; --time-format .*'{format_}'.* reads it"):
        read(path, tmp_path / "s")
    (series,) = read(path, tmp_path / "t", Asked(time_format=format_))
    assert len(series.times) == ROWS


def test_dates_that_may_be_meant_in_two_ways_are_told_with_both(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", one(ts=[f"{i % 12 + 1:02}/{i // 12 + 1:02}/2026" for i in range(ROWS)]))
    with pytest.raises(FileError, match="--time-format '%d/%m/%Y' or '%m/%d/%Y' reads it, whichever is meant"):
        read(path, tmp_path / "s")
    path = write(tmp_path / "b.csv", one(ts=[day.strftime("%d/%m/%Y") for day in DAYS]))
    with pytest.raises(FileError, match=r"is not a time of the format %m/%d/%Y; --time-format '%d/%m/%Y' reads it"):
        read(path, tmp_path / "t", Asked(time_format="%m/%d/%Y"))


def test_a_year_of_two_digits_is_none_of_the_first_century(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", one(ts=[day.strftime("%y-%m-%d") for day in DAYS]))
    with pytest.raises(
        FileError, match=r"40 of 40 times whose year has less than four digits, such as 26-01-01; .*%y-%m-%d"
    ):
        read(path, tmp_path / "s")
    (series,) = read(path, tmp_path / "t", Asked(time_format="%y-%m-%d"))
    assert series.clock.shown(int(series.times[0]), series.precision).startswith("2026-01-01")


def test_another_column_of_dates_does_not_matter_where_the_times_are_plain(tmp_path: Path) -> None:
    table = one(due=[day.strftime("%d.%m.%Y") for day in DAYS])
    (series,) = read(write(tmp_path / "a.csv", table), tmp_path / "s")
    assert series.times[0] == table["ts"][0]


def test_other_text_is_told_as_before(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="row 40: 'Total' is not a time: .*; --time-format reads others"):
        read(write(tmp_path / "a.csv", one(ts=[*[str(day) for day in DAYS[1:]], "Total"])), tmp_path / "s")

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from appliance.files.calendar.frequency import parse
from appliance.files.read import database, reading
from appliance.files.read.reading import Asked, Source
from appliance.files.read.several import open_files
from appliance.files.series import FileError, FileSeries
from tests.appliance.files import samples
from tests.appliance.files.samples import MINUTE, ROWS, START, VALUES, one, several, write


@contextmanager
def opened(path: str, scratch: Path, asked: Asked = Asked()) -> Iterator[Source]:  # noqa: B008  (frozen)
    scratch.mkdir(exist_ok=True)
    files = open_files([path], scratch)
    with database.connect(scratch, files.paths) as connection:
        yield Source(connection, files, asked)
    shutil.rmtree(scratch)


def read(path: str, scratch: Path, asked: Asked = Asked()) -> list[FileSeries]:  # noqa: B008
    with opened(path, scratch, asked) as source:
        return [source.series(rows) for batch in source.batches() for rows in batch]


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
def test_one_series(tmp_path: Path, suffix: str) -> None:
    (series,) = read(write(tmp_path / f"a.{suffix}", one()), tmp_path / "s")
    assert (series.name, series.precision) == ("", "ms")
    np.testing.assert_array_equal(series.times, START + MINUTE * np.arange(ROWS))
    np.testing.assert_array_equal(series.columns["value"], VALUES)
    assert series.times.dtype == np.int64


@pytest.mark.parametrize("suffix", ["csv", "json", "parquet"])
def test_several_series_between_each_other(tmp_path: Path, suffix: str) -> None:
    found = read(write(tmp_path / f"a.{suffix}", several()), tmp_path / "s", Asked(by="host"))
    assert [series.name for series in found] == ["a", "b", "c"]
    for place, series in enumerate(found):
        np.testing.assert_array_equal(series.columns["value"], np.array(VALUES) + place)
        np.testing.assert_array_equal(series.times, START + MINUTE * np.arange(ROWS))


@pytest.mark.parametrize("names", [["a", "b", "c", "d", "e"], ["1", "2", "10", "o'b", "ü"]])
def test_batches_hold_whole_series_and_all_of_them(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.parquet", several(names))
    whole = read(path, tmp_path / "s", Asked(by="host"))
    monkeypatch.setattr(reading, "BATCH_ROWS", 2 * ROWS + 1)
    with opened(path, tmp_path / "s", Asked(by="host")) as source:
        batches = list(source.batches())
        assert [[rows.name for rows in batch] for batch in batches] == [names[:2], names[2:4], names[4:]]
        for before, rows in zip(whole, (rows for batch in batches for rows in batch), strict=True):
            np.testing.assert_array_equal(before.columns["value"], rows.columns["value"])


def test_numbers_that_name_series_are_in_their_order(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", several(["10", "9", "007"]))
    assert [series.name for series in read(path, tmp_path / "s", Asked(by="host"))] == ["007", "9", "10"]


def test_several_columns_name_a_series_without_confusion(tmp_path: Path) -> None:
    table = {**several(["a", "b"]), "rack": ["b", "a"] * ROWS}
    table["host"] = ["a,b" if rack == "a" else "a" for rack in table["rack"]]
    path = write(tmp_path / "a.json", {**table, "rack": ["a" if host == "a,b" else "b,a" for host in table["host"]]})
    with opened(path, tmp_path / "s", Asked(by="host,rack")) as source:
        assert source.keys == [("a", "b,a"), ("a,b", "a")]
        assert source.name(0) == "a, b,a"


@pytest.mark.parametrize(
    ("type_", "unit", "factor"),
    [
        ("CAST(make_timestamp_ms(ts) AS TIMESTAMP_MS)", "ms", 1),
        ("make_timestamp_ms(ts)", "ms", 1),
        ("CAST(make_timestamp_ms(ts) AS DATE) + CAST((ts // 60000) % 97 AS INTEGER)", "ms", None),
        ("make_timestamptz(ts * 1000)", "ms", 1),
        ("make_timestamptz(ts * 1000 + 7)", "us", 1_000),
        ("make_timestamp(ts * 1000 + 7)", "us", 1_000),
        ("make_timestamp_ns(ts * 1000000)", "ms", 1),
        ("make_timestamp_ns(ts * 1000000 + 7)", "ns", 1_000_000),
        ("ts", "ms", 1),
        ("ts * 1000", "us", 1_000),
        ("ts * 1000000", "ns", 1_000_000),
        ("ts // 1000", "ms", 1),
        ("strftime(make_timestamp_ms(ts), '%Y-%m-%d %H:%M:%S')", "ms", 1),
    ],
)
def test_every_type_of_time_in_parquet(tmp_path: Path, type_: str, unit: str, factor: int | None) -> None:
    path = write(tmp_path / "a.parquet", one(), f"REPLACE ({type_} AS ts)")
    (series,) = read(path, tmp_path / "s")
    assert series.precision == unit
    if factor is None:
        assert set(np.diff(series.times)) == {86_400_000}
    else:
        offset = 7 if "+ 7" in type_ else 0
        np.testing.assert_array_equal(series.times, (START + MINUTE * np.arange(ROWS)) * factor + offset)


@pytest.mark.parametrize("suffix", ["csv", "json"])
@pytest.mark.parametrize(
    ("form", "unit", "first"),
    [
        ("2026-01-01T00:{:02d}:00Z", "ms", 1_767_225_600_000),
        ("2026-01-01 00:{:02d}:00", "ms", 1_767_225_600_000),
        ("2026-01-01T02:{:02d}:00+02:00", "ms", 1_767_225_600_000),
        ("2026-01-01T00:{:02d}:00.000250Z", "us", 1_767_225_600_000_250),
        ("2026-01-01T01:{:02d}:00.000000001+01:00", "ns", 1_767_225_600_000_000_001),
        ("20{:02d}-01-01", "ms", None),
    ],
)
def test_iso_text_keeps_every_digit(tmp_path: Path, suffix: str, form: str, unit: str, first: int | None) -> None:
    path = write(tmp_path / f"a.{suffix}", one(ts=[form.format(i + (first is None)) for i in range(ROWS)]))
    (series,) = read(path, tmp_path / "s")
    assert series.precision == unit
    assert first is None or series.times[0] == first
    assert (np.diff(series.times) > 0).all()


def test_precision_of_integers_can_be_said(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", one(ts=range(ROWS)))
    (series,) = read(path, tmp_path / "s", Asked(precision="us"))
    assert (series.precision, series.times[1]) == ("us", 1)
    (series,) = read(path, tmp_path / "s")
    assert (series.precision, series.times[1]) == ("ms", 1000)  # as seconds


def test_sorting_and_dropping(tmp_path: Path) -> None:
    table = one()
    times, values = list(table["ts"]), list(VALUES)
    times[3], times[4], values[7], times[9] = times[4], times[3], None, None
    path = write(tmp_path / "a.parquet", {"ts": times, "value": values})
    (series,) = read(path, tmp_path / "s", Asked(sort=True, drop_nulls=True))
    assert len(series.times) == ROWS - 2
    assert (np.diff(series.times) > 0).all()
    assert series.columns["value"][3] == values[4]


ALL = [START + MINUTE * i for i in range(ROWS)]


@pytest.mark.parametrize(
    ("table", "asked", "message"),
    [
        (one(ts=[*ALL[:5], ALL[3], *ALL[6:]]), Asked(), "column ts: row 6 goes back from 2023-11-14T22:17:20.000Z"),
        (
            one(ts=[*ALL[:5], ALL[4], *ALL[6:]]),
            Asked(),
            ", 2023-11-14T22:17:20.000Z; --duplicates mean makes one row of them; --by",
        ),
        (one(ts=[*ALL[:5], ALL[2], *ALL[6:]]), Asked(sort=True), "has the time of the row before"),
        (one(value=[*VALUES[:4], None, None, *VALUES[6:]]), Asked(), "column value: 2 of 40 values.*first at row 5"),
        (one(value=[*VALUES[:4], "inf", *VALUES[5:]]), Asked(), "column value: 1 of 40 values.*--drop-nulls"),
        (one(ts=[None, *ALL[1:]]), Asked(), "column ts: 1 of 40 times are missing, the first at row 1;"),
        (one(value=[*VALUES[:11], *[None] * 29]), Asked(drop_nulls=True), None),
        (one(value=[*VALUES[:9], *[None] * 31]), Asked(drop_nulls=True), "between 10 and 40000, actual 9 rows"),
        ({"ts": ALL[:9], "value": VALUES[:9]}, Asked(), "between 10 and 40000, actual 9 rows"),
        ({"ts": range(40_000), "value": range(40_000)}, Asked(), None),
        (
            {"ts": range(40_001), "value": range(40_001)},
            Asked(),
            "actual 40001 rows; --last N takes the last ones; --by",
        ),
        ({"ts": range(40_001), "value": range(40_001)}, Asked(drop_nulls=True), "actual 40001 rows"),
        (one(value=[*VALUES[:4], "x", *VALUES[5:]]), Asked(), "column value, row 5: 'x' is not a number"),
        (one(ts=[*ALL[:4], "noon", *ALL[5:]]), Asked(), "column ts, row 5: 'noon' is not a time"),
        (one(ts=[*ALL[:4], "1.5", *ALL[5:]]), Asked(), "column ts, row 5: '1.5' is not a time"),
        (one(ts=[f"20{i + 10}-01-01" for i in range(ROWS)]), Asked(precision="ms"), "--precision is for times"),
        ({**several(), "host": ["a", None, "b"] * ROWS}, Asked(by="host"), "40 of 120 rows have no host.*--drop-nulls"),
        ({"ts": [], "value": []}, Asked(), "has no rows"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_bad_rows(tmp_path: Path, table: samples.Table, asked: Asked, message: str | None, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", table)
    if message is None:
        assert len(read(path, tmp_path / "s", asked)) == 1
        return
    with pytest.raises(FileError, match=message) as refused:
        read(path, tmp_path / "s", asked)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("how", "value"), [("mean", 3.0), ("sum", 9.0), ("min", 1.0), ("max", 6.0), ("first", 2.0), ("last", 6.0)]
)
def test_rows_of_one_time_are_made_one(tmp_path: Path, how: str, value: float) -> None:
    times, values = [*ALL[:5], ALL[4], ALL[4], *ALL[5:]], [*[0.0] * 4, 2.0, 1.0, 6.0, *[0.0] * 35]
    path = write(tmp_path / "a.csv", {"ts": times, "value": values})
    (series,) = read(path, tmp_path / "s", Asked(duplicates=how))
    np.testing.assert_array_equal(series.times, ALL)
    assert series.columns["value"].tolist() == [*[0.0] * 4, value, *[0.0] * 35]


@pytest.mark.parametrize(("how", "first"), [("mean", 2.0), ("sum", 10.0), ("max", 4.0), ("last", 4.0)])
def test_rows_become_one_for_each_step(tmp_path: Path, how: str, first: float) -> None:
    rows = 50_000  # more than can be analysed
    path = write(tmp_path / "a.csv", {"ts": [MINUTE * i for i in range(rows)], "v": range(rows)})
    asked = Asked(every=parse("5m", "--every"), agg=how, precision="ms")
    (series,) = read(path, tmp_path / "s", asked)
    assert series.columns["v"][0] == first
    np.testing.assert_array_equal(series.times, 5 * MINUTE * np.arange(rows // 5))


def test_rows_that_go_back_are_no_duplicates(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", one(ts=[*ALL[:5], ALL[4], ALL[3], *ALL[7:]]))
    with pytest.raises(FileError, match="row 6 has the time of the row before"):
        read(path, tmp_path / "s", Asked(duplicates="mean"))
    (series,) = read(path, tmp_path / "t", Asked(duplicates="mean", sort=True))
    assert len(series.times) == ROWS - 2


def test_the_last_rows_of_a_long_series(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", {"ts": range(50_000), "value": range(50_000)})
    (series,) = read(path, tmp_path / "s", Asked(last=40_000))
    assert (len(series.times), series.columns["value"][0]) == (40_000, 10_000.0)
    with pytest.raises(FileError, match="actual 40001 rows"):
        read(path, tmp_path / "t", Asked(last=40_001))


def test_rows_without_a_series_can_be_dropped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", {**several(), "host": ["a", None, "b"] * ROWS})
    found = read(path, tmp_path / "s", Asked(by="host", drop_nulls=True))
    assert [series.name for series in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PAR1 and then nothing of it", "cannot be read: No magic bytes"),
        (b"PAR1" + b"x" * 100 + b"PAR1", "cannot be read: "),
        (b"ts,v\n1,2\n2,3,4\n", "cannot be read: line 3 has 3 columns, the header 2"),
        (b'ts,v\n1,2\n2,"3\n', "cannot be read: line 3: "),
        (b'{"ts": 1, "v":', "cannot be read: Malformed JSON"),
    ],
)
def test_corrupt_files(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "data").write_bytes(content)
    with pytest.raises(FileError, match=message) as refused:
        read(str(tmp_path / "data"), tmp_path / "s")
    assert "\n" not in str(refused.value)


def test_a_parquet_file_that_is_damaged_in_the_middle(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.parquet", {"ts": range(1000), "value": [i * 0.1 for i in range(1000)]}))
    whole = bytearray(path.read_bytes())
    whole[10:1500] = b"\xff" * 1490
    path.write_bytes(whole)
    with pytest.raises(FileError, match="cannot be read"):
        read(str(path), tmp_path / "s")

"""What users reported about times of files, from the prompt to the results."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from appliance import cli
from tests.appliance.files.samples import ROWS, START, VALUES, Table, one, rows, write

MINUTE = 60_000
ZONED = "TIMESTAMP WITH TIME ZONE"


def run(command: str, *arguments: str | Path) -> int:
    return cli.main(["taosanode", command, *map(str, arguments)])


def described(path: Path) -> list[str]:
    with duckdb.connect() as connection:
        return [type_ for _, type_, *_ in connection.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]


def times(path: Path) -> list[str]:
    return [line.partition(",")[0] for line in path.read_text().splitlines()[1:]]


def written(freq: str, form: str, tz: str | None = None, start: str = "2018-01-01", more: int = 3) -> list[str]:
    return pd.date_range(start, periods=ROWS + more, freq=freq, tz=tz).strftime(form).tolist()


@pytest.mark.parametrize(
    ("freq", "form"),
    [
        ("MS", "%Y-%m-%d"),
        ("ME", "%Y-%m-%d"),
        ("QE", "%Y-%m-%d"),
        ("YS", "%Y-%m-%d"),
        ("B", "%Y-%m-%d"),
        ("W", "%Y-%m-%d"),
        ("MS", "%Y-%m"),
        ("YS", "%Y"),
        ("MS", "%Y%m"),
        ("D", "%Y%m%d"),
        ("W-MON", "%G-W%V"),
        ("min", "%Y%m%d%H%M"),
        ("h", "%Y-%m-%dT%H:%M:%S.000"),
        ("MS", "%Y-%m-%dT%H:%M:%S.000"),
    ],
)
@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_a_forecast_joins_what_comes_in_the_form_of_the_file(tmp_path: Path, freq: str, form: str, suffix: str) -> None:
    cells = written(freq, form)
    path, out = write(tmp_path / f"a.{suffix}", one(ts=cells[:ROWS])), tmp_path / "out.csv"
    assert run("forecast", path, "--time", "ts", "--rows", "3", "--out", out) == cli.OK
    assert times(out) == cells[ROWS:]


@pytest.mark.parametrize(("freq", "tz"), [("D", "Europe/Berlin"), ("MS", "Europe/Berlin"), ("W", "America/New_York")])
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_local_days_go_on_across_a_change_of_clocks(tmp_path: Path, freq: str, tz: str, suffix: str) -> None:
    instants = pd.date_range("2018-02-10", periods=ROWS + 30, freq=freq, tz=tz)
    table: Table = one(ts=instants.as_unit("ms").asi8[:ROWS].tolist())
    path, out = write(tmp_path / f"a.{suffix}", table), tmp_path / "out.csv"
    assert run("forecast", path, "--rows", "30", "--tz", tz, "--out", out) == cli.OK
    assert times(out) == [each.isoformat(timespec="milliseconds") for each in instants[ROWS:]]


def test_months_of_local_midnights_are_refused_without_their_zone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    instants = pd.date_range("2018-01-01", periods=ROWS, freq="MS", tz="Europe/Berlin").as_unit("ms").asi8
    assert run("forecast", write(tmp_path / "a.csv", one(ts=instants.tolist()))) == cli.FAILED
    assert "at no fixed day of the calendar in UTC: --tz names the zone of their midnights" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("cells", "types", "text"),
    [
        ("CAST(make_timestamp_ms(ts) AS TIMESTAMP)", "TIMESTAMP", "2023-11-14T22:53:20.000"),
        ("make_timestamptz(ts * 1000)", ZONED, "2023-11-14T22:53:20.000Z"),
        ("strftime(make_timestamp_ms(ts), '%Y-%m-%d %H:%M:%S')", "TIMESTAMP", "2023-11-14T22:53:20.000"),
        ("strftime(make_timestamp_ms(ts), '%Y-%m-%dT%H:%M:%SZ')", ZONED, "2023-11-14T22:53:20.000Z"),
        ("strftime(make_timestamp_ms(ts), '%Y-%m-%dT%H:%M:%S+02:00')", ZONED,
         "2023-11-14T20:53:20.000Z"),
        ("ts", "TIMESTAMP", "2023-11-14T22:53:20.000Z"),
        ("CAST('2021-01-01' AS DATE) + CAST((ts - 1700000000000) // 60000 AS INTEGER)", "DATE", "2021-02-10"),
    ],
)  # fmt: skip
def test_what_has_no_zone_gets_none_in_any_format(tmp_path: Path, cells: str, types: str, text: str) -> None:
    path = write(tmp_path / "a.parquet", one(), f"REPLACE ({cells} AS ts)")
    for out in ("out.parquet", "out.csv", "out.jsonl"):
        assert run("forecast", path, "--rows", "1", "--out", tmp_path / out) == cli.OK
    assert described(tmp_path / "out.parquet")[0] == types
    assert times(tmp_path / "out.csv") == [text]
    assert f'"{text}"' in (tmp_path / "out.jsonl").read_text()


def test_local_hours_of_a_zone_are_written_as_they_came(tmp_path: Path) -> None:
    hours = pd.date_range("2021-10-30", periods=ROWS + 5, freq="h", tz="Europe/Berlin")
    naive = hours.strftime("%Y-%m-%d %H:%M").tolist()
    path = write(tmp_path / "a.csv", one(ts=naive[:ROWS]))
    assert run("forecast", path, "--rows", "5", "--tz", "Europe/Berlin", "--out", tmp_path / "out.csv") == cli.OK
    assert times(tmp_path / "out.csv") == hours.strftime("%Y-%m-%dT%H:%M:00.000").tolist()[ROWS:]
    assert run("forecast", path, "--rows", "5", "--tz", "Europe/Berlin", "--out", tmp_path / "out.parquet") == cli.OK
    assert described(tmp_path / "out.parquet")[0] == "TIMESTAMP"


def test_a_format_is_read_and_written(tmp_path: Path) -> None:
    cells = written("h", "%Y/%m/%d %I:%M:%S %p")
    path, out = write(tmp_path / "a.csv", one(ts=cells[:ROWS])), tmp_path / "out.csv"
    given = ["--time-format", "%Y/%m/%d %I:%M:%S %p", "--out", out]
    assert run("forecast", path, "--rows", "3", *given) == cli.OK
    assert times(out) == cells[ROWS:]


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (["--start", "2021-06"], "2021-06-01"),
        (["--freq", "1mo"], "2021-05-01"),
        (["--freq", "MS", "--start", "2022-01-01"], "2022-01-01"),
    ],
)
def test_a_forecast_begins_where_it_is_wanted(tmp_path: Path, arguments: list[str], first: str) -> None:
    path, whole, out = (tmp_path / name for name in ("a.csv", "whole.csv", "out.csv"))
    write(path, one(ts=written("MS", "%Y-%m-%d")[:ROWS]))
    algo = ["--algo", "holtwinters"]  # `auto` weighs its members by how they do at the asked distance
    assert run("forecast", path, *algo, "--rows", "24", "--out", whole) == cli.OK
    assert run("forecast", path, *algo, "--rows", "2", *arguments, "--out", out) == cli.OK
    assert times(out)[0] == first
    assert set(rows(out)) < set(rows(whole))  # the same forecast, seen from further ahead


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--start", "2021-04-01"], "start 2021-04-01 is not after the last row, 2021-04-01T00:00:00.000"),
        (["--start", "2021-05-02"], "start 2021-05-02 does not continue the rows: the first step of 1mo leads to"),
        (["--every", "1d"], "--every 1d does not continue the rows: their usual step is 1mo"),
    ],
)
def test_what_does_not_continue_the_rows_is_refused(
    tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "a.csv", one(ts=written("MS", "%Y-%m-%d")[:ROWS]))
    assert run("forecast", path, *arguments) == cli.FAILED
    assert message in capsys.readouterr().err


def test_what_is_read_as_dates_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", one(ts=range(1970, 1970 + ROWS)))
    assert run("detect", path) == cli.OK
    shown = capsys.readouterr()
    assert "column ts is read as years; --precision s would read it as seconds since 1970\n" in shown.err
    assert shown.out.splitlines()[1].split()[:4] == ["1988", "1988", "1", "1988"]


def test_months_are_filled_and_keep_their_form(tmp_path: Path) -> None:
    months = written("MS", "%Y-%m")
    kept = [place for place in range(ROWS) if place not in (5, 6, 20)]
    table = {"ts": [months[place] for place in kept], "value": [VALUES[place] for place in kept]}
    path, out = write(tmp_path / "a.csv", table), tmp_path / "out.csv"
    assert run("impute", path, "--time", "ts", "--filled-only", "--out", out) == cli.OK
    assert times(out) == [months[5], months[6], months[20]]


def test_centuries_ago_and_ahead(tmp_path: Path) -> None:
    for year in (1600, 2400):
        cells = [f"{year + i}-07-04" for i in range(ROWS + 2)]
        path, out = write(tmp_path / "a.csv", one(ts=cells[:ROWS])), tmp_path / "out.csv"
        assert run("forecast", path, "--rows", "2", "--out", out) == cli.OK
        assert times(out) == cells[ROWS:]


def test_every_row_has_its_time_in_flags(tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    assert run("detect", write(tmp_path / "a.csv", one()), "--flags", "--tz", "Asia/Tokyo", "--out", out) == cli.OK
    found = np.array([row[0].timestamp() * 1000 for row in rows(out)]).round().astype(np.int64)
    np.testing.assert_array_equal(found, START + MINUTE * np.arange(ROWS))

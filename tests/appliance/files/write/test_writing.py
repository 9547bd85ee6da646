from __future__ import annotations

import json
import os
import resource
import stat
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from appliance.analysis.kinds import BY_TYPE
from appliance.files.read import columns, database, several
from appliance.files.read.reading import Asked, Source
from appliance.files.series import FileError, FileResult
from appliance.files.write import writing
from appliance.files.write.writing import Output, Results
from kernels.contract import ANOMALY, FORECAST, Forecast
from tests.appliance.files import samples
from tests.appliance.files.results import detected, forecasted
from tests.appliance.files.samples import MINUTE, START


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Source]]:
    """Three series, of which two have names that need care."""
    path = samples.write(tmp_path / "in.parquet", samples.several(["a", 'b,"c', "d\x1b[31m"]))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    files = several.open_files([path], scratch)
    with database.connect(scratch, files.paths) as connection:
        yield connection, Source(connection, files, Asked(by="host"))


def detections(source: Source) -> list[tuple[int, FileResult]]:
    found = []
    for batch in source.batches():
        for rows in batch:
            series = source.series(rows)
            flags = np.ones(len(series.times), np.int8)
            flags[[2, 3, 18]] = -1
            score = np.where(flags < 0, np.nan if rows.number == 1 else 9.5, 0.25)
            found.append((rows.number, detected(series, "iqr", flags, score)))
    return found


def written(opened: tuple[duckdb.DuckDBPyConnection, Source], table: str, format_: str, lines: bool = False) -> Path:
    connection, source = opened
    results = Results(connection, source, BY_TYPE[ANOMALY].tables[table])
    for number, found in reversed(detections(source)):
        results.add(number, found.kind.cells(table, found.task, found.answer))
    # the connection may only write below the scratch folder
    file = Path(str(connection.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])).parent / "out"
    results.write(file, format_, lines)
    return file


def test_a_table(opened: tuple[duckdb.DuckDBPyConnection, Source]) -> None:
    first, second = "2023-11-14T22:15:20.000Z", "2023-11-14T22:31:20.000Z"
    assert written(opened, "windows", "table").read_text().splitlines() == [
        "host    start                     end                       rows  peak                      score  value",
        f"a       {first}  2023-11-14T22:16:20.000Z     2  {first}    9.5  11.55",
        f"a       {second}  {second}     1  {second}    9.5     30",
        f'b,"c    {first}  2023-11-14T22:16:20.000Z     2  {first}         12.55',
        f'b,"c    {second}  {second}     1  {second}            31',
        f"d [31m  {first}  2023-11-14T22:16:20.000Z     2  {first}    9.5  13.55",
        f"d [31m  {second}  {second}     1  {second}    9.5     32",
    ]


def test_csv(opened: tuple[duckdb.DuckDBPyConnection, Source]) -> None:
    lines = written(opened, "windows", "csv").read_text().splitlines()
    assert lines[0] == "host,start,end,rows,peak,score,value"  # what was expected is told by none
    peak = "2023-11-14T22:15:20.000Z"
    assert lines[1] == f"a,{peak},2023-11-14T22:16:20.000Z,2,{peak},9.5,11.55"
    assert lines[3].startswith('"b,""c",')


@pytest.mark.parametrize("lines", [False, True])
def test_json(opened: tuple[duckdb.DuckDBPyConnection, Source], lines: bool) -> None:
    text = written(opened, "flags", "json", lines).read_text()
    objects = [json.loads(line) for line in text.splitlines()] if lines else json.loads(text)
    assert len(objects) == 3 * samples.ROWS
    assert objects[2] == {"host": "a", "time": "2023-11-14T22:15:20.000Z", "flag": -1, "score": 9.5, "value": 11.55}
    assert objects[samples.ROWS + 2]["score"] is None  # a node that told none


def test_parquet_has_types(opened: tuple[duckdb.DuckDBPyConnection, Source]) -> None:
    file = written(opened, "flags", "parquet")
    with duckdb.connect() as connection:
        described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()
        assert [row[1] for row in described] == ["VARCHAR", "TIMESTAMP", "BIGINT", "DOUBLE", "DOUBLE"]
        query = f"SELECT host, epoch_ms(time), flag FROM read_parquet('{file}') WHERE flag < 0 LIMIT 1"
        assert connection.execute(query).fetchone() == ("a", START + 2 * MINUTE, -1)


def test_results_are_held_in_the_database_when_there_are_many(
    opened: tuple[duckdb.DuckDBPyConnection, Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written(opened, "flags", "csv").read_text()
    opened[0].execute("DROP TABLE results")
    opened[0].execute("DROP TABLE keys")
    monkeypatch.setattr(writing, "HELD_ROWS", 7)
    assert written(opened, "flags", "csv").read_text() == whole


def test_forecasts(opened: tuple[duckdb.DuckDBPyConnection, Source]) -> None:
    connection, source = opened
    series = source.series(next(source.batches())[0])
    results = Results(connection, source, BY_TYPE[FORECAST].tables["forecast"])
    ahead = Forecast(*(np.array([1.5, 2.5]) + d for d in (0, -1, 1)), times=series.times[:2])
    found = forecasted(series, "arima", ahead)
    results.add(0, found.kind.cells("forecast", found.task, found.answer))
    assert results.count == 2
    file = Path(str(connection.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])).parent / "out"
    results.write(file, "csv")
    assert file.read_text().splitlines()[1] == "a,2023-11-14T22:13:20.000Z,1.5,0.5,2.5"


@pytest.mark.parametrize(("value", "shown"), [(2.0, "2,1.5,3"), (2.0**60, f"{2.0**60},1.5,{2.0**60 + 1.0}")])
def test_whole_numbers_are_integers_where_that_is_wished(
    opened: tuple[duckdb.DuckDBPyConnection, Source], value: float, shown: str
) -> None:
    connection, source = opened
    series = source.series(next(source.batches())[0])
    results = Results(connection, source, BY_TYPE[FORECAST].tables["forecast"], whole=True)
    results.add(0, (series.times[:2], np.full(2, value), np.full(2, 1.5), np.array([value + 1.0, np.inf])))
    file = Path(str(connection.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])).parent / "out"
    results.write(file, "csv")
    assert file.read_text().splitlines()[1] == f"a,2023-11-14T22:13:20.000Z,{shown}"


def test_names_keep_their_type() -> None:
    assert [writing.typed_key(t) for t in ("BIGINT", "DATE", "VARCHAR", "ENUM('a')", "BOOLEAN", "DECIMAL(9,2)")] == [
        "BIGINT",
        "DATE",
        "VARCHAR",
        "VARCHAR",
        "BOOLEAN",
        "DECIMAL(9,2)",
    ]
    assert columns.TIME_TYPES["DATE"]


def test_a_file_appears_complete_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    with Output(target) as output:  # not delivered: something went wrong
        assert output.folder
        (output.folder / "results").write_text("half")
    assert target.read_text() == "old"
    with Output(target) as output:
        assert output.folder
        (output.folder / "results").write_text("new")
        output.deliver(output.folder / "results")
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["out.csv"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~_umask()


def _umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


@pytest.mark.parametrize("place", ["missing/out.csv", "folder", "/dev/null", "/proc/out.csv"])
def test_where_nothing_can_be_written(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match="cannot be written"), Output(tmp_path / place):
        raise AssertionError


def test_a_file_that_finds_no_room_leaves_the_earlier_one(tmp_path: Path) -> None:
    writing.put(tmp_path / "plot.png", b"earlier")
    _, hard = limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(FileError, match="plot.png cannot be written: File too large"):
            writing.put(tmp_path / "plot.png", bytes(11))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("plot.png", b"earlier")]


@pytest.mark.parametrize("format_", ["table", "csv", "json", "parquet"])
def test_rows_of_cells_keep_their_order_and_their_gaps(
    tmp_path: Path, opened: tuple[duckdb.DuckDBPyConnection, Source], format_: str
) -> None:
    out = tmp_path / "scratch" / "few"
    columns = {"rank": writing.WHOLE, "name": "VARCHAR", "score": writing.REAL, "why": "VARCHAR"}
    cells = [(2, "b", 0.5, None), (1, "a\x1b", None, 'x,"y'), (None, "c", 1e300, None)]
    writing.write_rows(opened[0], columns, cells, out, format_)
    if format_ == "table":
        assert out.read_text().splitlines() == [
            "rank  name   score  why",
            "   2  b        0.5",
            '   1  a             x,"y',
            "      c     1e+300",
        ]
    else:
        out = out.rename(out.with_suffix(f".{format_}"))
        assert samples.rows(out) == cells


def test_no_rows_of_cells_are_a_header(tmp_path: Path, opened: tuple[duckdb.DuckDBPyConnection, Source]) -> None:
    out = tmp_path / "scratch" / "few"
    writing.write_rows(opened[0], {"a": writing.WHOLE}, [], out, "csv")
    assert out.read_text() == "a\n"

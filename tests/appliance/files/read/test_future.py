from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from appliance.files.read import database
from appliance.files.read.future import NO_ROWS
from appliance.files.read.reading import Asked, Source
from appliance.files.read.several import open_files
from appliance.files.series import FileError, FileSeries, UsageError
from appliance.protocol.documents import MAX_ROWS
from tests.appliance.files.read.test_reading import read
from tests.appliance.files.samples import MINUTE, ROWS, START, VALUES, Table, one, several, write

AHEAD = 3
PRICE = [float(i % 5) for i in range(ROWS + AHEAD)]


def table(values: int = ROWS, step: int = MINUTE, price: list[float | None] = [*PRICE]) -> Table:  # noqa: B006
    """A series with a price, which is known of three more rows."""
    count = ROWS + AHEAD
    times = [
        START + MINUTE * i if i < ROWS else START + MINUTE * (ROWS - 1) + step * (i - ROWS + 1) for i in range(count)
    ]
    return {"ts": times, "value": [*VALUES[:values], *[None] * (count - values)], "price": price}


@pytest.mark.parametrize("shuffled", [False, True])
def test_rows_after_the_last_value_are_known_ahead(tmp_path: Path, shuffled: bool) -> None:
    rows = table()
    if shuffled:
        order = np.random.default_rng(0).permutation(ROWS + AHEAD)
        rows = {name: [column[i] for i in order] for name, column in rows.items()}
    path = write(tmp_path / "a.csv", rows)
    (series,) = read(path, tmp_path / "s", Asked(values="value", covariates="price", sort=shuffled))
    assert list(series.columns) == ["value"]
    assert series.ahead.tolist() == [START + MINUTE * i for i in range(ROWS, ROWS + AHEAD)]
    assert series.known["price"].tolist() == PRICE
    task = series.data
    assert (list(task.columns), len(task.times)) == (["val", "dynamic_real_1"], ROWS)


def test_the_value_need_not_be_named_beside_covariates(tmp_path: Path) -> None:
    (series,) = read(write(tmp_path / "a.csv", table()), tmp_path / "s", Asked(covariates="price", last=20))
    assert (list(series.columns), len(series.known["price"])) == (["value"], 20 + AHEAD)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            table(price=[*PRICE[:-2], None, 1.0]),
            "column price: 1 of the 3 rows to forecast have no value, the first at ",
        ),
        (table(price=[None, *PRICE[1:]]), "column price: 1 of 40 values are missing or not finite, the first at row 1"),
        (table(step=0), "the rows to forecast must follow in time, but 2023-11-14T22:52:20.000Z does not"),
        ({name: column[:ROWS] for name, column in table().items()}, NO_ROWS),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, rows: Table, message: str) -> None:
    path = write(tmp_path / "a.csv", rows)
    with pytest.raises(FileError, match=re.escape(message)):
        read(path, tmp_path / "s", Asked(values="value", covariates="price"))


def test_a_covariate_that_is_no_column_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", several())
    with pytest.raises(UsageError, match="--covariate: there is no column hots, did you mean host"):
        read(path, tmp_path / "s", Asked(values="value", covariates="hots"))


def of_two_files(tmp_path: Path, past: Table, ahead: Table, asked: Asked) -> dict[str, FileSeries | str]:
    """Read a file and one of rows ahead: for each series, or what is wrong with it."""
    paths = write(tmp_path / "past.csv", past), write(tmp_path / "ahead.parquet", ahead)
    (tmp_path / "s").mkdir()
    files = open_files(paths[:1], tmp_path / "s", ahead=paths[1])
    found: dict[str, FileSeries | str] = {}
    with database.connect(tmp_path / "s", files.paths) as connection:
        source = Source(connection, files, asked)
        for rows in (rows for batch in source.batches() for rows in batch):
            try:
                found[rows.name] = source.series(rows)
            except FileError as error:
                found[rows.name] = str(error).replace(f"{tmp_path}/", "")
    return found


def hosts(times: Sequence[int], **columns: Sequence[Any]) -> Table:
    """Three series whose rows lie between each other."""
    cells = {"ts": times, **columns}
    table: Table = {name: [cell for cell in column for _ in "abc"] for name, column in cells.items()}
    return {**table, "host": ["a", "b", "c"] * len(times)}


def test_rows_ahead_from_a_file_of_their_own(tmp_path: Path) -> None:
    past = hosts(one()["ts"], value=VALUES, price=PRICE[:ROWS])
    times = [START + MINUTE * (ROWS + i) for i in range(AHEAD)]
    ahead = hosts(times, price=PRICE[ROWS:], note=["x"] * AHEAD, value=[1.0] * AHEAD)
    ahead["host"] = ["a", "d", "b"] * AHEAD
    ahead["price"] = [*ahead["price"][:5], None, *ahead["price"][6:]]
    found = of_two_files(tmp_path, past, ahead, Asked(values="value", by="host", covariates="price"))
    series = found.pop("a")
    assert isinstance(series, FileSeries)
    assert (series.columns["value"].tolist(), series.ahead.tolist()) == (VALUES, times)
    assert series.known["price"].tolist() == PRICE
    assert found == {
        "b": "column price: 1 of the 3 rows to forecast have no value, the first at 2023-11-14T22:54:20.000Z in "
        "ahead.parquet",
        "c": "ahead.parquet has no rows of it, which say what is known of the time to forecast",
        "d": "ahead.parquet has rows to forecast of it, but no row before them has a value",
    }


@pytest.mark.parametrize("sort", [False, True])
def test_rows_ahead_that_overlap_the_others_are_refused(tmp_path: Path, sort: bool) -> None:
    ahead = {"ts": [START + MINUTE * (ROWS - 1 + i) for i in range(AHEAD)], "price": PRICE[:AHEAD]}
    past = one(price=PRICE[:ROWS])
    found = of_two_files(tmp_path, past, ahead, Asked(values="value", covariates="price", sort=sort, drop_nulls=True))
    assert found == {"": "the rows to forecast must follow in time, but 2023-11-14T22:52:20.000Z does not"}


@pytest.mark.parametrize(
    ("ahead", "message"),
    [
        ({"ts": [START], "cost": [1.0]}, "ahead.parquet has no column price; there are: ts, cost"),
        ({"ts": [START] * 2, "price": ["1", "x"]}, "ahead.parquet: column price, row 2: 'x' is not a number"),
    ],
)
def test_what_is_wrong_with_the_file_ahead_is_told_of_it(tmp_path: Path, ahead: Table, message: str) -> None:
    with pytest.raises(FileError, match=message):
        of_two_files(tmp_path, one(price=PRICE[:ROWS]), ahead, Asked(values="value", covariates="price"))


def test_rows_ahead_need_a_time(tmp_path: Path) -> None:
    rows = table()
    rows["ts"] = [*rows["ts"][:-1], None]
    with pytest.raises(FileError, match="1 of the 3 rows to forecast have no time"):
        read(write(tmp_path / "a.csv", rows), tmp_path / "s", Asked(values="value", covariates="price"))


def test_rows_ahead_do_not_count_as_rows_of_the_series(tmp_path: Path) -> None:
    n = MAX_ROWS + AHEAD
    columns = {"ts": range(START, START + n), "value": [1.0] * MAX_ROWS + [None] * AHEAD, "price": range(n)}
    path = write(tmp_path / "a.parquet", columns)
    (series,) = read(path, tmp_path / "s", Asked(values="value", covariates="price"))
    assert (len(series.times), len(series.ahead)) == (MAX_ROWS, AHEAD)

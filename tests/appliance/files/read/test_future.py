from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from appliance.files.read.future import NO_ROWS
from appliance.files.read.reading import Asked
from appliance.files.series import FileError, UsageError
from tests.appliance.files.read.test_reading import read
from tests.appliance.files.samples import MINUTE, ROWS, START, VALUES, Table, several, write

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

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import taosanode
from appliance.files.read import database
from appliance.files.series import UsageError
from appliance.frames.tables import Frame

DAYS = pd.date_range("2024-03-30 12:00", periods=3, freq="D")


def described(data: Any, tmp_path: Path) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """The columns and rows that the database sees."""
    with database.connect(tmp_path) as connection:
        Frame.of(data).register(connection)
        types = {name: type_ for name, type_, *_ in connection.execute("DESCRIBE frame_with_zones").fetchall()}
        columns = ", ".join(f"CAST({name} AS VARCHAR)" for name in types)
        return types, connection.execute(f"SELECT {columns} FROM frame_with_zones").fetchall()


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_numbers_text_and_nothing_arrive(tmp_path: Path, library: Any) -> None:
    types, rows = described(library({"a": [1.5, None, 3.0], "b": ["x", None, "z"], "c": [1, 2, 3]}), tmp_path)
    assert types == {"a": "DOUBLE", "b": "VARCHAR", "c": "BIGINT"}
    assert [row[1:] for row in rows] == [("x", "1"), (None, "2"), ("z", "3")]
    assert rows[1][0] in (None, "nan")


def test_instants_of_a_zone_are_instants(tmp_path: Path) -> None:
    frame = pl.DataFrame({"t": pl.Series(DAYS).dt.replace_time_zone("Europe/Berlin")})
    types, rows = described(frame, tmp_path)
    assert types["t"] in ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS", "TIMESTAMP_NS WITH TIME ZONE")
    assert [row[0][:13] for row in rows] == ["2024-03-30 11", "2024-03-31 10", "2024-04-01 10"]


def test_types_without_a_number_of_their_own_are_read(tmp_path: Path) -> None:
    frame = pl.DataFrame({"d": pl.Series([1, 2, 3]).cast(pl.Decimal(10, 2)), "e": pl.Series(DAYS).cast(pl.Date)})
    types, rows = described(frame.with_columns(f=pl.lit(True)), tmp_path)
    assert types == {"d": "DOUBLE", "e": "TIMESTAMP", "f": "BOOLEAN"}
    assert rows[0][1].startswith("2024-03-30")


def test_index_without_a_name_becomes_the_time() -> None:
    assert list(Frame.of(pd.Series([1.0, 2.0, 3.0], DAYS)).columns) == ["time", "value"]
    assert list(Frame.of(pd.DataFrame({"y": [1.0]}, DAYS[:1].rename("ds"))).columns) == ["ds", "y"]
    assert list(Frame.of(pd.Series([1.0], pd.period_range("2024-01", periods=1, freq="M"))).columns) == [
        "time",
        "value",
    ]
    assert list(Frame.of(pd.DataFrame({"y": [1.0]})).columns) == ["y"]


def test_arrays_of_a_dict_are_taken_as_they_are() -> None:
    values = np.arange(3.0)
    assert Frame.of({"y": values}).columns["y"] is values


def test_columns_without_a_name_of_their_own_are_refused() -> None:
    twice = pd.DataFrame([[1.0, 2.0]], columns=["y", "y"])
    with pytest.raises(UsageError, match="the frame has y more than once among its columns"):
        Frame.of(twice)
    levels = pd.DataFrame([[1.0]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    with pytest.raises(UsageError, match="columns need one name each, got names in 2 levels"):
        Frame.of(levels)


def test_a_zone_without_a_name_is_refused() -> None:
    with pytest.raises(UsageError, match="column t has a time zone without a name; tz_convert gives it one"):
        Frame.of(pd.DataFrame({"t": DAYS.tz_localize("dateutil/Europe/Berlin")}))


def test_columns_that_are_neither_numbers_nor_text_may_stand_beside_the_values() -> None:
    frame = pl.DataFrame(
        {
            "ds": [datetime(2026, 1, 1) + timedelta(hours=hour) for hour in range(20)],
            "y": pl.Series([1, 2, 3, 4] * 5, dtype=pl.Int128),
            "lists": [[1], None] * 10,
            "parts": [{"a": 1}] * 20,
            "spans": [timedelta(hours=1)] * 20,
        }
    )
    assert taosanode.forecast(frame, h=2, algo="theta").columns == ["ds", "forecast", "low", "high"]
    with pytest.raises(taosanode.AlgorithmError, match=r"column lists, row 1: '\[1\]' is not a number"):
        taosanode.forecast(frame, value="lists")

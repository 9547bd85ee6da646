from __future__ import annotations

import argparse

import pytest

from appliance.files.series import FileError
from appliance.files.train import reading


@pytest.fixture
def given(tmp_path) -> argparse.Namespace:
    path = tmp_path / "data.csv"
    path.write_text("ts,a,b\n" + "".join(f"{i},{i}.5,{i % 3}\n" for i in range(12)) + "12,,1\n")
    return argparse.Namespace(data=str(path), value=None, time=None, target=None, drop_nulls=True, covariate=None)


def test_rows_are_read_without_times_and_what_is_left_out_is_said(given):
    table, told = reading.rows(given)
    assert table.values.shape == (12, 2)
    assert told == "12 rows of 2 columns: a, b; 1 row with an empty cell left out"


def test_a_series_is_read_with_its_times(given):
    given.value = "a"
    series, told = reading.series(given)
    assert (len(series.times), series.columns["a"][3]) == (12, 3.5)
    assert told == "12 rows of a by ts; 1 row without time or value left out"


def test_covariates_are_read_beside_the_series_and_rows_that_have_no_value_yet_are_left_out(given):
    given.value, given.covariate, given.drop_nulls = "a", "b", False
    series, told = reading.series(given)
    assert (len(series.times), len(series.known["b"]), [*series.columns]) == (12, 12, ["a"])
    assert told == "12 rows of a by ts with b; 1 row without time or value left out"


def test_a_forecaster_learns_one_column(given):
    with pytest.raises(FileError, match="several columns hold numbers, choose with --value: a, b"):
        reading.series(given)
    given.value = "a,b"
    with pytest.raises(FileError, match="--value takes one column for a forecaster, got a, b"):
        reading.series(given)

from __future__ import annotations

import numpy as np
import pytest

from appliance.files.read import numbers
from appliance.files.read.numbers import Asked
from appliance.files.series import FileError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("ts,a,b,kind\n1,1.5,10,cold\n2,,11,hot\n3,2.5,12,cold\n4,3.5,13,\n")
    return str(path)


def test_all_columns_of_numbers_are_read_but_times_and_the_target(file):
    table = numbers.read(file, Asked(target="kind", drop_nulls=True))
    assert (table.names, table.left_out) == (("a", "b"), 2)
    np.testing.assert_array_equal(table.values, [[1.5, 10.0], [2.5, 12.0]])
    assert table.target.tolist() == ["cold", "cold"]
    assert numbers.read(file, Asked(target="b", drop_nulls=True)).target.tolist() == [10.0, 12.0, 13.0]


def test_named_columns_are_read_in_their_order(file):
    assert numbers.read(file, Asked("b,ts")).values.tolist() == [[10, 1], [11, 2], [12, 3], [13, 4]]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked(), "data.csv: column a, row 2 holds no finite number; 1 of 4 rows have such a cell, --drop-nulls"),
        (Asked("b", target="kind"), "column kind, row 4 holds no"),
        (Asked("b,b"), "different columns of numbers are needed"),
        (Asked("c"), "there is no column c"),
        (Asked("b", target="c"), "--target: there is no column c"),
        (Asked("b", target="b"), "there is no column b"),
    ],
)
def test_what_cannot_be_read_is_refused(file, asked, message):
    with pytest.raises(FileError, match=message):
        numbers.read(file, asked)

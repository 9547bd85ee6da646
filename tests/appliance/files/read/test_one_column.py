from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from appliance.files.read import one_column
from appliance.files.series import FileError


def written(folder: Path, content: str) -> str:
    path = folder / "data.csv"
    path.write_bytes(content.encode("latin-1"))
    return str(path)


@pytest.mark.parametrize(
    ("content", "column", "values"),
    [
        ("pressure\n1.5\n2e3\n", None, [1.5, 2000.0]),
        ("\xef\xbb\xbfpressure\n1.5\n2e3\n", "pressure", [1.5, 2000.0]),
        ("a; b\n1;2\n3;4\n\n", "b", [2.0, 4.0]),
        ('[{"a": 1, "t": "x"}, {"a": 2, "t": "y"}]', "a", [1.0, 2.0]),
        ("a\n", "a", []),
    ],
)
def test_numbers_come_in_the_order_of_the_rows(
    tmp_path: Path, content: str, column: str | None, values: list[float]
) -> None:
    assert one_column.read(written(tmp_path, content), column).tolist() == values


def test_the_order_is_kept_over_many_rows(tmp_path: Path) -> None:
    numbers = [float(i * 7919 % 100_003) for i in range(100_000)]
    assert one_column.read(written(tmp_path, "v\n" + "\n".join(map(str, numbers))), None).tolist() == numbers


def test_other_formats_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"a\n1\n2\n"))
    duckdb.sql("SELECT 1.25::DECIMAL(4, 2) AS a, DATE '2020-01-01' AS d").write_parquet(str(tmp_path / "a.parquet"))
    assert one_column.read(str(tmp_path / "a.csv.gz"), None).tolist() == [1.0, 2.0]
    assert one_column.read(str(tmp_path / "a.parquet"), "a").tolist() == [1.25]
    with pytest.raises(FileError, match=r"a\.parquet: column d is DATE, numbers are needed"):
        one_column.read(str(tmp_path / "a.parquet"), "d")


@pytest.mark.parametrize(
    ("content", "column", "message"),
    [
        ("", "value", "is empty"),
        ("a,b\n1,2\n", "c", "has no column c: a, b"),
        ("a,b\n1,2\n", None, "has several columns, --column must name one: a, b"),
        ("a\n1\nx\n", "a", "column a, row 2 holds no finite number"),
        ("a\n1\nnan\n", "a", "column a, row 2 holds no finite number"),
        ("a\n1\ninf\n", "a", "column a, row 2 holds no finite number"),
        ("a,b\n1,2\n3\n", "b", "cannot be read: line 3 has 1 columns, the header 2"),
        ("a\n\xff\n", "a", "is not CSV in UTF-8: invalid start byte"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(
    tmp_path: Path, content: str, column: str | None, message: str
) -> None:
    name = written(tmp_path, content)
    with pytest.raises(FileError, match=message) as error:
        one_column.read(name, column)
    assert str(error.value).startswith(name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.csv cannot be read: No such file or directory"):
        one_column.read(str(tmp_path / "none.csv"), None)

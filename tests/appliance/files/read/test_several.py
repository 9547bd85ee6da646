from __future__ import annotations

from pathlib import Path

import pytest

from appliance.files.read import database, several
from appliance.files.read.reading import Asked, Source
from appliance.files.series import FileError, UsageError
from tests.appliance.files.samples import ROWS, VALUES, one, write


def read(names: list[str], scratch: Path, asked: Asked = Asked()) -> dict[str, list[float]]:  # noqa: B008  (frozen)
    scratch.mkdir(exist_ok=True)
    files = several.open_files(names, scratch)
    with database.connect(scratch, files.paths) as connection:
        source = Source(connection, files, asked)
        every = [source.series(rows) for batch in source.batches() for rows in batch]
        return {series.name: series.columns["value"].tolist() for series in every}


def test_a_series_for_each_file_whatever_its_format_and_the_order_of_its_columns(tmp_path: Path) -> None:
    table = one()
    turned = {"more": [0] * ROWS, "value": [value + 1 for value in VALUES], "ts": table["ts"]}
    paths = [write(tmp_path / "b.csv", one()), write(tmp_path / "a.parquet", turned), write(tmp_path / "c.json", one())]
    assert read(paths, tmp_path / "s") == {"a.parquet": turned["value"], "b.csv": VALUES, "c.json": VALUES}


def test_series_within_files_keep_theirs_apart(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    hosts = one(host=["h"] * 20 + ["g"] * 20)
    paths = [write(tmp_path / "a.csv", hosts), write(tmp_path / "x" / "a.csv", hosts)]
    found = read(paths, tmp_path / "s", Asked(by="host"))
    assert list(found) == [f"{path}, {host}" for path in paths for host in "gh"]


def test_a_pattern_is_all_files_that_it_matches(tmp_path: Path) -> None:
    paths = [write(tmp_path / name, one()) for name in ("a[1].csv", "b.csv")]
    assert several.expanded([f"{tmp_path}/*.csv"]) == paths
    assert several.expanded([paths[0], "-"]) == [paths[0], "-"]
    for names, message in (
        ([f"{tmp_path}/*.json"], "no file matches"),
        ([paths[1], f"{tmp_path}/b*"], "b.csv is named twice"),
        ([paths[1], f"{tmp_path}/../{tmp_path.name}/b.csv"], "b.csv is named twice"),
    ):
        with pytest.raises(UsageError, match=message):
            several.expanded(names)


def test_what_not_all_files_have_cannot_be_named(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.csv", one(more=VALUES)), write(tmp_path / "b.csv", one())]
    with pytest.raises(UsageError, match="2 files: --value: there is no column more; there are: ts, value"):
        read(paths, tmp_path / "s", Asked(values="more"))


def test_a_cell_that_is_no_number_is_named_with_its_file(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.csv", one()), write(tmp_path / "b.csv", one(value=[*VALUES[:3], "x", *VALUES[4:]]))]
    with pytest.raises(FileError, match="b.csv: column value, row 4: 'x' is not a number"):
        read(paths, tmp_path / "s", Asked(values="value"))


def test_rows_ahead_belong_to_one_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--future c.csv goes with one file, got 2"):
        several.open_files(["a.csv", "b.csv"], tmp_path, ahead="c.csv")

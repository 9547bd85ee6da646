from __future__ import annotations

import gzip
import io
import os
import sys
from pathlib import Path

import pytest

from appliance.files.read import columns, database, formats
from appliance.files.series import FileError
from tests.appliance.files import samples


def kinds(path: str, scratch: Path) -> dict[str, str]:
    scratch.mkdir()
    file = formats.open_file(path, scratch)
    with database.connect(scratch, [file.path]) as connection:
        return {column.name: column.kind for column in formats.columns(connection, file)}


def test_the_beginning_tells_the_format_whatever_the_name(tmp_path: Path) -> None:
    found = []
    for suffix in ("csv", "json", "jsonl", "parquet"):
        path = Path(samples.write(tmp_path / f"a.{suffix}", samples.one())).rename(tmp_path / suffix)
        scratch = tmp_path / f"scratch-{suffix}"
        scratch.mkdir()
        found.append(formats.open_file(str(path), scratch).format)
    assert found == ["csv", "json", "json", "parquet"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    (tmp_path / "a.csv").write_text(samples.text(samples.one(), delimiter))
    assert kinds(str(tmp_path / "a.csv"), tmp_path / "s") == {"ts": columns.NUMBER, "value": columns.NUMBER}


def test_byte_order_mark_line_ends_quotes_and_blank_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbf,"a ""b"", c",ts\r\n1,2,2026-01-01\r\n')
    assert kinds(str(tmp_path / "a.csv"), tmp_path / "s") == {
        "column1": columns.NUMBER,
        'a "b", c': columns.NUMBER,
        "ts": columns.TIME,
    }


def test_missing_numbers_do_not_make_a_column_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,a,b,c\n1,1,NA,\n2,NaN,1e3,\n")
    assert kinds(str(tmp_path / "a.csv"), tmp_path / "s") == {
        "ts": columns.NUMBER,
        "a": columns.NUMBER,
        "b": columns.NUMBER,
        "c": columns.TEXT,
    }


def test_compressed_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(samples.text(samples.one()).encode()))
    assert kinds(str(tmp_path / "a.csv.gz"), tmp_path / "s") == {"ts": columns.NUMBER, "value": columns.NUMBER}


@pytest.mark.parametrize("before", [b"sep=;\r\n", b'"sep=;"\n', b"\xef\xbb\xbfSEP=;\n"])
def test_a_first_line_of_excel_tells_the_delimiter(tmp_path: Path, before: bytes) -> None:
    content = before + samples.text(samples.one(value=["a,b,c"] * samples.ROWS), ";").encode()
    (tmp_path / "a.csv").write_bytes(content)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content))
    for name in ("a.csv", "a.csv.gz"):
        found = kinds(str(tmp_path / name), tmp_path / f"s-{name}")
        assert found == {"ts": columns.NUMBER, "value": columns.TEXT}


def test_standard_input_and_pipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(samples.text(samples.one()).encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert list(kinds("-", tmp_path / "s")) == ["ts", "value"]
    reader, writer = os.pipe()
    os.write(writer, samples.text(samples.one()).encode())
    os.close(writer)
    assert list(kinds(f"/dev/fd/{reader}", tmp_path / "t")) == ["ts", "value"]
    os.close(reader)


@pytest.mark.parametrize("name", ["a*.csv", "[a].csv", "it's.csv", "http:x.csv"])
def test_no_pattern_is_seen_in_a_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "ab.csv").write_text("other,columns\n1,2\n")
    (tmp_path / name).write_text(samples.text(samples.one()))
    assert list(kinds(str(tmp_path / name), tmp_path / "s")) == ["ts", "value"]


def test_a_name_that_is_not_utf_8_is_told_as_well_as_it_can_be(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")
    Path(name).write_text(samples.text(samples.one()))
    assert list(kinds(name, tmp_path / "s")) == ["ts", "value"]
    assert formats.shown(name) == f"{tmp_path}/\ufffd.csv"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"a,a\n1,2\n", "names a more than once"),
        (b"a,\xff\n1,2\n", "is not CSV in UTF-8"),
        (b"\x89PNG\0\0\0", "is neither Parquet, CSV in UTF-8, JSON, SQLite, DuckDB nor Excel"),
        (b"\x1f\x8bbroken", "cannot be read"),
        (b"[]", "has no rows"),
        (b"[1, 2]", "holds no objects"),
    ],
)
def test_refusals(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "data"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileError, match=message):
        kinds(str(path), tmp_path / "s")


def test_a_parquet_file_must_be_one(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("ts,v\n1,2\n")
    with pytest.raises(FileError, match="is not a Parquet file"):
        kinds(str(tmp_path / "a.parquet"), tmp_path / "s")

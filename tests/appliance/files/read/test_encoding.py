from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from appliance.files.read import encoding, formats
from appliance.files.series import FileError
from tests.appliance.files import samples

TEXT = "ts;Zähler °C\r\n2026-01-01;1\r\n"


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("packed", [False, True])
def test_text_of_utf_16_with_its_mark_is_read(tmp_path: Path, name: str, packed: bool) -> None:
    content = f"\ufeff{TEXT}".encode(name)
    (tmp_path / "a.csv").write_bytes(gzip.compress(content) if packed else content)
    file = formats.open_file(str(tmp_path / "a.csv"), tmp_path)
    assert file.path.read_bytes() == TEXT.encode()
    assert (file.format, file.gzipped) == (formats.CSV, False)


def test_text_is_read_in_the_encoding_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(TEXT.encode("windows-1252"))
    file = formats.open_file(str(tmp_path / "a.csv"), tmp_path, encoded="windows-1252")
    assert file.path.read_bytes() == TEXT.encode()


def test_what_is_not_in_an_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(TEXT.encode("utf-16") + b"\xff")
    with pytest.raises(FileError, match=r"a\.csv is not text in UTF-16: truncated data"):
        formats.open_file(str(tmp_path / "a.csv"), tmp_path)


def test_only_utf_16_tells_itself_and_parquet_has_no_encoding(tmp_path: Path) -> None:
    assert encoding.marked("a".encode("utf-32")) is None
    assert encoding.marked(TEXT.encode()) is None
    path = samples.write(tmp_path / "a.parquet", samples.one())
    assert formats.open_file(path, tmp_path, encoded="utf-16").format == formats.PARQUET

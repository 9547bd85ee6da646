from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from appliance.files.read import formats, zstd
from appliance.files.series import FileError

LINES = [f'{at},{value},"a ""b"""' for at, value in enumerate(np.random.default_rng(1).normal(size=30_000).tolist())]
FORM = "FORMAT csv, HEADER false, DELIMITER '', QUOTE '', ESCAPE '', COMPRESSION zstd"


def packed(path: Path, lines: list[str]) -> bytes:
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT unnest(?) AS line) TO '{path}' ({FORM})", [lines])
    return path.read_bytes()


def unpacked(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return zstd.unpack(path, "a.zst", path.parent).read_text()


def test_lines_come_back_as_they_were(tmp_path: Path) -> None:
    content = packed(tmp_path / "a.zst", LINES)
    assert len("".join(LINES)) > 4 * 128 * 1024  # several blocks
    assert unpacked(tmp_path / "a.zst", content) == "\n".join(LINES) + "\n"
    raw = b'ts,v\r\n1,"x\ny"\r\n\r\n'  # a frame of one raw block, written by hand, with its size
    frame = zstd.MAGIC + bytes([0x20, len(raw)]) + (len(raw) << 3 | 1).to_bytes(3, "little") + raw
    skipped = (0x184D2A53).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"abc"
    assert unpacked(tmp_path / "b.zst", frame) == 'ts,v\n1,"x\ny"\n\n'
    (tmp_path / "c.zst").write_bytes(skipped + frame)
    with (tmp_path / "c.zst").open("rb") as file:
        assert zstd._whole(file)


@pytest.mark.parametrize("left", [4, 5, 9, 200, 150_000, -1])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, left: int) -> None:
    content = packed(tmp_path / "a.zst", LINES)
    with pytest.raises(FileError, match="a.zst cannot be read: it was cut off, or is no file of zstd"):
        unpacked(tmp_path / "a.zst", content[:left])
    with pytest.raises(FileError, match="it was cut off"):
        unpacked(tmp_path / "a.zst", content + b"more")


def test_the_formats_are_told_apart_as_ever(tmp_path: Path) -> None:
    packed(tmp_path / "a.zst", ['{"ts": 1, "v": 2}', '{"ts": 2, "v": 3}'])
    assert formats.open_file(str(tmp_path / "a.zst"), tmp_path).format == formats.JSON

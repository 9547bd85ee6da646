"""Text that was compressed by zstd: unpacked by the database library, after a look at whether it is all there.

The library reads what there is of a file that was cut off, and says nothing. So the headers of the frames and their
blocks are followed to the end. Source: Y. Collet, "Zstandard Compression", RFC 8878 (2021), section 3.1.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import duckdb

from appliance.files.read.database import connect, literal, reason
from appliance.files.series import FileError

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPED = range(0x184D2A50, 0x184D2A60)  # numbers of frames that hold no data
RLE = 1  # type of a block that is one byte, repeated
MAX_LINE = 16_000_000  # bytes
# a table of one column, which holds lines as they are
_LINES = "auto_detect = false, header = false, delim = '', quote = '', escape = '', columns = {'line': 'VARCHAR'}"
_FORM = "FORMAT csv, HEADER false, DELIMITER '', QUOTE '', ESCAPE ''"


def unpack(place: Path, shown: str, scratch: Path) -> Path:
    """Return an unpacked copy of a file, below `scratch`, its lines with ends of one character; raises FileError."""
    with place.open("rb") as file:
        if not _whole(file):
            raise FileError(f"{shown} cannot be read: it was cut off, or is no file of zstd")
    copy = scratch / "input-unpacked"
    packed = f"compression = 'zstd', max_line_size = {MAX_LINE}, strict_mode = false, new_line = '\\r\\n'"
    with connect(scratch, [place]) as connection:
        try:
            lines = f"read_csv({literal(place)}, {packed}, {_LINES})"
            connection.execute(f"COPY (SELECT line FROM {lines}) TO {literal(copy)} ({_FORM})")
        except duckdb.Error as error:
            raise FileError(f"{shown} cannot be read: {reason(error)}") from error
    return copy


def _whole(file: IO[bytes]) -> bool:
    """Tell whether a file is frames, the last of which is complete."""
    size = os.fstat(file.fileno()).st_size
    while file.tell() < size:
        magic = file.read(4)
        if int.from_bytes(magic, "little") in SKIPPED:
            file.seek(int.from_bytes(file.read(4), "little"), os.SEEK_CUR)
        elif magic != MAGIC or not _frame(file, size):
            return False
    return file.tell() == size


def _frame(file: IO[bytes], size: int) -> bool:
    """Go to the end of a frame; return whether it has one."""
    (described,) = file.read(1) or b"\0"
    alone = described >> 5 & 1
    file.seek((0 if alone else 1) + (0, 1, 2, 4)[described & 3] + (alone, 2, 4, 8)[described >> 6], os.SEEK_CUR)
    while file.tell() < size:
        header = int.from_bytes(file.read(3), "little")
        file.seek(1 if header >> 1 & 3 == RLE else header >> 3, os.SEEK_CUR)
        if header & 1:  # the last block; a checksum may follow
            file.seek(4 * (described >> 2 & 1), os.SEEK_CUR)
            return True
    return False

"""Text in other encodings than UTF-8, which is the one that the database reads."""

from __future__ import annotations

import codecs
import gzip
import shutil
from pathlib import Path

from appliance.files.series import FileError

MARKED = "UTF-16"  # begins with a mark that tells the order of its bytes


def marked(begin: bytes) -> str | None:
    """Return the encoding that a file tells by how it begins, None for none; UTF-32 begins as UTF-16 does."""
    utf_16 = begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return MARKED if utf_16 and not begin.startswith(codecs.BOM_UTF32_LE) else None


def in_utf8(place: Path, gzipped: bool, name: str, shown: str) -> Path:
    """Write the text of a file in UTF-8 beside it; return the path.

    name : of its encoding, as Python calls it. shown : what the user called the file.

    Raises
    ------
    FileError : it is not in that encoding.
    """
    copy = place.with_name(f"{place.name}-utf8")
    opened = gzip.open if gzipped else open
    try:
        with (
            opened(place, "rt", encoding=name, newline="") as text,
            copy.open("w", encoding="utf-8", newline="") as out,
        ):
            shutil.copyfileobj(text, out)
    except UnicodeError as error:
        raise FileError(f"{shown} is not text in {name}: {getattr(error, 'reason', error)}") from error
    return copy

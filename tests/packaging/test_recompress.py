"""Headers of an .rpm with other values; whether rpm reads what is made of them is seen when the package is built."""

from __future__ import annotations

import struct

import pytest
import recompress

REGION, NAME, COMPRESSOR, SIZES, FILES, FLAGS = 63, 1000, 1125, 1028, 1117, 5011
BINARY = 7
VALUES = {  # tag -> type, count, bytes; in the order of their places
    NAME: (recompress.STRING, 1, b"node\0"),
    FILES: (recompress.STRING_ARRAY, 2, b"one\0three\0"),
    COMPRESSOR: (recompress.STRING, 1, b"gzip\0"),
    SIZES: (recompress.INT32, 2, struct.pack(">II", 7, 8)),
    FLAGS: (recompress.INT16, 1, struct.pack(">H", 9)),
    REGION: (BINARY, 16, bytes(range(16))),
}


def header(order: list[int]) -> bytes:
    """Lay a header out by hand; `order` is that of its index."""
    places, store = {}, b""
    for tag, (kind, _, value) in VALUES.items():
        while len(store) % {recompress.INT32: 4, recompress.INT16: 2}.get(kind, 1):
            store += b"\0"
        places[tag] = len(store)
        store += value
    index = b"".join(struct.pack(">IIII", tag, VALUES[tag][0], places[tag], VALUES[tag][1]) for tag in order)
    return b"\x8e\xad\xe8\x01\0\0\0\0" + struct.pack(">II", len(order), len(store)) + index + store


ORDER = [REGION, *sorted(VALUES.keys() - {REGION})]


def test_nothing_changes_where_nothing_is_asked_for() -> None:
    assert recompress.with_values(header(ORDER), {}) == header(ORDER)


@pytest.mark.parametrize("value", [b"xz\0", b"zstd\0", b"uncompressed\0"])
def test_other_values_are_laid_out_without_a_gap(value: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = recompress.with_values(header(ORDER), {COMPRESSOR: value})
    monkeypatch.setitem(VALUES, COMPRESSOR, (recompress.STRING, 1, value))
    assert changed == header(ORDER)


def test_unknown_tag_is_refused() -> None:
    with pytest.raises(KeyError, match="no tag"):
        recompress.with_values(header(ORDER), {4711: b"x"})

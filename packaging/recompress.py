"""Replaces what a .deb or .rpm is compressed with by xz.

nfpm's own xz is slow and leaves a fifth more than liblzma does, and a node that reads Parquet and draws must still fit
into 100 MB. Every dpkg and rpm of the last ten years reads xz, which cannot be said of zstd.

Formats: deb(5), https://rpm-software-management.github.io/rpm/manual/format_v4.html
"""

from __future__ import annotations

import gzip
import hashlib
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

XZ = ["xz", "-6", "-T2", "--stdout"]  # the result depends on whether there are threads, but not on how many

# rpm: tags of the signature header and of the header
SIG_SHA1, SIG_SHA256, SIG_SIZE, SIG_MD5 = 269, 273, 1000, 1004
COMPRESSOR, LEVEL, PAYLOAD_DIGEST = 1125, 1126, 5092
LEAD, INTRO, ENTRY = 96, 16, 16  # bytes
# types of values; one of any other type is a byte
INT16, INT32, INT64, STRING, STRING_ARRAY, TRANSLATED = 3, 4, 5, 6, 8, 9
BYTES = {INT16: 2, INT32: 4, INT64: 8}  # of one value, and what its place is a multiple of


def deb(package: Path) -> None:
    """Compress the files of a .deb that was packed without any compression."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["ar", "x", package.resolve()], cwd=folder, check=True)
        with (Path(folder) / "data.tar.xz").open("wb") as packed:
            subprocess.run([*XZ, "data.tar"], cwd=folder, check=True, stdout=packed)
        package.unlink()
        members = ["debian-binary", "control.tar.gz", "data.tar.xz"]
        subprocess.run(["ar", "qcSD", package.resolve(), *members], cwd=folder, check=True)


def rpm(package: Path) -> None:
    """Compress the payload of an .rpm that was packed with gzip, and correct everything that is known of it."""
    content = package.read_bytes()
    signature = content[LEAD : _end(content, LEAD)]
    start = _aligned(LEAD + len(signature), 8)
    header = content[start : _end(content, start)]
    packed = gzip.decompress(content[start + len(header) :])
    payload = subprocess.run(XZ, input=packed, check=True, capture_output=True).stdout
    digest = hashlib.sha256(payload).hexdigest()
    header = with_values(header, {COMPRESSOR: b"xz\0", LEVEL: b"6\0", PAYLOAD_DIGEST: f"{digest}\0".encode()})
    signature = with_values(
        signature,
        {
            SIG_SHA1: f"{hashlib.sha1(header).hexdigest()}\0".encode(),
            SIG_SHA256: f"{hashlib.sha256(header).hexdigest()}\0".encode(),
            SIG_MD5: hashlib.md5(header + payload).digest(),
            SIG_SIZE: struct.pack(">I", len(header) + len(payload)),
        },
    )
    signature += bytes(-len(signature) % 8)  # LEAD is a multiple of 8
    package.write_bytes(content[:LEAD] + signature + header + payload)
    for check in (["--checksig", "--nosignature"], ["--query", "--package"]):  # its digests; its header
        subprocess.run(["rpm", *check, package], check=True, stdout=subprocess.DEVNULL)


def with_values(header: bytes, values: Mapping[int, bytes]) -> bytes:
    """Return a header structure in which some tags have other values, of any length.

    All values are laid out anew: rpm refuses a header with a gap between two of them.

    Raises
    ------
    KeyError : the header has no such tag.
    """
    entries, _ = struct.unpack_from(">II", header, 8)
    index = [struct.unpack_from(">IIII", header, INTRO + ENTRY * number) for number in range(entries)]
    store = header[INTRO + ENTRY * entries :]
    laid, places = bytearray(), {}
    for tag, kind, offset, count in sorted(index, key=lambda entry: entry[2]):
        laid += bytes(_aligned(len(laid), BYTES.get(kind, 1)) - len(laid))
        places[tag] = len(laid)
        laid += values[tag] if tag in values else store[offset : offset + _length(store, kind, offset, count)]
    if missing := values.keys() - places.keys():
        raise KeyError(f"the package has no tag {missing}")
    moved = b"".join(struct.pack(">IIII", tag, kind, places[tag], count) for tag, kind, _, count in index)
    return header[:8] + struct.pack(">II", entries, len(laid)) + moved + bytes(laid)


def _length(store: bytes, kind: int, offset: int, count: int) -> int:
    if kind not in (STRING, STRING_ARRAY, TRANSLATED):
        return BYTES.get(kind, 1) * count
    end = offset
    for _ in range(count):
        end = store.index(b"\0", end) + 1
    return end - offset


def _end(content: bytes, start: int) -> int:
    """Return where the header structure that starts there ends."""
    entries, store = struct.unpack_from(">II", content, start + 8)
    return int(start + INTRO + ENTRY * entries + store)


def _aligned(place: int, multiple: int) -> int:
    return place + -place % multiple

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
from pathlib import Path

XZ = ["xz", "-6", "-T2", "--stdout"]  # the result depends on whether there are threads, but not on how many

# rpm: tags of the signature header and of the header, each of a value that keeps its place and its length
SIG_SHA1, SIG_SHA256, SIG_SIZE, SIG_MD5 = 269, 273, 1000, 1004
COMPRESSOR, LEVEL, PAYLOAD_DIGEST = 1125, 1126, 5092
LEAD, INTRO, ENTRY = 96, 16, 16  # bytes


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
    content = bytearray(package.read_bytes())
    signature = LEAD
    header = _end(content, signature)
    header += -header % 8
    begin = _end(content, header)
    payload = subprocess.run(XZ, input=gzip.decompress(content[begin:]), check=True, capture_output=True).stdout
    _put(content, header, COMPRESSOR, b"xz\0")
    _put(content, header, LEVEL, b"6\0")
    _put(content, header, PAYLOAD_DIGEST, hashlib.sha256(payload).hexdigest().encode())
    told = bytes(content[header:begin])
    _put(content, signature, SIG_SHA1, hashlib.sha1(told).hexdigest().encode())
    _put(content, signature, SIG_SHA256, hashlib.sha256(told).hexdigest().encode())
    _put(content, signature, SIG_MD5, hashlib.md5(told + payload).digest())
    _put(content, signature, SIG_SIZE, struct.pack(">I", len(told) + len(payload)))
    package.write_bytes(content[:begin] + payload)
    subprocess.run(["rpm", "--checksig", "--nosignature", package], check=True, stdout=subprocess.DEVNULL)


def _end(content: bytearray, start: int) -> int:
    """Return where the header structure that starts there ends."""
    entries, store = struct.unpack_from(">II", content, start + 8)
    return int(start + INTRO + ENTRY * entries + store)


def _put(content: bytearray, start: int, tag: int, value: bytes) -> None:
    """Overwrite the value of a tag in the header that starts there."""
    (entries,) = struct.unpack_from(">I", content, start + 8)
    for at in range(start + INTRO, start + INTRO + ENTRY * entries, ENTRY):
        found, _, offset, _ = struct.unpack_from(">IIII", content, at)
        if found == tag:
            place = start + INTRO + ENTRY * entries + offset
            content[place : place + len(value)] = value
            return
    raise ValueError(f"the package has no tag {tag}")

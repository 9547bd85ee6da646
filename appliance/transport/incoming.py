"""One request as it comes in: when it is complete, and the body that the application then reads."""

from __future__ import annotations

import re

HEAD_END = b"\r\n\r\n"
MAX_HEAD = 64 * 1024
FIRST_ROOM = 64 * 1024  # for a body; more as it comes, for who announces much and sends nothing is not to cost much

_EXPECT = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE | re.MULTILINE)
_SIZE = re.compile(rb"([0-9a-fA-F]{1,16})(?:[ \t]*;[^\r\n]*)?")
_CHUNKED = re.compile(rb"^transfer-encoding:[^\r\n]*chunked", re.IGNORECASE | re.MULTILINE)


class Incoming:
    """The bytes of one request as they arrive; knows when it is complete.

    It looks no closer than it must: gunicorn's parser judges the head later. Whatever is malformed or too large counts
    as complete, so that it is refused at once instead of waited for.

    head : what came first; all that came where it has no end.
    body : what has come of it, filled up to `filled`; in the end whole. None before its framing is known, and of one
        that is `too_long`.
    ahead : what came of the next request.
    chunked : how the body is framed.
    malformed : its chunks are none.
    too_long : it has more bytes than are allowed, and does not come.
    """

    def __init__(self, max_body: int) -> None:
        self.head, self.ahead = bytearray(), b""
        self.body: bytearray | None = None
        self.filled = 0
        self.wants_continue = self.chunked = self.malformed = self.too_long = False
        self._max_body, self._size = max_body, 0
        self._wire = bytearray()  # chunks that are not complete

    def __len__(self) -> int:
        return len(self.head) + self.filled + len(self._wire) + len(self.ahead)

    def room(self) -> memoryview | None:
        """Return where the body goes on, so that the socket can write there; None where it cannot."""
        if self.body is None or self.chunked:
            return None
        if self.filled == len(self.body):
            self.body.extend(bytes(min(max(self.filled, FIRST_ROOM), self._size - self.filled)))
        return memoryview(self.body)[self.filled :]

    def advance(self, size: int) -> bool:
        """Note that `size` bytes were written to `room`; return whether the request is complete."""
        self.filled += size
        return self.filled == self._size

    def feed(self, data: bytes) -> bool:
        """Add bytes; return whether the request is complete."""
        if self.chunked:
            return self._read_chunks(data)
        if self.body is not None:
            self.body[self.filled :] = data[: self._size - self.filled]
            self.ahead += data[self._size - self.filled :]
            return self.advance(len(self.body) - self.filled)
        self.head += data
        end = self.head.find(HEAD_END)
        return len(self.head) > MAX_HEAD if end < 0 else self._read_head(end + 2)

    def _read_head(self, end: int) -> bool:
        head, rest = bytes(self.head[:end]), bytes(self.head[end + 2 :])
        if _EXPECT.search(head):
            # answered by the event loop; a thread would answer it once more
            head = _EXPECT.sub(b"", head)
            self.wants_continue = True
        self.head[:] = head + b"\r\n"
        length = _LENGTH.search(head)
        self._size = int(length.group(1)) if length else 0
        if self._size > self._max_body:
            return self._refuse(too_long=True)
        self.body = bytearray()
        self.chunked = length is None and _CHUNKED.search(head) is not None
        return self.feed(rest)

    def _read_chunks(self, data: bytes) -> bool:
        """Take the chunks that are complete, each behind the line with its size (RFC 9112, section 7.1)."""
        wire, at = self._wire, 0
        wire += data
        while (line_end := wire.find(b"\r\n", at)) >= 0:
            line = _SIZE.fullmatch(wire, at, line_end)
            if line is None:
                return self._refuse(malformed=True)
            size = int(line.group(1), 16)
            if self.filled + size > self._max_body:
                return self._refuse(too_long=True)
            if size == 0:
                return self._read_trailers(line_end)
            end = line_end + 2 + size
            if len(wire) < end + 2:
                break
            if wire[end : end + 2] != b"\r\n":
                return self._refuse(malformed=True)
            self.body += memoryview(wire)[line_end + 2 : end]  # type: ignore[operator]  # it is there before chunks are
            self.filled += size
            at = end + 2
        del wire[:at]
        return line_end < 0 and len(wire) > MAX_HEAD and self._refuse(malformed=True)

    def _read_trailers(self, begin: int) -> bool:
        """Pass over what may follow the last chunk, as long as a head may be."""
        self._wire[:begin] = b"0"  # which is looked at again when more has come
        end = self._wire.find(HEAD_END)
        if end < 0:
            return len(self._wire) > MAX_HEAD and self._refuse(malformed=True)
        self.ahead = bytes(self._wire[end + len(HEAD_END) :])
        self._wire.clear()
        return True

    def _refuse(self, *, malformed: bool = False, too_long: bool = False) -> bool:
        self.malformed, self.too_long, self.wants_continue = malformed, too_long, False
        return True


class WholeBody:
    """`wsgi.input` of a body that is already here, given out without a copy when asked for whole."""

    def __init__(self, data: bytearray) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int = -1) -> bytes | bytearray:
        """Return the next `size` bytes, or all that is left."""
        begin, end = self._at, len(self._data) if size < 0 else min(self._at + size, len(self._data))
        self._at = end
        return self._data if end - begin == len(self._data) else bytes(self._data[begin:end])


class TooLong:
    """`wsgi.input` of a body that is longer than allowed, and did not come: zeros without end."""

    def read(self, size: int) -> bytes:
        """Return so many of them; the system backs them with no memory as long as nobody looks."""
        return bytes(size)

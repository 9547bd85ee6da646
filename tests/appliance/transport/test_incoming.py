"""When a request counts as complete, and what it costs until then; the event loop around it is tested elsewhere."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.transport.incoming import FIRST_ROOM, MAX_HEAD, Incoming, TooLong, WholeBody

GET = b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
HEAD = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = HEAD + b"5;ext=1\r\nhello\r\n003 ; a\r\nabc\r\n0;end\r\n\r\n"
TRAILER = CHUNKED[:-2] + b"X-Sum: 1\r\n\r\n"
BODIES = {GET: b"", POST: b"hello", CHUNKED: b"helloabc", TRAILER: b"helloabc"}


@pytest.mark.parametrize("message", BODIES)
def test_complete_with_the_last_byte_and_not_before(message: bytes) -> None:
    incoming = Incoming(1000)
    for i in range(len(message) - 1):
        assert not incoming.feed(message[i : i + 1]), message[: i + 1]
    assert incoming.feed(message[-1:])
    assert (incoming.body, incoming.malformed, incoming.too_long) == (BODIES[message], False, False)
    assert message.startswith(bytes(incoming.head))


@given(st.sampled_from([*BODIES]), st.lists(st.integers(1, 40), max_size=12))
def test_cuts_do_not_matter(message: bytes, cuts: list[int]) -> None:
    incoming, rest, complete = Incoming(1000), message, False
    for cut in cuts:
        piece, rest = rest[:cut], rest[cut:]
        complete = incoming.feed(piece) if piece else complete
        assert complete == (not rest)
    if rest:
        assert incoming.feed(rest)
    assert incoming.body == BODIES[message]


def test_expect_is_taken_out_and_noted() -> None:
    incoming = Incoming(1000)
    assert not incoming.feed(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert incoming.wants_continue
    assert incoming.feed(b"ab")
    assert (incoming.head, incoming.body) == (b"POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\n", b"ab")


def test_too_large_a_body_is_not_waited_for_nor_asked_for() -> None:
    incoming = Incoming(1000)
    assert incoming.feed(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n")
    assert incoming.too_long
    assert not incoming.wants_continue


def test_endless_chunks_are_not_waited_for() -> None:
    incoming = Incoming(1000)
    assert not incoming.feed(HEAD + b"384\r\n" + b"x" * 900 + b"\r\n")
    assert incoming.feed(b"ffff\r\n")
    assert incoming.too_long


@pytest.mark.parametrize("begin", [b"0\r\nX: ", b"5;x="])
def test_endless_trailers_and_sizes_are_not_waited_for(begin: bytes) -> None:
    incoming = Incoming(1000)
    assert not incoming.feed(HEAD + begin + b"a" * 1000)
    assert incoming.feed(b"a" * MAX_HEAD)
    assert incoming.malformed


@pytest.mark.parametrize(
    "chunk", [b"-5\r\n", b"zz\r\n", b"\r\n", b"0x5\r\n", b"5_0\r\n", b"+5\r\n", b"5\n\r\n", b"5;\n\r\n", b"1\r\nabc"]
)
def test_malformed_chunk_is_told_at_once(chunk: bytes) -> None:
    incoming = Incoming(1000)
    assert incoming.feed(HEAD + chunk)
    assert incoming.malformed


def test_endless_head_is_not_waited_for() -> None:
    assert Incoming(1000).feed(b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_HEAD)


@given(st.binary(max_size=300))
def test_any_bytes_are_taken(data: bytes) -> None:
    Incoming(100).feed(data)
    Incoming(100).feed(HEAD + data)


@pytest.mark.parametrize("message", [POST, CHUNKED, TRAILER])
def test_head_body_and_what_follows_are_kept_apart(message: bytes) -> None:
    incoming = Incoming(1000)
    assert incoming.feed(message + GET[:7])
    assert (incoming.body, incoming.ahead) == (BODIES[message], GET[:7])
    assert len(incoming) == len(incoming.head) + len(BODIES[message]) + 7


def test_rest_of_a_body_can_be_received_in_place() -> None:
    incoming, size = Incoming(1 << 20), 5 * FIRST_ROOM + 5
    assert incoming.room() is None
    assert not incoming.feed(b"POST /x HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size)
    complete = False
    while not complete:
        room = incoming.room()
        assert room is not None
        size_of_room = len(room)
        room[:] = b"x" * size_of_room
        del room  # who keeps it keeps the body from growing
        complete = incoming.advance(size_of_room)
    assert incoming.body == b"x" * size


def test_a_body_that_is_announced_costs_nothing_before_it_comes() -> None:
    tracemalloc.start()
    incoming = Incoming(1 << 30)
    assert not incoming.feed(b"POST /x HTTP/1.1\r\nContent-Length: %d\r\n\r\nabc" % (1 << 30))
    assert len(incoming.room() or b"") == FIRST_ROOM
    assert tracemalloc.get_traced_memory()[1] < 4 * FIRST_ROOM
    tracemalloc.stop()


def test_whole_body_reads_like_a_file() -> None:
    body = WholeBody(bytearray(b"hello"))
    assert (body.read(2), body.read(0), body.read(9), body.read()) == (b"he", b"", b"llo", b"")
    assert WholeBody(bytearray(b"hello")).read() == b"hello"


def test_what_is_too_long_is_longer_than_anybody_asks() -> None:
    assert len(TooLong().read(1001)) == 1001

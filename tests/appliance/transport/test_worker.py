"""When a request counts as complete; the event loop around it is tested on a running node."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.transport.worker import MAX_HEAD, Incoming, WholeBody, Worker, run_to_the_end

GET = b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n"
TRAILER = CHUNKED[:-2] + b"X-Sum: 1\r\n\r\n"


@pytest.mark.parametrize("message", [GET, POST, CHUNKED, TRAILER])
def test_complete_with_the_last_byte_and_not_before(message: bytes) -> None:
    incoming = Incoming(1000)
    for i in range(len(message) - 1):
        assert not incoming.feed(message[i : i + 1]), message[: i + 1]
    assert incoming.feed(message[-1:])
    assert incoming.head + (incoming.body or b"") == message


@given(st.sampled_from([GET, POST, CHUNKED, TRAILER]), st.lists(st.integers(1, 40), max_size=12))
def test_cuts_do_not_matter(message: bytes, cuts: list[int]) -> None:
    incoming, rest, complete = Incoming(1000), message, False
    for cut in cuts:
        piece, rest = rest[:cut], rest[cut:]
        complete = incoming.feed(piece) if piece else complete
        assert complete == (not rest)
    if rest:
        assert incoming.feed(rest)


def test_expect_is_taken_out_and_noted() -> None:
    incoming = Incoming(1000)
    assert not incoming.feed(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert incoming.wants_continue
    assert incoming.feed(b"ab")
    assert (incoming.head, incoming.body) == (b"POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\n", b"ab")


def test_too_large_a_body_is_not_waited_for_nor_asked_for() -> None:
    incoming = Incoming(1000)
    assert incoming.feed(b"POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n")
    assert not incoming.wants_continue


def test_endless_chunks_are_not_waited_for() -> None:
    incoming = Incoming(1000)
    head = b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert not incoming.feed(head + b"384\r\n" + b"x" * 900 + b"\r\n")
    assert incoming.feed(b"ffff\r\n")


def test_endless_trailers_are_not_waited_for() -> None:
    incoming = Incoming(1000)
    assert not incoming.feed(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 1000)
    assert incoming.feed(b"a" * MAX_HEAD)


@pytest.mark.parametrize("size", [b"-5", b"zz", b""])
def test_malformed_chunk_goes_to_the_parser_at_once(size: bytes) -> None:
    assert Incoming(1000).feed(b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + size + b"\r\n")


def test_endless_head_is_not_waited_for() -> None:
    assert Incoming(1000).feed(b"GET / HTTP/1.1\r\nX: " + b"a" * MAX_HEAD)


@given(st.binary(max_size=300))
def test_any_bytes_are_taken(data: bytes) -> None:
    Incoming(100).feed(data)


def test_head_body_and_what_follows_are_kept_apart() -> None:
    incoming = Incoming(1000)
    assert incoming.feed(POST + GET[:7])
    assert (incoming.head, incoming.body, incoming.ahead) == (POST[:-5], b"hello", GET[:7])
    assert len(incoming) == len(POST) + 7


def test_rest_of_a_body_can_be_received_in_place() -> None:
    incoming = Incoming(1000)
    assert incoming.room() is None
    assert not incoming.feed(POST[:-3])
    room = incoming.room()
    assert room is not None
    room[:2] = b"ll"
    assert not incoming.advance(2)
    incoming.room()[:] = b"o"  # type: ignore[index]
    assert incoming.advance(1)
    assert incoming.body == b"hello"


@pytest.mark.parametrize("message", [CHUNKED, b"POST /x HTTP/1.1\r\nContent-Length: 1001\r\n\r\nabc"])
def test_other_bodies_are_left_to_the_parser(message: bytes) -> None:
    incoming = Incoming(1000)
    assert incoming.feed(message)
    assert (incoming.head, incoming.body) == (message, None)


def test_whole_body_reads_like_a_file() -> None:
    body = WholeBody(bytearray(b"hello"))
    assert (body.read(2), body.read(0), body.read(9), body.read()) == (b"he", b"", b"llo", b"")
    assert WholeBody(bytearray(b"hello")).read() == b"hello"


@pytest.mark.parametrize(("gunicorns", "ours"), [(None, 0), (0, 0), (1, 1), (3, 1), (4, 1)])
def test_exit_codes_of_gunicorn_become_ours(gunicorns: int | None, ours: int) -> None:
    class Application:
        def run(self) -> None:
            if gunicorns is not None:
                raise SystemExit(gunicorns)

    assert run_to_the_end(Application()) == ours


# A node of one thread that is patient for a second, not for thirty
IMPATIENT = """
import sys
from gunicorn.app.base import BaseApplication
from appliance.transport import worker

worker.STALLED_S = 1

def answer(environ, start_response):
    body = bytes(64 << 20) if environ["PATH_INFO"] == "/large" else b"here"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

class Application(BaseApplication):
    def load_config(self):
        for key, value in {
            "bind": sys.argv[1], "threads": 1, "worker_class": worker.Worker, "control_socket_disable": True,
        }.items():
            self.cfg.set(key, value)

    def load(self):
        return answer

sys.exit(worker.run_to_the_end(Application()))
"""


@pytest.fixture
def impatient() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-c", IMPATIENT, f"127.0.0.1:{port}"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        while "Listening at" not in process.stderr.readline():
            assert process.poll() is None
        yield "127.0.0.1", port
        process.terminate()
    assert process.returncode == 0


HEAD_WITHOUT_END = GET[:-2] + b"".join(b"X-%d: %s\r\n" % (i, b"x" * 4000) for i in range(1 + MAX_HEAD // 4000))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n", 1, id="reads its answer no further"),
        pytest.param(HEAD_WITHOUT_END, 0, id="sends no more"),
    ],
)
def test_a_stalled_client_is_given_up(impatient: tuple[str, int], sent: bytes, read: int) -> None:
    with socket.create_connection(impatient, timeout=20) as stalled:
        stalled.sendall(sent)
        assert len(stalled.recv(read)) == read
        with socket.create_connection(impatient, timeout=20) as other:  # for which there is no other thread
            other.sendall(GET)
            assert other.recv(65536).startswith(b"HTTP/1.1 200")
        with contextlib.suppress(ConnectionResetError):
            while stalled.recv(1 << 20):
                pass


def test_without_memory_to_read_a_request_nothing_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            Worker.__new__(Worker).handle_error(None, theirs, ("127.0.0.1", 1), MemoryError())
        assert ours.recv(100) == b""
    assert "not enough memory to read a request, its connection is closed" in caplog.text

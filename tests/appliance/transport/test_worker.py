"""Clients that hold nobody up; more of the event loop is tested on a running node."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from appliance.transport.incoming import MAX_HEAD
from appliance.transport.worker import Worker, run_to_the_end, unless_closed

GET = b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(("gunicorns", "ours"), [(None, 0), (0, 0), (1, 1), (3, 1), (4, 1)])
def test_exit_codes_of_gunicorn_become_ours(gunicorns: int | None, ours: int) -> None:
    class Application:
        def run(self) -> None:
            if gunicorns is not None:
                raise SystemExit(gunicorns)

    assert run_to_the_end(Application()) == ours


# A node of one thread
ALONE = """
import sys
from gunicorn.app.base import BaseApplication
from appliance.transport import worker

def answer(environ, start_response):
    body = bytes(64 << 20) if environ["PATH_INFO"] == "/large" else b"%d" % len(environ["wsgi.input"].read(1001))
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

worker.Worker.max_body = 1000
sys.exit(worker.run_to_the_end(Application()))
"""


@pytest.fixture(scope="module")
def alone() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-c", ALONE, f"127.0.0.1:{port}"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        while "Listening at" not in process.stderr.readline():
            assert process.poll() is None
        yield "127.0.0.1", port
        process.terminate()
        process.stderr.read()  # all that it has to tell, or it might wait for us
    assert process.returncode == 0


HEAD_WITHOUT_END = GET[:-2] + b"".join(b"X-%d: %s\r\n" % (i, b"x" * 4000) for i in range(1 + MAX_HEAD // 4000))


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n", 1, id="reads its answer no further"),
        pytest.param(HEAD_WITHOUT_END, 0, id="ends no head"),
        pytest.param(CHUNKED + b"fffffff\r\nabc", 1, id="begins too long a chunk"),
        pytest.param(GET.replace(b"1.1", b"1.0"), 1, id="closes not"),
        pytest.param(b"nonsense\r\n\r\n", 1, id="is refused and closes not"),
    ],
)
def test_who_stops_halfway_holds_nobody_up(alone: tuple[str, int], sent: bytes, read: int) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(12):
            stalled = stack.enter_context(socket.create_connection(alone, timeout=20))
            stalled.sendall(sent)
            assert len(stalled.recv(read)) == read
        other = stack.enter_context(socket.create_connection(alone, timeout=20))
        other.sendall(GET)  # for which there is no other thread
        assert other.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_large_answer_comes_whole_and_the_connection_goes_on(alone: tuple[str, int]) -> None:
    with contextlib.closing(http.client.HTTPConnection(*alone, timeout=30)) as client:
        for path, length in (("/large", 64 << 20), ("/small", 1), ("/large", 64 << 20)):
            client.request("GET", path)
            assert len(client.getresponse().read()) == length


def test_what_follows_too_long_a_body_is_no_request(alone: tuple[str, int]) -> None:
    for framing in (b"Content-Length: 1001\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n"):
        with socket.create_connection(alone, timeout=20) as client:
            client.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\n" + framing + GET)
            told = b"".join(iter(lambda client=client: client.recv(65536), b""))  # type: ignore[misc]
        assert told.startswith(b"HTTP/1.1 200")
        assert told.endswith(b"\r\n\r\n1001")
        assert told.count(b"HTTP/1.1") == 1


def test_chunks_are_put_together_and_bad_ones_refused(alone: tuple[str, int]) -> None:
    with socket.create_connection(alone, timeout=20) as client:
        client.sendall(CHUNKED + b"1\r\na\r\n" * 900 + b"0\r\n\r\n" + CHUNKED + b"5 \r\nabcde\r\n0\r\n\r\n")
        told = b"".join(iter(lambda: client.recv(65536), b""))
    first, second = told.split(b"HTTP/1.1")[1:]
    assert first.startswith(b" 200")
    assert first.endswith(b"\r\n\r\n900")
    assert second.startswith(b" 400")


def test_what_the_poller_told_of_a_connection_that_is_closed_since_is_passed_over() -> None:
    told: list[socket.socket] = []
    react = unless_closed(told.append)
    with socket.socket() as client:
        react(client)
        assert told == [client]
    react(client)
    assert len(told) == 1


def test_without_memory_to_read_a_request_nothing_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            Worker.__new__(Worker).handle_error(None, theirs, ("127.0.0.1", 1), MemoryError())
        assert ours.recv(100) == b""
    assert "not enough memory to read a request, its connection is closed" in caplog.text

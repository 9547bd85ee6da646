from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from appliance.transport import channel
from appliance.transport.http import BadAnswer, Client, Failed, NoAnswerInTime, TooLong, Unreachable
from tests.appliance.fake_server import (
    Fake,
    answer,
    closed_port,
    dripping,
    dripping_head,
    raw,
    read_request,
    serving,
    silent,
    unread,
)
from tests.appliance.waiting import until

LONG_S = 30.0


@pytest.fixture
def client() -> Iterator[Client]:
    with closing(Client(connect_s=2.0, max_answer=1000)) as client:
        yield client


def post(client: Client, url: str, body: bytes = b"", longest_s: float = LONG_S) -> tuple[int, bytes]:
    return client.request("POST", urlsplit(url), body, longest_s=longest_s)


def test_an_answer_comes_back_with_its_status(client: Client) -> None:
    with serving(answer("words", "418 Teapot")) as fake:
        assert post(client, fake.url, b"[1]") == (418, b"words")
        assert fake.requests == [b"[1]"]


def test_path_query_host_and_headers_are_sent(client: Client) -> None:
    heads: list[bytes] = []

    def behave(fake: Fake, connection: socket.socket) -> None:
        heads.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with serving(behave) as fake:
        client.request("GET", urlsplit(f"http://127.0.0.1:{fake.port}"), None, {"X-One": "two"}, longest_s=LONG_S)
        client.request("GET", urlsplit(f"{fake.url}?a=b#c"), longest_s=LONG_S)
    assert heads[0].startswith(b"GET / HTTP/1.1\r\n")
    assert b"\r\nX-One: two\r\n" in heads[0]
    assert b"\r\nHost: 127.0.0.1:%d\r\n" % fake.port in heads[0]
    assert heads[1].startswith(b"GET /ds_predict?a=b HTTP/1.1\r\n")


def test_a_connection_is_used_again(client: Client) -> None:
    with serving(answer("x")) as fake:
        for _ in range(5):
            post(client, fake.url)
        assert (len(fake.requests), fake.connections) == (5, 1)


def test_a_client_that_keeps_nothing_says_so_and_hangs_up() -> None:
    heads: list[bytes] = []

    def behave(fake: Fake, connection: socket.socket) -> None:
        heads.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        heads.append(connection.recv(65536))

    with serving(behave) as fake:
        post(Client(connect_s=2.0, max_answer=10, kept=0), fake.url)
        until(lambda: len(heads) == 2, "the end of the connection")
    assert b"\r\nConnection: close\r\n" in heads[0]
    assert heads[1:] == [b""]


def test_a_connection_the_server_closed_is_replaced(client: Client) -> None:
    def once(fake: Fake, connection: socket.socket) -> None:
        read_request(fake, connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")  # then it hangs up unannounced

    with serving(once) as fake:
        for _ in range(3):
            assert post(client, fake.url) == (200, b"x")
        assert fake.connections == 3


def test_a_server_that_closes_is_taken_at_its_word(client: Client) -> None:
    with serving(answer("x", close=True)) as fake:
        for _ in range(2):
            assert post(client, fake.url) == (200, b"x")
        assert fake.connections == 2


def test_an_answer_may_end_with_the_connection_or_in_chunks(client: Client) -> None:
    with serving(raw(b"HTTP/1.0 200 OK\r\n\r\nall of it")) as fake:
        assert post(client, fake.url) == (200, b"all of it")
    with serving(raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nall\r\n0\r\n\r\n")) as fake:
        assert post(client, fake.url) == (200, b"all")


def test_a_long_request_is_sent_as_it_is_read(client: Client) -> None:
    body = bytes(range(256)) * 10_000  # more than a socket takes at once
    with serving(answer("x")) as fake:
        post(client, fake.url, body)
        assert fake.requests == [body]


@pytest.mark.parametrize("behaviour", [silent, dripping, dripping_head])
def test_waiting_ends_with_the_callers_time(client: Client, behaviour) -> None:  # type: ignore[no-untyped-def]
    asked = 0

    def out_of_time() -> bool:
        nonlocal asked
        asked += 1
        return asked > 5

    with serving(behaviour) as fake, pytest.raises(NoAnswerInTime, match=f"^{fake.url} did not answer within"):
        client.request("POST", urlsplit(fake.url), longest_s=LONG_S, out_of_time=out_of_time)


@pytest.mark.parametrize("behaviour", [silent, dripping, dripping_head])
def test_waiting_ends_in_any_case(client: Client, behaviour) -> None:  # type: ignore[no-untyped-def]
    with serving(behaviour) as fake, pytest.raises(NoAnswerInTime) as error:
        post(client, fake.url, longest_s=0.1)
    assert error.value.waited_s >= 0.1
    assert error.value.reason == "no answer within 0.1 s"


def test_sending_ends_with_the_time_too(client: Client) -> None:
    with serving(unread) as fake, pytest.raises(NoAnswerInTime):
        post(client, fake.url, b"x" * 50_000_000, longest_s=0.2)


def test_the_look_up_of_a_name_ends_with_the_time_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, found = threading.Event(), socket.getaddrinfo

    def slow(host: str, port: int, *, type: int, flags: int = 0):  # type: ignore[no-untyped-def]
        if not flags:
            go_on.wait(30)
        return found(host, port, type=type, flags=flags)

    monkeypatch.setattr(channel.socket, "getaddrinfo", slow)
    with pytest.raises(NoAnswerInTime):
        post(client, "http://localhost:1/", longest_s=0.1)
    go_on.set()


def test_connecting_has_a_time_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, closing(socket.socket()) as first:
        first.connect(full.getsockname())  # nobody takes it, and there is room for one
        second = socket.socket()
        second.setblocking(False)
        second.connect_ex(full.getsockname())
        with closing(second), pytest.raises(Unreachable, match="timed out") as error:
            post(Client(connect_s=0.1, max_answer=10), f"http://127.0.0.1:{full.getsockname()[1]}/")
    assert error.value.reason == "timed out"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSH-2.0-server\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000 + b"\r\n",
    ],
)
def test_what_is_not_http_is_told(client: Client, data: bytes) -> None:
    with serving(raw(data)) as fake, pytest.raises(BadAnswer, match=rf"^{fake.url}: "):
        post(client, fake.url)


def test_an_endless_answer_is_cut_off(client: Client) -> None:
    with serving(answer("x" * 1001)) as fake, pytest.raises(TooLong, match="longer than 1000 bytes"):
        post(client, fake.url)


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1", "http://h:x", "http://::::", "http://a b:1", "//h"])
def test_what_leads_nowhere_is_unreachable(client: Client, url: str) -> None:
    with pytest.raises(Unreachable):
        post(client, url)


def test_nobody_there_is_told(client: Client) -> None:
    port = closed_port()
    with pytest.raises(Unreachable, match="Connection refused") as error:
        post(client, f"http://127.0.0.1:{port}/x")
    assert (str(error.value), error.value.reason) == (
        f"http://127.0.0.1:{port}/x: Connection refused",
        "Connection refused",
    )


def test_every_outcome_is_a_failed_request() -> None:
    assert all(issubclass(kind, Failed) for kind in (Unreachable, BadAnswer, TooLong, NoAnswerInTime))


def test_nothing_waits_behind_the_callers_back(client: Client) -> None:
    before = set(threading.enumerate())
    with serving(silent) as fake:
        begin = time.monotonic()
        with pytest.raises(NoAnswerInTime):
            client.request("GET", urlsplit(fake.url), longest_s=LONG_S, out_of_time=lambda: time.monotonic() > begin)
        names = {thread.name for thread in set(threading.enumerate()) - before}
    assert "name-look-up" not in names

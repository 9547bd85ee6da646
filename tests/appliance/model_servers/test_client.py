from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from appliance.model_servers import client as client_module
from appliance.model_servers.client import Client, Unreachable
from tests.appliance.fake_server import answer, closed_port, dripping, raw, read_request, serving, silent


def _never() -> bool:
    return False


@pytest.fixture
def client() -> Iterator[Client]:
    with closing(Client()) as client:
        yield client


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "model-client"]


def test_an_answer_comes_back_with_its_status(client: Client) -> None:
    with serving(answer("words", "418 Teapot")) as fake:
        assert client.post(urlsplit(fake.url), b"[1]", _never) == (418, b"words")
        assert fake.requests == [b"[1]"]


def test_a_connection_is_used_again(client: Client) -> None:
    with serving(answer("x")) as fake:
        for _ in range(5):
            client.post(urlsplit(fake.url), b"", _never)
        assert (len(fake.requests), fake.connections) == (5, 1)


def test_a_connection_the_server_closed_is_replaced(client: Client) -> None:

    def once(fake, connection) -> None:  # type: ignore[no-untyped-def]
        read_request(fake, connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")  # then it hangs up unannounced

    with serving(once) as fake:
        for _ in range(3):
            assert client.post(urlsplit(fake.url), b"", _never) == (200, b"x")
        assert fake.connections == 3


def test_a_server_that_closes_is_taken_at_its_word(client: Client) -> None:
    with serving(answer("x", close=True)) as fake:
        for _ in range(2):
            assert client.post(urlsplit(fake.url), b"", _never) == (200, b"x")


@pytest.mark.parametrize("behaviour", [silent, dripping])
def test_waiting_ends_with_the_callers_time(client: Client, behaviour) -> None:  # type: ignore[no-untyped-def]
    with serving(behaviour) as fake:
        due = time.monotonic() + 0.15
        with pytest.raises(Unreachable, match="did not answer within"):
            client.post(urlsplit(fake.url), b"", lambda: time.monotonic() > due)
        # and nothing goes on waiting behind the caller's back
        for thread in _threads():
            thread.join(10)
        assert not _threads()


def test_waiting_ends_in_any_case(client: Client) -> None:
    with serving(dripping) as fake, pytest.raises(Unreachable):
        client.post(urlsplit(fake.url), b"", _never, 0.1)


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
    with serving(raw(data)) as fake, pytest.raises(Unreachable, match=rf"^{fake.url}: "):
        client.post(urlsplit(fake.url), b"", _never)


def test_an_endless_answer_is_cut_off(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_ANSWER", 10)
    with serving(answer("x" * 11)) as fake, pytest.raises(Unreachable, match="longer than 10 bytes"):
        client.post(urlsplit(fake.url), b"", _never)


def test_nobody_there_is_told(client: Client) -> None:
    with pytest.raises(Unreachable, match="Connection refused"):
        client.post(urlsplit(f"http://127.0.0.1:{closed_port()}/x"), b"", _never)


def test_a_page_is_asked_for_within_its_time(client: Client) -> None:
    with serving(answer("hello", "405 No")) as fake:
        assert client.get(urlsplit(fake.url), 5.0) == (405, b"hello")
    with serving(silent) as fake, pytest.raises(Unreachable):
        client.get(urlsplit(fake.url), 0.1)

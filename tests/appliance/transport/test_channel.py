from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator

import pytest

from appliance.transport.channel import Channel, Late, Patience, connected


def patience() -> Patience:
    """All the time that a test could need."""
    return Patience(60.0, lambda: False)


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel and its other end."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Channel(ours, patience()), theirs


def test_what_comes_is_read_until_the_end(pair: tuple[Channel, socket.socket]) -> None:
    channel, theirs = pair
    theirs.sendall(b"one\ntwo")
    theirs.close()
    with channel.makefile("rb") as lines:
        assert list(lines) == [b"one\n", b"two"]


def test_closing_the_reader_leaves_the_connection_open(pair: tuple[Channel, socket.socket]) -> None:
    channel, theirs = pair
    for word in (b"one\n", b"two\n"):
        theirs.sendall(word)
        with channel.makefile("rb") as lines:
            assert lines.readline() == word
        channel.close()
    channel.hang_up()
    assert theirs.recv(10) == b""


def test_reading_and_writing_have_no_longer_than_is_left(pair: tuple[Channel, socket.socket]) -> None:
    channel, _ = pair
    channel.patience = Patience(0.05, lambda: False)
    with pytest.raises(Late):
        channel.receive(bytearray(1))
    with pytest.raises(Late):
        channel.sendall(b"x" * 10_000_000)


def test_the_caller_may_be_out_of_time_before(pair: tuple[Channel, socket.socket]) -> None:
    channel, _ = pair
    channel.patience = Patience(30.0, iter([False, True]).__next__)
    with pytest.raises(Late):
        channel.receive(bytearray(1))


def test_one_wait_may_be_bounded_by_itself() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TimeoutError, match="timed out"):
        patience().wait(ours, select.POLLIN, 0.0)


def test_every_address_of_a_name_is_tried() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,  # localhost is ::1 too, where nobody listens
        connected("localhost", server.getsockname()[1], patience(), 2.0) as sock,
    ):
        assert sock.getpeername() == server.getsockname()
        assert not sock.getblocking()


@pytest.mark.parametrize("host", ["", "nonesuch.invalid", "x" * 64 + ".org"])
def test_a_name_without_an_address_is_an_error(host: str) -> None:
    with pytest.raises((OSError, ValueError)):
        connected(host, 1, patience(), 2.0)


def test_a_name_that_no_thread_can_look_up_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_more)
    with pytest.raises(OSError, match="localhost cannot be looked up: can't start new thread"):
        connected("localhost", 1, patience(), 2.0)

"""What a client does not take at once: kept in order, sent later."""

from __future__ import annotations

import socket

import pytest

from appliance.transport.outgoing import Outgoing


def test_what_the_client_does_not_take_is_kept_and_sent_later() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        outgoing = Outgoing(ours, (BlockingIOError,))
        outgoing.setblocking(True)  # as gunicorn does
        pieces = [b"head", b"", b"a" * 3_000_000, b"b" * 10]
        for piece in pieces:
            outgoing.sendall(piece)
        assert 10 < len(outgoing) < 3_000_014
        told = bytearray()
        while outgoing:
            told += theirs.recv(1 << 20)
            outgoing.send_on()
        ours.shutdown(socket.SHUT_WR)
        while piece := theirs.recv(1 << 20):
            told += piece
        assert told == b"".join(pieces)


def test_nothing_is_kept_for_a_client_that_has_gone() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        ours.setblocking(False)
        outgoing = Outgoing(ours, (BlockingIOError,))
        outgoing.sendall(b"a" * 3_000_000)
        theirs.close()
        assert len(outgoing)
        with pytest.raises(OSError, match="pipe|reset"):
            outgoing.send_on()
        assert not outgoing


def test_it_is_the_connection_but_for_what_is_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outgoing = Outgoing(ours, (BlockingIOError,))
        theirs.sendall(b"more")
        assert (outgoing.recv(10), outgoing.fileno()) == (b"", ours.fileno())

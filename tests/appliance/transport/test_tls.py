"""Nodes that speak TLS, and clients of all sorts."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.node import Node, body
from tests.appliance.bodies import JSON, dump, request
from tests.appliance.certificates import Certificate, certificate
from tests.appliance.test_node import replies
from tests.appliance.waiting import until

ANOMALY = "/anomaly-detect"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def ours(folder: Path) -> Certificate:
    return certificate(folder, "node")


class TlsNode(Node):
    """A node that has answered over TLS before it is entered."""

    def __init__(self, ours: Certificate, server: str = "", mine: Certificate | None = None) -> None:
        self.trusting = trusting(ours, mine)
        lines = f"certfile = {ours.file}\nkeyfile = {ours.key}\nprocesses = 1\n{server}"
        super().__init__(lines)

    def wait_for_an_answer(self) -> None:
        until(self.answers, "the node to answer")

    def answers(self) -> bool:
        with contextlib.suppress(OSError):
            return bool(ask(self, dump(request()))["rows"] == 1)
        return False


def trusting(theirs: Certificate, mine: Certificate | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=theirs.file)
    if mine:
        context.load_cert_chain(mine.file, mine.key)
    return context


@pytest.fixture(scope="module")
def node(ours: Certificate) -> Iterator[TlsNode]:
    with TlsNode(ours) as running:
        yield running


def ask(node: TlsNode, raw: bytes, trusted: ssl.SSLContext | None = None) -> Any:
    connection = http.client.HTTPSConnection(*node.address, timeout=30, context=trusted or node.trusting)
    with contextlib.closing(connection):
        connection.request("POST", ANOMALY, raw, JSON)
        return json.loads(connection.getresponse().read())


def secured(node: TlsNode, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    plain = socket.create_connection(node.address, timeout=30)
    return (context or node.trusting).wrap_socket(plain, server_hostname="127.0.0.1")


def message(raw: bytes) -> bytes:
    head = f"POST {ANOMALY} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    return head.encode() + raw


def test_large_requests_come_whole_and_a_connection_serves_many(node: TlsNode) -> None:
    raw = body("iqr", 20_000, columns=3)
    connection = http.client.HTTPSConnection(*node.address, timeout=30, context=node.trusting)
    with contextlib.closing(connection):
        for _ in range(3):
            connection.request("POST", ANOMALY, raw, JSON)
            assert json.loads(connection.getresponse().read())["rows"] >= 0


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_pipelined_requests_are_answered_in_order_however_they_are_cut(node: TlsNode, pieces: int) -> None:
    sent = b"".join(message(dump(request(option=f"n={i}"))) for i in range(4))
    with secured(node) as client:
        size = -(-len(sent) // pieces)
        for at in range(0, len(sent), size):
            client.sendall(sent[at : at + size])
        assert [reply["option"] for reply in replies(client, 4)] == [f"n={i}" for i in range(4)]


def test_who_shakes_no_hands_holds_nobody_up(node: TlsNode) -> None:
    silent = [socket.create_connection(node.address, timeout=30) for _ in range(50)]
    for number, client in enumerate(silent):
        client.sendall(b"\x16\x03\x01\x02\x00\x01\x00"[: number % 8])
    assert node.answers()
    for client in silent:
        client.close()


def test_plain_http_is_closed_and_told(node: TlsNode) -> None:
    for _ in range(2):
        with socket.create_connection(node.address, timeout=30) as client, contextlib.suppress(ConnectionResetError):
            client.sendall(b"GET /status HTTP/1.1\r\nHost: a\r\n\r\n")
            while client.recv(1000):
                pass
    told = "connections from 127.0.0.1 cannot be secured: HTTP_REQUEST"
    assert (node.folder / "taosanode.log").read_text().count(told) == 1


def test_versions_before_1_2_are_refused(node: TlsNode) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(OSError, match="alert|EOF|reset|internal error|unsupported protocol"):
        secured(node, old)


def test_a_reload_takes_a_new_certificate_over(folder: Path) -> None:
    first, second = certificate(folder, "first"), certificate(folder, "second")
    with TlsNode(first) as node:
        first.file.write_bytes(second.file.read_bytes())
        os.kill(node.pid, signal.SIGHUP)
        log = node.folder / "taosanode.log"
        until(lambda: "reload refused" in log.read_text(), "the half of a change to be refused")
        assert f"the key in {first.key} belongs to another certificate" in log.read_text()
        assert node.answers()
        first.key.write_bytes(second.key.read_bytes())
        os.kill(node.pid, signal.SIGHUP)
        node.trusting = trusting(second)
        until(node.answers, "the node to show the new certificate")


def test_only_clients_with_a_certificate_that_is_vouched_for_come_in(folder: Path, ours: Certificate) -> None:
    known, unknown = certificate(folder, "known"), certificate(folder, "unknown")
    with TlsNode(ours, f"ca-file = {known.file}", known) as node:
        assert node.answers()
        for stranger in (None, unknown):
            with pytest.raises(OSError, match="alert|EOF|closed|reset"):
                ask(node, dump(request()), trusting(ours, stranger))
        assert "cannot be secured: PEER_DID_NOT_RETURN_A_CERTIFICATE" in (node.folder / "taosanode.log").read_text()

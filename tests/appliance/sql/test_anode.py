from __future__ import annotations

import json
import socket

import pytest

from appliance.analysis.catalog import Catalog
from appliance.host.settings import Settings
from appliance.node.resources import listing as real_listing
from appliance.sql import anode
from appliance.sql.anode import Algorithm
from appliance.sql.answers import SqlError
from tests.appliance.conftest import EXTRA
from tests.appliance.sql.fake_node import FakeNode, listing


def test_detectors_come_first_each_kind_in_the_order_of_the_node(node: FakeNode) -> None:
    found = anode.listings([node.url])[node.url]
    assert isinstance(found, list)
    assert [a.name for a in found][:2] == ["grubbs", "lof"]
    assert [a.name for a in found][-2:] == ["tdtsfm_1", "timemoe-fc"]


def test_this_nodes_own_list_is_accepted() -> None:
    catalog = Catalog.of(EXTRA)
    found = anode.read_listing(real_listing.answer(catalog, Settings()))
    assert Algorithm("forecast", "flat") in found


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 0x80000440),
        (b"<html>", 0x80000445),
        (b"nonsense", 0x8000011B),
        (b"[]", 0x8000011B),
        (b"[" * 100_000, 0x8000011B),
        (b'{"protocol": 1.0, "version": 0.1}', 0x8000011B),
        (listing(protocol="1.0"), 0x8000011B),
        (listing(protocol=2), 0x80000433),
        (listing(version=0), 0x80000434),
        (listing(["x" * 64]), 0x80000436),
        (listing([""]), 0x80000436),
        (listing(details=[{"type": "poetry", "algo": []}]), 0x80000437),
        (listing(details=[{"type": "forecast", "algo": [{"name": 1}]}]), 0x8000011B),
    ],
)
def test_a_bad_list_is_refused_as_a_whole(node: FakeNode, body: bytes, code: int) -> None:
    node.answers["/list"] = body
    refused = anode.listings([node.url])[node.url]
    assert isinstance(refused, SqlError)
    assert refused.code == code


def test_keys_are_read_without_regard_to_case_and_the_first_wins() -> None:
    body = b'{"Protocol": 1.0, "protocol": 7, "VERSION": 0.1, "details": []}'
    assert anode.read_listing(body) == []


@pytest.mark.parametrize("url", ["127.0.0.1:1", "", "::::", "http://", "ftp://x:1", "127.0.0.1:99999", "a b:1", "h:x"])
def test_a_url_that_leads_nowhere_cannot_be_accessed(url: str) -> None:
    refused = anode.listings([url])[url]
    assert isinstance(refused, SqlError)
    assert refused.message == "Analysis service can't access"
    assert anode.statuses([url]) == {url: "offline"}


def test_the_status_column_has_room_for_nine_bytes(node: FakeNode) -> None:
    node.answers["/status"] = json.dumps({"status": "ready and willing"}).encode()
    assert anode.statuses([node.url]) == {node.url: "ready and"}


def test_silent_nodes_are_offline_and_waited_for_together(node: FakeNode) -> None:
    silent = [socket.create_server(("127.0.0.1", 0)) for _ in range(20)]
    urls = [f"127.0.0.1:{s.getsockname()[1]}" for s in silent]
    found = anode.statuses([*urls, node.url])
    assert [found[url] for url in urls] == ["offline"] * 20
    for s in silent:
        s.settimeout(0)
        s.accept()[0].close()  # each was asked while the others were waited for
        s.close()

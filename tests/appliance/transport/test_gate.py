from __future__ import annotations

import ipaddress
import logging

import pytest

from appliance.transport import gate
from appliance.transport.gate import Gate


class Counting(Gate):
    def __init__(self, *networks: str) -> None:
        self.count = 0
        super().__init__(map(ipaddress.ip_network, networks), self._one_more)

    def _one_more(self) -> None:
        self.count += 1


def test_addresses_of_a_network_come_in_and_others_are_counted() -> None:
    house = Counting("127.0.0.1", "10.0.0.0/8", "fd00::/8")
    admitted = ("127.0.0.1", "10.255.0.1", "fd00::1", "::ffff:10.1.2.3", "fd00::1%eth0")
    assert all(house.admits(host) for host in admitted)
    assert house.count == 0
    assert not any(house.admits(host) for host in ("127.0.0.2", "11.0.0.1", "::1", "fe80::1%eth0", "::ffff:11.0.0.1"))
    assert house.count == 5


def test_an_address_is_logged_once_and_counted_each_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, gate.__name__)
    house = Counting("10.0.0.0/8")
    assert not any(house.admits("192.0.2.1") for _ in range(3))
    assert house.count == 3
    assert [record.getMessage() for record in caplog.records] == [
        "connections from 192.0.2.1 are closed: not in allow-from"
    ]

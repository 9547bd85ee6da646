"""Who may come in: connections from other addresses are closed as soon as they are accepted."""

from __future__ import annotations

import functools
import ipaddress
import logging
from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network

log = logging.getLogger(__name__)

Network = IPv4Network | IPv6Network

REMEMBERED = 4096  # addresses


class Gate:
    """Lets some networks in.

    turned_away : called for each connection that is not let in; must return quickly.
    """

    def __init__(self, networks: Iterable[Network], turned_away: Callable[[], None]) -> None:
        self._networks, self._turned_away = tuple(networks), turned_away
        self._admitted = functools.lru_cache(REMEMBERED)(self._judge)

    def admits(self, host: str) -> bool:
        """Tell whether a client with this address may come in, and note it if not."""
        admitted = self._admitted(host)
        if not admitted:
            self._turned_away()
        return admitted

    def _judge(self, host: str) -> bool:
        """Look at an address; told in the log once, not for each of its connections."""
        address = ipaddress.ip_address(host.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)  # an IPv4 client of a socket for both
        admitted = any((mapped or address) in network for network in self._networks)
        if not admitted:
            log.warning("connections from %s are closed: not in allow-from", host)
        return admitted

"""Refuses what a page of somebody else's makes a browser send here. Other clients do not notice.

A browser sends whatever a page wants to any address it can reach, an intranet's and 127.0.0.1 included, and only keeps
the answer from the page. That is enough to make a node compute. Two headers tell who sends, and no page can set them:
``Sec-Fetch-Site``, and ``Origin``, which every POST of a browser has. A page can also point a name of its own at this
node's address (DNS rebinding): to the browser both are one site then. Only the name in ``Host`` tells, so `allow-host`
says which names are this node's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

import falcon

from appliance.node.observer import served
from appliance.protocol import answers

READING = ("GET", "HEAD", "OPTIONS")
OWN = ("same-origin", "none")  # from this page, or typed by a person


class Browsers:
    """falcon middleware; answers by itself what is refused.

    names : by which requests may call this node besides addresses and localhost, none for any.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Let a request pass, or refuse it."""
        if self._names and not self._is_ours(host := _name(req.get_header("Host", default=""))):
            _refuse(req, resp, f"allow-host does not name {host[:100]!r}")
        elif req.method not in READING and (sender := self._foreign(req)):
            _refuse(req, resp, f"sent by a page of {sender[:100]!r}, not by this node's own")

    def _is_ours(self, host: str) -> bool:
        return host in ("", "localhost") or host in self._names or _is_address(host)

    def _foreign(self, req: falcon.Request) -> str:
        """Return which other site's page sends a request, "" for none."""
        site, origin = req.get_header("Sec-Fetch-Site"), req.get_header("Origin")
        if site is not None:
            return "" if site in OWN else origin or site
        if origin is None:
            return ""
        # a proxy may call the node by another name than the browser; no page can set what tells the first
        known = {req.get_header(name, default="").lower() for name in ("Host", "X-Forwarded-Host")}
        sender = _authority(origin)
        ours = sender != "" and (sender in known or _name(sender) in self._names)
        return "" if ours else origin


def _refuse(req: falcon.Request, resp: falcon.Response, message: str) -> None:
    record = served(req)
    record.outcome, record.message = "refused", message
    resp.status, resp.content_type = falcon.HTTP_403, falcon.MEDIA_JSON
    resp.data, resp.complete = answers.error(message), True


def _authority(origin: str) -> str:
    """Return host and port of an origin as ``Host`` has them, "" if it has none, as ``null``."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(authority: str) -> str:
    """Return the host of ``host:port``, without the brackets of an IPv6 address."""
    host, colon, port = authority.strip().lower().rpartition(":")
    bare = host if colon and port.isdigit() else authority.strip().lower()
    return bare.strip("[]").rstrip(".")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

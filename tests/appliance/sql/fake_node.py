"""Nodes for tests: two GET routes with answers of one's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# The algorithms of the documented example, in its order.
DETECTORS = ["grubbs", "lof", "shesd", "ksigma", "iqr", "sample_ad_model"]
FORECASTERS = ["arima", "holtwinters", "tdtsfm_1", "timemoe-fc"]


def listing(detectors: list[str] = DETECTORS, forecasters: list[str] = FORECASTERS, **other: Any) -> bytes:
    details = [
        {"type": "forecast", "algo": [{"name": name} for name in forecasters]},
        {"type": "anomaly-detection", "algo": [{"name": name} for name in detectors]},
    ]
    return json.dumps({"protocol": 1.0, "version": 0.1, "details": details, **other}).encode()


class FakeNode:
    def __init__(self) -> None:
        self.answers = {"/list": listing(), "/status": b'{"protocol": 1.0, "status": "ready"}'}
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = node.answers[self.path]
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def fake_node() -> Iterator[FakeNode]:
    node = FakeNode()
    thread = threading.Thread(target=node.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield node
    finally:
        node.server.shutdown()
        thread.join()
        node.server.server_close()

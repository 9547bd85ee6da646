"""The page behind a proxy that serves it below a path of its own, and calls the node by another name."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import benchmarks.node
from tests.page.conftest import Page

PREFIX = "/tools/anode"


@pytest.fixture
def proxied(node: benchmarks.node.Node) -> Iterator[str]:
    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.pass_on(None)

        def do_POST(self) -> None:
            self.pass_on(self.rfile.read(int(self.headers["Content-Length"])))

        def pass_on(self, body: bytes | None) -> None:
            if not self.path.startswith(PREFIX):
                self.send_error(404)
                return
            kept = {name: value for name, value in self.headers.items() if name not in ("Host", "Connection")}
            upstream = http.client.HTTPConnection(*node.address)
            upstream.request(self.command, self.path.removeprefix(PREFIX) or "/", body, {**kept, "Host": "backend"})
            answer = upstream.getresponse()
            told = answer.read()
            upstream.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "content-length", "server", "date"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_address[1]}{PREFIX}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("end", ["", "/"])
def test_the_page_works_below_a_path(page: Page, proxied: str, end: str) -> None:
    page.url = proxied + end
    page.open().click("#sample-load")
    page.answered("Anomalies found by auto")
    page.click("label[for=way-curl]")
    assert f"{proxied}/anomaly-detect" in page.text("#code")

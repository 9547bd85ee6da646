"""A model server with a simple model, to come and go: the last value goes on, rising by a half. Run: PORT."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers probes and questions."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({"status": "ready"})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        value = [asked["input"][-1] + 0.5 * (step + 1) for step in range(asked["next_len"])]
        lower, upper = ([one + width for one in value] for width in (-2, 2))
        self._answer({"output": value, "lower": lower, "upper": upper, "status": "success"})

    def _answer(self, document: dict[str, object]) -> None:
        data = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *given: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Serves clients that may be killed at any time."""

    def handle_error(self, *given: object) -> None:
        """Say nothing: a client that hangs up is what this is for."""


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

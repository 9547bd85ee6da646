"""Serves taosAdapter's `/rest/sql` from an engine, so that TDengine's REST clients can manage nodes here.

It is for a few operators and their scripts: one thread a connection, nothing is kept between requests.
"""

from __future__ import annotations

import base64
import hmac
import http
import json
import logging
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from appliance.sql import answers, render
from appliance.sql.answers import Engine, SqlError
from appliance.sql.cluster import Credentials

log = logging.getLogger(__name__)

MAX_SQL_BYTES = 1024 * 1024
IDLE_S = 30.0


class Server(ThreadingHTTPServer):
    """Listens on an address; `serve_forever` answers until `shutdown`.

    credentials : the one user who may ask.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], engine: Engine, credentials: Credentials) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.engine = engine
        self.token = base64.b64encode(f"{credentials.user}:{credentials.password}".encode()).decode()
        super().__init__(address, _Handler)

    def allows(self, token: str) -> bool:
        """Whether a token is the user's: the same text serves as Basic authentication."""
        return hmac.compare_digest(token.encode(), self.token.encode())


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "taosanode"
    sys_version = ""
    timeout = IDLE_S

    def do_GET(self) -> None:  # noqa: N802
        """Answer `/rest/login/user/password` with a token."""
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["rest", "login", user, password]:
                token = base64.b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
                if self.server.allows(token):
                    self._answer(http.HTTPStatus.OK, {"code": 0, "desc": token})
                else:
                    self._refuse()
            case _:
                self._answer(http.HTTPStatus.NOT_FOUND, {"code": 404, "desc": "not found"})

    def do_POST(self) -> None:  # noqa: N802
        """Answer `/rest/sql` and `/rest/sql/database`."""
        sql = self._body()
        if sql is None:
            return
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["rest", "sql"] | ["rest", "sql", _]:
                pass
            case _:
                self._answer(http.HTTPStatus.NOT_FOUND, {"code": 404, "desc": "not found"})
                return
        if not self._allowed():
            self._refuse()
            return
        self._answer(http.HTTPStatus.OK, self._run(sql))

    def _run(self, sql: bytes) -> dict[str, Any]:
        try:
            return render.document(self.server.engine.execute(sql.decode()))
        except UnicodeDecodeError:
            return render.error_document(SqlError(answers.SYNTAX, "the statement is not UTF-8"))
        except SqlError as error:
            return render.error_document(error)

    def _body(self) -> bytes | None:
        """Read the whole body; answer and return None if there is none to be read."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            self._answer(
                http.HTTPStatus.LENGTH_REQUIRED, {"code": 411, "desc": "Content-Length is missing"}, close=True
            )
            return None
        if int(length) > MAX_SQL_BYTES:
            desc = f"a statement has at most {MAX_SQL_BYTES} bytes"
            self._answer(http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"code": 413, "desc": desc}, close=True)
            return None
        return self.rfile.read(int(length))

    def _allowed(self) -> bool:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() in ("basic", "taosd"):
            return self.server.allows(token.strip())
        given = parse_qs(urlsplit(self.path).query).get("token", [""])
        return self.server.allows(given[0])

    def _refuse(self) -> None:
        failure = SqlError(answers.AUTHENTICATION, "Authentication failure")
        self._answer(http.HTTPStatus.UNAUTHORIZED, render.error_document(failure))

    def _answer(self, status: http.HTTPStatus, document: dict[str, Any], close: bool = False) -> None:
        body = json.dumps(document, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log who asked and how it ended; not the path, which may hold a password or a token."""
        log.info("%s %s %s", self.client_address[0], self.command, int(code) if isinstance(code, int) else code)

    def log_message(self, format: str, *args: Any) -> None:
        """Log what the base class reports about connections, without the request line."""
        log.warning("%s: %s", self.client_address[0], format.split("%")[0].strip() or "bad request")

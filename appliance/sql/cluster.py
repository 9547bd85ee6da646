"""Runs statements on a TDengine cluster through taosAdapter's REST interface."""

from __future__ import annotations

import base64
import json
import os
import ssl
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from appliance.host.addresses import host_port
from appliance.sql import answers
from appliance.sql.answers import Answer, Column, Done, SqlError, Table
from appliance.transport import http
from appliance.transport.http import Client, Failed, Untrusted

TIMEOUT_S = 60.0
CONNECT_S = 10.0
MAX_ANSWER = 256 * 1024 * 1024  # bytes
DEFAULT_PORT = 6041
CERTIFICATES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a user with a password, or a token. Neither is part of the representation."""

    user: str = "root"
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def header(self) -> str:
        """Return the value of `Authorization`."""
        if self.token:
            return f"Taosd {self.token}"
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


def read_credentials(path: Path) -> Credentials:
    """Read `user:password` or a token from the first line of a file."""
    line = path.read_text().split("\n", 1)[0].strip()
    if not line:
        raise ValueError(f"{path} holds no credentials: user:password or a token is expected in its first line")
    user, colon, password = line.partition(":")
    return Credentials(user, password) if colon else Credentials(token=line)


class Cluster:
    """An engine on a cluster.

    url : http or https, with or without `user:password@`.
    """

    def __init__(self, url: str, credentials: Credentials | None, ca_file: Path | None = None) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port or DEFAULT_PORT
        except ValueError:
            raise ValueError("--cluster is no url: http://host:6041 or https://host:6041 is expected") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("--cluster is no url: http://host:6041 or https://host:6041 is expected")
        if parts.username is not None:
            credentials = Credentials(unquote(parts.username), unquote(parts.password or ""))
        if credentials is None:
            raise ValueError("--cluster needs credentials: in its url, a file or the environment, see --help")
        self._authorization = credentials.header()
        path = parts.path.rstrip("/") + "/rest/sql"
        self._url = SplitResult(parts.scheme, host_port(parts.hostname, port), path, "", "")
        context = _context(ca_file) if parts.scheme == "https" else None
        self._client = Client(connect_s=CONNECT_S, max_answer=MAX_ANSWER, kept=0, context=context)

    def execute(self, sql: str) -> Answer:
        """Send one statement."""
        headers = {"Authorization": self._authorization, "Content-Type": "text/plain; charset=utf-8"}
        try:
            answer = self._client.request("POST", self._url, sql.encode(), headers, longest_s=TIMEOUT_S)
        except Untrusted as error:
            reason = f"certificate verify failed: {error.reason}; --ca-file names the certificates to trust"
            raise self._unreachable(reason) from error
        except Failed as error:
            raise self._unreachable(error.reason) from error
        return _read(answer)

    def algorithms(self) -> list[str]:
        """Return the names of the algorithms registered in the cluster."""
        answer = self.execute("SHOW ANODES FULL")
        return sorted({str(row[2]) for row in answer.rows}) if isinstance(answer, Table) else []

    def _unreachable(self, reason: str) -> SqlError:
        return SqlError(answers.UNREACHABLE, f"Unable to establish connection: {self._url.netloc}: {reason}")


def _context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what verifies the cluster's certificate.

    Raises
    ------
    OSError : the file holds no certificates.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise OSError(f"--ca-file {ca_file}: {error.strerror or error}") from error
    if not ca_file and not context.cert_store_stats()["x509"] and "SSL_CERT_DIR" not in os.environ:
        for path in filter(Path.is_file, CERTIFICATES):  # the library knows the places of the build's system alone
            context.load_verify_locations(path)
    return context


def _read(answer: http.Answer) -> Answer:
    try:
        document: Any = json.loads(answer.body)
        code = int(document["code"])
        if code:
            full = code & 0xFFFFFFFF
            raise SqlError(full if full & 0x80000000 else full | 0x80000000, str(document["desc"]))
        columns = tuple(Column(str(name), str(type), int(size)) for name, type, size in document["column_meta"])
        rows = [list(row) for row in document["data"]]
    except (ValueError, KeyError, TypeError) as error:
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise SqlError(answers.AUTHENTICATION, "Authentication failure") from error
        raise SqlError(answers.INVALID_JSON, f"Invalid json format: HTTP status {answer.status}") from error
    if [column.name for column in columns] == ["affected_rows"]:
        return Done(int(rows[0][0]) if rows else 0)
    return Table(columns, rows)

from __future__ import annotations

import http.client
import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
import taosrest

from appliance.sql.cluster import Credentials
from appliance.sql.embedded import Embedded
from appliance.sql.rest import MAX_SQL_BYTES, Server
from tests.appliance.sql.fake_node import FakeNode

SECRET = "s3cret/ü"


@pytest.fixture
def address(engine: Embedded) -> Iterator[tuple[str, int]]:
    server = Server(("127.0.0.1", 0), engine, Credentials("root", SECRET))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield ("127.0.0.1", server.server_address[1])
    server.shutdown()
    thread.join()
    server.server_close()


def ask(address: tuple[str, int], method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict]:
    client = http.client.HTTPConnection(*address, timeout=5)
    client.request(method, path, body, headers)
    response = client.getresponse()
    document = json.loads(response.read())
    client.close()
    return response.status, document


def test_an_unmodified_client_manages_nodes(address: tuple[str, int], node: FakeNode) -> None:
    connection = taosrest.connect(url=f"http://127.0.0.1:{address[1]}", user="root", password=SECRET)
    assert connection.server_info
    assert connection.execute(f"create anode '{node.url}'") == 0
    result = connection.query("show anodes")
    assert [field["name"] for field in result.fields] == ["id", "url", "status", "create_time", "update_time"]
    [[id, url, status, created, _]] = result.data
    assert (id, url, status) == (1, node.url, "ready")
    assert isinstance(created, datetime)
    cursor = connection.cursor()
    cursor.execute("select algo from information_schema.ins_anodes_full where type = 'forecast'")
    assert cursor.rowcount == 4
    assert ("arima",) in [tuple(row) for row in cursor.fetchall()]
    with pytest.raises(taosrest.ConnectError, match="already exists") as error:
        connection.execute(f"create anode '{node.url}'")
    assert error.value.errno == 0x0430
    with pytest.raises(taosrest.ConnectError, match=r"\[0x2600\]: syntax error"):
        connection.query("shwo anodes")
    assert connection.execute("drop anode 1") == 0


def test_wrong_or_no_credentials_are_refused(address: tuple[str, int]) -> None:
    with pytest.raises(taosrest.HTTPError, match="authorization error"):
        taosrest.connect(url=f"http://127.0.0.1:{address[1]}", password="wrong").query("show anodes")
    assert ask(address, "POST", "/rest/sql", b"show anodes") == (401, {"code": 855, "desc": "Authentication failure"})


def test_a_token_is_got_by_logging_in(address: tuple[str, int]) -> None:
    status, document = ask(address, "GET", "/rest/login/root/s3cret%2F%C3%BC")
    assert status == 200
    by_header = ask(address, "POST", "/rest/sql/x", b"show anodes", Authorization=f"Taosd {document['desc']}")
    assert by_header[1]["rows"] == 0
    assert ask(address, "GET", "/rest/login/root/wrong")[0] == 401


def test_bad_requests_are_answered(address: tuple[str, int]) -> None:
    assert ask(address, "GET", "/nowhere")[0] == 404
    assert ask(address, "POST", "/nowhere", b"x")[0] == 404
    assert ask(address, "POST", "/rest/sql", **{"Content-Length": str(MAX_SQL_BYTES + 1)})[0] == 413
    assert ask(address, "POST", "/rest/sql", **{"Content-Length": "x"})[0] == 411


def test_no_credential_is_logged(address: tuple[str, int], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(address, "GET", "/rest/login/root/s3cret%2F%C3%BC")
        ask(address, "POST", "/rest/sql?token=s3cret", b"show anodes")
    assert caplog.text
    assert "s3cret" not in caplog.text

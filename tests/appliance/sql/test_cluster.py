from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.sql.answers import Done, SqlError
from appliance.sql.cluster import Cluster, Credentials, read_credentials
from appliance.sql.embedded import Embedded
from appliance.sql.rest import Server
from tests.appliance.sql.fake_node import FakeNode

ROOT = Credentials("root", "p@ss:word")


@pytest.fixture
def adapter(engine: Embedded) -> Iterator[str]:
    server = Server(("127.0.0.1", 0), engine, ROOT)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_statements_go_through_and_answer_as_here(adapter: str, engine: Embedded, node: FakeNode) -> None:
    cluster = Cluster(f"http://root:p%40ss%3Aword@{adapter}", None)
    assert cluster.execute(f"create anode '{node.url}'") == Done()
    assert cluster.execute("show anodes") == engine.execute("show anodes")
    assert cluster.algorithms() == engine.algorithms()
    with pytest.raises(SqlError) as error:
        cluster.execute("create anode '127.0.0.1:1'")
    assert (error.value.code, error.value.message) == (0x80000441, "Analysis service can't access")


def test_wrong_credentials(adapter: str) -> None:
    with pytest.raises(SqlError, match="Authentication failure") as error:
        Cluster(f"http://{adapter}", Credentials("root", "wrong")).execute("show anodes")
    assert error.value.code == 0x80000357


def test_no_cluster_there() -> None:
    with pytest.raises(SqlError, match=r"Unable to establish connection: 127\.0\.0\.1:1: Connection refused"):
        Cluster("http://127.0.0.1:1", ROOT).execute("show anodes")


def test_what_is_not_an_adapter_is_said(node: FakeNode) -> None:
    with pytest.raises(SqlError, match="Invalid json format: HTTP status 501"):
        Cluster(f"http://{node.url}", ROOT).execute("show anodes")


@pytest.mark.parametrize("url", ["host:6041", "ftp://host", "http://", "http://u:hidden@host:port", "http://h?x=1"])
def test_a_bad_url_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ValueError, match="--cluster is no url") as error:
        Cluster(url, ROOT)
    assert "hidden" not in str(error.value)


def test_credentials_are_needed_and_never_shown() -> None:
    with pytest.raises(ValueError, match="needs credentials"):
        Cluster("http://host", None)
    assert "word" not in repr(ROOT)


def test_tls_is_verified() -> None:
    context = Cluster("https://host", ROOT)._context
    assert context is not None
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"


def test_credentials_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("ann:a:b\n")
    assert read_credentials(file) == Credentials("ann", "a:b")
    file.write_text("0a1b2c\n")
    assert read_credentials(file).header() == "Taosd 0a1b2c"
    file.write_text("\n")
    with pytest.raises(ValueError, match="holds no credentials"):
        read_credentials(file)

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.sql import cluster as cluster_module
from appliance.sql.answers import Done, SqlError, Table
from appliance.sql.cluster import Cluster, Credentials, read_credentials
from appliance.sql.embedded import Embedded
from appliance.sql.rest import Server
from tests.appliance import certificates
from tests.appliance.sql.fake_node import FakeNode

ROOT = Credentials("root", "p@ss:word")


@pytest.fixture
def adapter(engine: Embedded) -> Iterator[str]:
    yield from served(Server(("127.0.0.1", 0), engine, ROOT))


def served(server: Server) -> Iterator[str]:
    """Run a server while its address is used."""
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


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody but itself vouches for, in one file with its key."""
    made = certificates.certificate(tmp_path_factory.mktemp("tls"), "adapter")
    file = made.file.with_name("both.pem")
    file.write_bytes(made.file.read_bytes() + made.key.read_bytes())
    return file


@pytest.fixture
def secure_adapter(engine: Embedded, certificate: Path) -> Iterator[str]:
    class Quiet(Server):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that refuses the certificate is no error of the server's."""

    server = Quiet(("127.0.0.1", 0), engine, ROOT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield from served(server)


REFUSED = "certificate verify failed: self-signed certificate; --ca-file names the certificates to trust"


def test_a_certificate_nobody_vouches_for_is_refused(secure_adapter: str) -> None:
    with pytest.raises(SqlError) as error:
        Cluster(f"https://{secure_adapter}", ROOT).execute("show anodes")
    assert error.value.message == f"Unable to establish connection: {secure_adapter}: {REFUSED}"


def test_the_same_certificate_is_accepted_from_a_file(secure_adapter: str, certificate: Path) -> None:
    cluster = Cluster(f"https://{secure_adapter}", ROOT, certificate)
    assert isinstance(cluster.execute("show anodes"), Table)


def test_the_same_certificate_is_accepted_from_the_environment(
    secure_adapter: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert isinstance(Cluster(f"https://{secure_adapter}", ROOT).execute("show anodes"), Table)


def test_a_certificate_of_another_name_is_refused(secure_adapter: str, certificate: Path) -> None:
    with pytest.raises(SqlError, match="failed: Hostname mismatch, certificate is not valid for 'localhost'"):
        Cluster(f"https://{secure_adapter.replace('127.0.0.1', 'localhost')}", ROOT, certificate).execute("show anodes")


@pytest.mark.parametrize(("text", "reason"), [(None, "No such file or directory"), ("no certificate", "")])
def test_a_file_without_certificates_is_named(text: str | None, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if text:
        file.write_text(text)
    with pytest.raises(OSError, match=f"^--ca-file {file}: .*{reason}"):
        Cluster("https://host", ROOT, file)


def test_certificates_are_found_on_other_systems_than_the_builds(
    secure_adapter: str, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setattr(cluster_module, "CERTIFICATES", (tmp_path / "none", certificate))
    assert isinstance(Cluster(f"https://{secure_adapter}", ROOT).execute("show anodes"), Table)


def test_credentials_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    file.write_text("ann:a:b\n")
    assert read_credentials(file) == Credentials("ann", "a:b")
    file.write_text("0a1b2c\n")
    assert read_credentials(file).header() == "Taosd 0a1b2c"
    file.write_text("\n")
    with pytest.raises(ValueError, match="holds no credentials"):
        read_credentials(file)

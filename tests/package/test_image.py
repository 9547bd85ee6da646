"""The image of packaging/container, made from the package under test, as docs/containers.md runs it."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.package import client
from tests.package.containers import Podman
from tests.package.machine import CACHE, ROOT

IMAGE = "localhost/taosanode-test:latest"
HEALTHY = "/usr/local/bin/taosanode-healthy"
MOST_TO_PULL = 250 * 1000 * 1000  # bytes
STOPS_WITHIN_S, STARTS_WITHIN_S = 2.0, 30.0


@pytest.fixture(scope="module")
def podman(packages: Path) -> Iterator[Podman]:
    made = Podman(CACHE.parent / "containers")
    (package,) = packages.glob("taosanode_*.deb")
    build = [ROOT / "packaging" / "container" / "build.sh", packages, IMAGE]
    subprocess.run(build, check=True, env=made.environment, stdout=subprocess.DEVNULL, timeout=600)
    yield made
    made("rm", "--force", "--all", "--volumes")
    made("rmi", "--force", "--all")


@pytest.fixture(scope="module")
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture(scope="module")
def node(podman: Podman, port: int) -> str:
    """A container that runs the node with settings of its environment."""
    podman.start("node", IMAGE, TAOSANODE_HTTP=f"127.0.0.1:{port}", TAOSANODE_PROCESSES="1")
    answers(port)
    return "node"


def answers(port: int) -> None:
    """Wait until the node answers."""
    due = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            client.request("GET", "/status")
            assert json.loads(client.getresponse().read())["status"] == "ready"
            return
        except ConnectionRefusedError:
            assert time.monotonic() < due, f"nobody listens on port {port} after {STARTS_WITHIN_S} s"
            time.sleep(0.05)
        finally:
            client.close()


def test_what_is_pulled_is_small(podman: Podman, tmp_path: Path) -> None:
    podman("push", "--quiet", "--compress", IMAGE, f"dir:{tmp_path}/image")
    size = sum(file.stat().st_size for file in (tmp_path / "image").iterdir())
    whole = int(podman("image", "inspect", "--format={{.Size}}", IMAGE))
    sys.stdout.write(f"image: {size / 1e6:.0f} MB to pull, {whole / 1e6:.0f} MB on disk\n")
    assert size < MOST_TO_PULL


def test_it_answers_as_nobody_in_particular_and_can_write_nothing(podman: Podman, node: str, port: int) -> None:
    path, body = client.request("iqr", 200)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    assert json.loads(connection.getresponse().read())["rows"] == 1
    connection.close()
    assert podman("exec", node, "id", "-u") == "65532"
    assert "Read-only file system" in podman("exec", node, "touch", "/tmp/x", check=False)
    assert "algo=iqr rows=200" in podman("logs", node)


def test_it_is_healthy_as_long_as_it_answers(podman: Podman, node: str, port: int) -> None:
    assert HEALTHY in podman("image", "inspect", "--format={{.HealthCheck}}", IMAGE)
    podman("exec", node, HEALTHY)
    refused = podman("exec", "--env=TAOSANODE_HTTP=:1", node, HEALTHY, check=False)
    assert "Connection refused" in refused


def test_it_stops_at_once_and_starts_again(podman: Podman, node: str, port: int) -> None:
    start = time.monotonic()
    podman("stop", "--time=10", node)
    took = time.monotonic() - start
    assert podman("inspect", "--format={{.State.ExitCode}}", node) == "0"
    sys.stdout.write(f"image: stops within {took:.1f} s\n")
    assert took < STOPS_WITHIN_S
    podman("start", node)
    answers(port)


def test_a_wrong_setting_is_told_and_stops_the_start(podman: Podman) -> None:
    podman.start("wrong", IMAGE, TAOSANODE_THREDS="8", TAOSANODE_QUEUE="many")
    assert podman("wait", "wrong") == "1"
    assert podman("logs", "wrong").splitlines() == [
        "environment: TAOSANODE_THREDS = 8: no such setting; did you mean TAOSANODE_THREADS?",
        "environment: TAOSANODE_QUEUE = many: allowed: a whole number from 0 to 100000",
    ]

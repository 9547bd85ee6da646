"""compose.yaml as it is, by podman-compose, with the models of its profile: one story, in a network of its own.

The image with the model servers stands for the node's too: test_image has that one. Prometheus is Debian's.
"""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.package.containers import Podman, network
from tests.package.machine import CACHE, ROOT

COMPOSE = ROOT / ".venv-package" / "bin" / "podman-compose"
IMAGES = ["localhost/taosanode:latest", "localhost/taosanode-tsfm:latest", "docker.io/prom/prometheus:v3.5.0"]
PROMETHEUS = """FROM localhost/taosanode-base
COPY prometheus /bin/prometheus
RUN install -d -o nobody /prometheus /etc/prometheus
USER nobody
VOLUME /prometheus
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
"""
SERVICES = ["node", "models", "prometheus"]
WITHIN_S = 90.0
FETCH = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())"


class Project:
    """What compose.yaml names.

    folder : a copy of packaging, with weights.
    """

    def __init__(self, podman: Podman, prefix: list[str], folder: Path) -> None:
        self.podman, self._prefix, self._folder = podman, prefix, folder / "container"

    def __call__(self, *words: str) -> None:
        """Run a command of podman-compose."""
        self._run(str(COMPOSE), "--profile", "models", *words, cwd=self._folder)

    def container(self, service: str) -> str:
        """Return the name of a service's container."""
        return f"container_{service}_1"

    def get(self, url: str) -> Any:
        """Return the JSON that a URL answers on this host, whose ports are those that are published."""
        return json.loads(self._run(sys.executable, "-c", FETCH, url))

    def forecast(self, algorithm: str) -> Any:
        """Return the node's answer to a forecast."""
        return json.loads(self._run(sys.executable, "tests/package/client.py", "first", algorithm, "300"))["answer"]

    def query(self, expression: str) -> dict[str, float]:
        """Return Prometheus's answer, by instance."""
        found = self.get(f"http://127.0.0.1:9090/api/v1/query?query={expression}")["data"]["result"]
        return {one["metric"]["instance"]: float(one["value"][1]) for one in found}

    def _run(self, *command: str, cwd: Path = ROOT) -> str:
        done = subprocess.run(
            [*self._prefix, *command],
            cwd=cwd,
            env=self.podman.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def project(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("packaging")
    for copied in ("container", "monitoring"):
        shutil.copytree(ROOT / "packaging" / copied, folder / copied)
    scraping = folder / "container" / "prometheus.yml"
    scraping.write_text(scraping.read_text().replace("15s", "1s"))  # the only thing that is otherwise here
    shutil.copytree(ROOT / "tests" / "checkpoints" / "tdtsfm", folder / "container" / "model" / "tdtsfm")
    (folder / "prometheus").mkdir()
    (folder / "prometheus" / "Containerfile").write_text(PROMETHEUS)
    shutil.copy("/usr/bin/prometheus", folder / "prometheus")
    with network() as prefix:
        podman = Podman(CACHE.parent / "containers", prefix)
        build = [ROOT / "packaging" / "container" / "build.sh", packages, IMAGES[1], "taosanode*.deb"]
        subprocess.run(build, check=True, env=podman.environment, stdout=subprocess.DEVNULL, timeout=600)
        podman("tag", IMAGES[1], IMAGES[0])
        build = ["buildah", "build", "--quiet", "--isolation=chroot", f"--tag={IMAGES[2]}", folder / "prometheus"]
        subprocess.run(build, check=True, env=podman.environment, stdout=subprocess.DEVNULL, timeout=300)
        made = Project(podman, prefix, folder)
        made("up", "--detach")
        yield made
        made("down", "--volumes")
        assert podman("ps", "--all", "--quiet") == ""
        podman("rmi", "--force", "--all")


def becomes(true: Callable[[], bool]) -> bool:
    """Wait for it; what cannot be asked yet is not true."""
    due = time.monotonic() + WITHIN_S
    while time.monotonic() < due:
        with contextlib.suppress(AssertionError, KeyError):
            if true():
                return True
        time.sleep(0.5)
    return False


def forecasts(project: Project) -> bool:
    answer = project.forecast("tdtsfm_1")
    return bool(answer["rows"] == 10) and all(math.isfinite(value) for value in answer["res"][1])


def test_the_node_forecasts_by_the_model_server_beside_it(project: Project) -> None:
    assert becomes(lambda: forecasts(project))
    for service in ("node", "models"):
        project.podman("exec", project.container(service), "taosanode-healthy")


def test_prometheus_has_what_both_tell_and_evaluates_every_rule(project: Project) -> None:
    assert becomes(lambda: project.query("taosanode_model_server_up") == {"node:6090": 1.0})
    assert project.query("up") == {"node:6090": 1.0}
    groups = project.get("http://127.0.0.1:9090/api/v1/rules")["data"]["groups"]
    assert sum(len(group["rules"]) for group in groups) == 14
    assert not [rule for group in groups for rule in group["rules"] if rule.get("lastError")]


def test_nobody_is_root_and_nothing_can_be_written(project: Project) -> None:
    for service in SERVICES:
        assert project.podman("exec", project.container(service), "id", "-u") != "0"
        assert "Read-only file system" in project.podman(
            "exec", project.container(service), "touch", "/etc/x", check=False
        )


def test_a_model_server_that_is_killed_comes_back(project: Project) -> None:
    model = project.container("models")
    subprocess.run(["kill", "-9", project.podman("inspect", "--format={{.State.Pid}}", model)], check=True)
    assert becomes(lambda: project.podman("inspect", "--format={{.RestartCount}}", model) == "1")
    assert becomes(lambda: forecasts(project))


def test_all_stop_when_told_and_none_has_to_be_killed(project: Project) -> None:
    start = time.monotonic()
    project("stop")
    sys.stdout.write(f"compose: stops within {time.monotonic() - start:.1f} s\n")
    codes = [project.podman("inspect", "--format={{.State.ExitCode}}", project.container(name)) for name in SERVICES]
    assert codes == ["0", "0", "0"]

"""Containers of podman on a host that may be a container or a small virtual machine itself.

They get no control group and limits that the host may give: those are what such hosts lack. They live in a mount
namespace of their own without the unified hierarchy, since crun refuses a host that has both kinds. One alone gets the
host's network; several share one that nobody else sees.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

PRIVATE = ["unshare", "--mount", "sh", "-c", 'umount /sys/fs/cgroup/unified 2> /dev/null; exec "$0" "$@"']
# the network's name server and firewall are kept below /run, the locks of containers and volumes below /dev/shm
HOLD = """umount /sys/fs/cgroup/unified 2> /dev/null
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /dev/shm && ip link set lo up &&
ip link add probe type bridge && ip link del probe && iptables -t nat -S && exec sleep infinity"""


class Podman:
    """podman with a store of its own.

    folder : images, containers and what is known of running ones.
    prefix : what every command of podman begins with.
    """

    def __init__(self, folder: Path, prefix: list[str] = PRIVATE) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._prefix = prefix
        limits = {
            "nofile": min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65536),
            "nproc": min(resource.getrlimit(resource.RLIMIT_NPROC)[1], 8192),
        }
        ulimits = [f"{name}={most}:{most}" for name, most in limits.items()]
        storage, containers = folder / "storage.conf", folder / "containers.conf"
        storage.write_text(f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n')
        containers.write_text(
            f'[containers]\ncgroups = "disabled"\ndefault_ulimits = {json.dumps(ulimits)}\n'
            f'[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "{folder}/networks"\n'
        )
        configuration = {"CONTAINERS_STORAGE_CONF": str(storage), "CONTAINERS_CONF": str(containers)}
        self.environment = {**os.environ, **configuration}

    def __call__(self, *words: str | Path, check: bool = True) -> str:
        """Run a command of podman and return what it wrote; raises AssertionError with that where it fails."""
        done = subprocess.run(
            [*self._prefix, "podman", *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert not check or done.returncode == 0, f"podman {' '.join(map(str, words))}: {done.stdout}"
        return done.stdout.strip()

    def start(self, name: str, image: str, *command: str, **environment: str) -> None:
        """Start a container as docs/containers.md does: nothing can be written."""
        given = [f"--env={variable}={value}" for variable, value in environment.items()]
        # the timers of health checks are systemd's, which the host need not run
        host = ["--network=host", "--no-healthcheck"]
        safe = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges"]
        self("run", "--detach", f"--name={name}", *host, *safe, *given, image, *command)


@contextlib.contextmanager
def network() -> Iterator[list[str]]:
    """Yield what a command begins with that is to run in a network, and with a /run, that only such commands share."""
    with subprocess.Popen(["unshare", "--mount", "--net", "sh", "-c", HOLD], stdout=subprocess.PIPE) as held:
        assert held.stdout
        if not held.stdout.readline():
            pytest.skip("this host makes no networks for containers")
        try:
            yield ["nsenter", f"--target={held.pid}", "--mount", "--net", "--wd=.", "--"]
        finally:
            held.kill()

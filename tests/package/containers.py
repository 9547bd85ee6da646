"""Containers of podman on a host that may be a container or a small virtual machine itself.

They get the host's network, no control group and limits that the host may give: those are what such hosts lack. They
live in a mount namespace of their own without the unified hierarchy, since crun refuses a host that has both kinds.
"""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

PRIVATE = ["unshare", "--mount", "sh", "-c", 'umount /sys/fs/cgroup/unified 2> /dev/null; exec "$0" "$@"']


class Podman:
    """podman with a store of its own.

    folder : images, containers and what is known of running ones.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        store = folder / "storage.conf"
        store.write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n', encoding="utf-8"
        )
        self.environment = {**os.environ, "CONTAINERS_STORAGE_CONF": str(store)}

    def __call__(self, *words: str | Path, check: bool = True) -> str:
        """Run a command of podman and return what it wrote; raises AssertionError with that where it fails."""
        done = subprocess.run(
            [*PRIVATE, "podman", *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert not check or done.returncode == 0, f"podman {' '.join(map(str, words))}: {done.stdout}"
        return done.stdout.strip()

    def start(self, name: str, image: str, *command: str, **environment: str) -> None:
        """Start a container as docs/containers.md does: nothing can be written."""
        files, processes = (
            min(resource.getrlimit(which)[1], most)
            for which, most in ((resource.RLIMIT_NOFILE, 65536), (resource.RLIMIT_NPROC, 8192))
        )
        limits = [f"--ulimit=nofile={files}:{files}", f"--ulimit=nproc={processes}:{processes}"]
        given = [f"--env={variable}={value}" for variable, value in environment.items()]
        # the timers of health checks are systemd's, which the host need not run
        host = ["--network=host", "--cgroups=disabled", "--no-healthcheck", *limits]
        safe = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--security-opt=no-new-privileges"]
        self("run", "--detach", f"--name={name}", *host, *safe, *given, image, *command)

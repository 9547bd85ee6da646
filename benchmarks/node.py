"""A node of its own for a benchmark or a demonstration, on a free loopback port."""

from __future__ import annotations

import contextlib
import http.client
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import numpy as np
import psutil

# What is measured or tested: this tree, or an installed node.
PROGRAM = shlex.split(os.environ.get("TAOSANODED", f"{sys.executable} -m appliance serve"))


class Node:
    """Starts `taosanoded`, waits until it answers, stops it at the end.

    server, node : further lines of the sections [uwsgi] and [taosanode].
    algorithms : files for the operator's folder, name -> text.
    """

    def __init__(self, server: str = "", node: str = "", algorithms: Mapping[str, str] | None = None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="taosanode-")
        folder = self.folder = Path(self._temporary.name)
        self.algorithm_dir = folder / "resource" / "algo"
        self.algorithm_dir.mkdir(parents=True)
        for name, text in (algorithms or {}).items():
            (self.algorithm_dir / name).write_text(text)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = ("127.0.0.1", probe.getsockname()[1])
        config = folder / "taosanode.ini"
        config.write_text(
            f"[uwsgi]\nhttp = 127.0.0.1:{self.address[1]}\nlogto = {folder}/taosanode.log\n{server}\n"
            f"[taosanode]\napp-log = {folder}/taosanode.app.log\nmodel-dir = {folder}/model\n{node}\n"
        )
        self.start()

    def start(self) -> None:
        """Start the node, again if it has ended."""
        self._process = subprocess.Popen(
            [*PROGRAM, "-c", str(self.folder / "taosanode.ini")],
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        )
        self.pid = self._process.pid

    def __enter__(self) -> Node:
        try:
            self.wait_for_an_answer()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the node and remove its files."""
        self.stop()
        self._temporary.cleanup()

    def stop(self) -> int:
        """Tell the node to stop, wait until it has, and return its exit code."""
        self._process.terminate()
        return self._ended()

    def kill(self) -> None:
        """End all processes of the node at once, as a power failure does."""
        processes = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
        for process in processes:
            process.kill()
        self._ended()
        while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
            time.sleep(0.01)

    def _ended(self) -> int:
        code = self._process.wait(60)
        self._process.stderr.close()
        return code

    def wait_for_an_answer(self) -> None:
        """Return once the node answers; fail if it ends or does not within a minute."""
        for _ in range(600):
            try:
                with contextlib.closing(http.client.HTTPConnection(*self.address, timeout=1)) as client:
                    client.request("GET", "/status")
                    if client.getresponse().status == 200:
                        return
            except OSError:
                if self._process.poll() is not None:
                    raise RuntimeError(f"the node did not start: {self._process.stderr.read().decode()}") from None
                time.sleep(0.1)
        raise RuntimeError("the node did not answer within 60 seconds")


def body(algo: str, rows: int, *, columns: int = 1, options: str | None = None, seed: int = 1) -> bytes:
    """A request as taosd lays it out: one value a line, six decimals."""
    rng = np.random.default_rng(seed)
    times = ",\n".join(str(1_700_000_000_000 + 1000 * i) for i in range(rows))
    names = ["val", *(f"val{i}" for i in range(1, columns))]
    schema = ",\n".join(['  ["ts", "TIMESTAMP", 8]', *(f'  ["{name}", "DOUBLE", 8]' for name in names)])
    values = [",\n".join(f"{value:.6f}" for value in rng.normal(100, 5, rows)) for _ in names]
    data = ",\n".join(f"[\n{column}\n]" for column in [times, *values])
    return (
        f'{{\n"schema": [\n{schema}\n],\n"data": [\n{data}\n],\n"option": "{options or f"algo={algo}"}",\n'
        f'"algo": "{algo}",\n"prec": "ms",\n"wncheck": 0,\n"rows": {rows},\n"protocol": 1.0\n}}'
    ).encode()

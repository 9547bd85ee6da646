"""Runs `forecast_peers.py` or its like in the peers' own environment and keeps what it answered on disk."""

from __future__ import annotations

import hashlib
import json
import selectors
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
FORECAST = "forecast_peers"


class Peers:
    """One peer process, restarted after a job that took too long.

    script : the module in this folder that answers the jobs.
    python : of the environment that it runs in.
    """

    def __init__(self, timeout_s: float, script: str = FORECAST, python: Path = PYTHON) -> None:
        self._timeout_s = timeout_s
        self._python = python
        self._script = ROOT / "benchmarks" / f"{script}.py"
        self._cache = ROOT / ".benchmarks" / script.replace("_", "-")
        self._process: subprocess.Popen[str] | None = None
        listed = subprocess.run([python, self._script, "--versions"], capture_output=True, text=True, check=True)
        self.versions: dict[str, str] = json.loads(listed.stdout)

    def __enter__(self) -> Peers:
        return self

    def __exit__(self, *unused: object) -> None:
        self._stop()

    def cached(self, job: dict[str, Any], **unnamed: Any) -> dict[str, Any]:
        """Answer a job from disk, or run it and keep its answer; the peer's version is part of the key.

        A job that took too long is run again under a longer limit only. What is `unnamed` goes with the job, and is no
        part of the key.
        """
        text = json.dumps([job, self.versions[job["peer"]]], sort_keys=True)
        path = self._cache / f"{job['peer']}-{hashlib.sha256(text.encode()).hexdigest()[:24]}.json"
        if path.is_file():
            kept: dict[str, Any] = json.loads(path.read_text())
            if kept.get("limit_s", self._timeout_s) >= self._timeout_s:
                return kept
        answer = self.run(job | unnamed)
        self._cache.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(answer))
        return answer

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Answer a job; ``{"error": ...}`` when the peer failed or needed longer than the limit."""
        process = self._started()
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018  (pipes were asked for)
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(self._timeout_s):
                self._stop()
                return {"error": f"no answer within {self._timeout_s:g} s", "limit_s": self._timeout_s}
        line = process.stdout.readline()
        if not line:
            self._stop()
            return {"error": "the peer's process died"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [self._python, self._script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        return self._process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

"""Asks `forecasts_on_request.py`, which runs in this project's environment, from the environment of a benchmark."""

from __future__ import annotations

import argparse
import json
import math
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
NAIVE = "seasonal_naive"


def arguments(described: str | None) -> argparse.ArgumentParser:
    """Return what a program that asks takes: which of our forecasters, and their environment."""
    parser = argparse.ArgumentParser(description=described, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--algo", default="zero,auto", help="our forecasters, separated by commas")
    parser.add_argument("--python", type=Path, default=PYTHON, help="of this project's environment")
    return parser


def without_nan(values: Iterable[float]) -> list[float | None]:
    """Return values as JSON has them, None for nan."""
    return [None if math.isnan(value) else float(value) for value in values]


def ratio(errors: Mapping[Any, float], base: Mapping[Any, float]) -> float:
    """Return the geometric mean of errors relative to those of the seasonal naive forecast, over tasks of both."""
    logs = [math.log(max(errors[task], 1e-12) / max(base[task], 1e-12)) for task in errors]
    return math.exp(sum(logs) / len(logs))


class Ours:
    """Our forecasters, in a process of their own.

    python : of this project's environment.
    """

    def __init__(self, python: Path = PYTHON) -> None:
        self._process = subprocess.Popen(
            [python, "-m", "benchmarks.forecasts_on_request"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Ours:
        return self

    def __exit__(self, *unused: object) -> None:
        self._process.communicate()

    def ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Answer one job of `forecasts_on_request.py`."""
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: PT018  (pipes were asked for)
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

"""Recorded answers of PyOD, made by tests/golden/make_pyod.py, and the contracted series with theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from kernels.contract import Task

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent.parent / "golden" / "pyod.json").read_text())
TABLES = {name: np.array(table) for name, table in RECORDED["tables"].items()}
L17 = np.array([5, 14, 15, 15, 14, 19, 17, 16, 20, 22, 8, 21, 28, 11, 9, 29, 40], np.float64)
L96 = np.array(
    [13, 14, 8, 10, 16, 26, 32, 27, 18, 32, 36, 24, 22, 23, 22, 18, 25, 21, 21, 14, 8, 11, 14, 23, 18, 17, 19, 20]
    + [22, 19, 13, 26, 13, 14, 22, 24, 21, 22, 26, 21, 23, 24, 27, 41, 31, 27, 35, 26, 28, 36, 39, 21, 17, 22, 17, 19]
    + [15, 34, 10, 15, 22, 18, 15, 20, 15, 22, 19, 16, 30, 27, 29, 23, 20, 16, 21, 21, 25, 16, 18, 15, 18, 14, 10, 15]
    + [8, 15, 6, 11, 8, 7, 13, 10, 23, 16, 15, 25],
    np.float64,
)
BOTH = np.column_stack((L17, L17[::-1]))


def task(table: str) -> Task:
    """Return the task of judging a recorded table."""
    return Task.of(TABLES[table])


def answer(name: str, table: str) -> tuple[np.ndarray, list[int]]:
    """Return scores and flagged rows of PyOD."""
    found = RECORDED["answers"][f"{name} {table}"]
    return np.array(found["score"]), found["flagged"]

"""Has a bug."""

from __future__ import annotations

from taosanode import ANOMALY, Algorithm, Detection, NoOptions, Task


def broken(task: Task, params: NoOptions) -> Detection:
    raise RuntimeError("a bug")


ALGORITHM = Algorithm("broken", "raises what it should not", ANOMALY, NoOptions, broken)

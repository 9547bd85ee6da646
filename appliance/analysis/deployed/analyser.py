"""A deployed model that answers as an algorithm of the node does: a forecaster or a detector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kernels.contract import Answer, Json, Needs, Task


@dataclass(frozen=True, slots=True)
class Analyser:
    """A forecaster or a detector.

    algo : what was trained. kind : of the analysis. summary : what `/list` shows as its parameters.
    needs : what of a task it looks at. params : its options.
    run : (task, params) -> the answer of its kind; raises AlgorithmError.
    """

    algo: str
    kind: str
    summary: Mapping[str, Json]
    needs: Needs
    params: type[Any]
    run: Callable[[Task, Any], Answer]

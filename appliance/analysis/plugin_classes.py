"""Makes algorithms of what operators wrote: classes of plug-ins, and files in our own form.

Every request gets an object of its own, is answered by it, and the answer is checked to the letter: nothing that an
operator's code returns or raises reaches the wire unseen.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from typing import Any

from appliance.analysis import checks
from appliance.analysis.kind import Kind
from kernels.contract import Algorithm, AlgorithmError, Answer, Needs, Task
from kernels.options import NoOptions

log = logging.getLogger(__name__)


class Failed(AlgorithmError):
    """An operator's algorithm has a bug or breaks the contract: no fault of the request's."""


READS_ALL = Needs(columns="many", times=True, covariates=True, options=True)


def wrap(plugin: type[Any], kind: Kind[Any]) -> Algorithm:
    """Return a plug-in class as an algorithm; raises whatever the class raises when it is first used."""
    sample = plugin()
    shown = {}
    for key, value in dict(sample.get_params()).items():
        if not isinstance(key, str):
            raise TypeError(f"get_params() must have names of options as its keys, got {key!r}")
        if checks.plain(value):
            shown[key] = value
    desc = " ".join(str(sample.get_desc() or "").split())
    run = kind.from_plugin(plugin)
    return Algorithm(plugin.name, desc, kind.wire_type, NoOptions, run, READS_ALL, shown)


def guarded(algorithm: Algorithm, kind: Kind[Any]) -> Algorithm:
    """Return an operator's algorithm with its answers checked and all its failures turned into AlgorithmError."""

    def run(task: Task, params: Any) -> Answer:
        found = algorithm.run(task, params)
        try:
            answer: Answer = kind.checked(task, found)
        except AlgorithmError as error:
            raise Failed(str(error)) from error
        return answer

    return dataclasses.replace(algorithm, run=_reported(algorithm.name, run))


def _reported(name: str, run: Callable[[Task, Any], Answer]) -> Callable[[Task, Any], Answer]:
    """Name the algorithm in whatever goes wrong, and log it."""

    def report(task: Task, params: Any) -> Answer:
        try:
            return run(task, params)
        except AlgorithmError as error:
            raise (Failed if isinstance(error, Failed) else AlgorithmError)(f"{name}: {error}") from error
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            log.exception("operator's algorithm %s failed", name)
            if isinstance(error, ValueError):  # how plug-ins refuse a series
                raise AlgorithmError(f"{name}: {error}") from error
            raise Failed(f"{name}: {type(error).__name__}: {error}") from error

    return report

"""What every algorithm answers on built-in data: the reference of `taosanode selftest`.

Not a test of the mathematics (the tests do that) but of the build: the frozen program must answer as the source tree
did. So a few short series will do, and the build writes the answers of all algorithms, listed or not, just before it
freezes them. Those in the tree are of its release; an algorithm that has come since has none there, and needs none.
``taosanode selftest --record appliance/analysis/answers.json`` writes them anew.
"""

from __future__ import annotations

import dataclasses
import importlib.resources
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.analysis import catalog
from appliance.analysis.catalog import Catalog
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import KINDS
from appliance.host.settings import Settings
from appliance.protocol import fields
from kernels.contract import Algorithm, AlgorithmError, Series, Task

# Relative to the largest number of an answer. Optimisers stop within about 1e-8 of an optimum, the autoencoder computes
# in single precision (2e-6 apart within one program, by where its arrays lie), and rounding differs between
# processors; a build that went wrong differs by far more.
TOLERANCE = 1e-4
PERIOD = 12

NO_MODELS = Path("/nonexistent")  # only the models that come with the program

Answers = Mapping[str, Any]


def series() -> dict[str, Series]:
    """Return the built-in series; made of few exact operations, so that every machine has the same."""
    t = np.arange(96.0)
    season = np.where(t % PERIOD < 6, t % 6, 6.0 - t % 6)
    ripple = (t * t % 7.0) / 8.0
    spiked = 20.0 + season + ripple
    spiked[[30, 71]] += [25.0, -18.0]
    return {"seasonal": 50.0 + 0.25 * t + season + ripple, "spiked": spiked, "line": 3.0 + 0.5 * t}


def algorithms() -> Catalog:
    """Return all that the program itself computes: no model servers, and nothing of an operator's."""
    return catalog.ours(Settings(model_dir=NO_MODELS, tsfm={}))


def compute() -> dict[str, Any]:
    """Return the answers of now, one for each algorithm, series and choice of parameters."""
    return {name: _answer(*case) for name, case in _cases()}


def stored() -> Answers:
    """Return the answers that came with the program."""
    text = importlib.resources.files("appliance.analysis").joinpath("answers.json").read_text(encoding="utf-8")
    answers: Answers = json.loads(text)
    return answers


def write(file: Path, answers: Answers) -> None:
    """Store answers, one to a line."""
    lines = (f"{json.dumps(name)}: {json.dumps(answer)}" for name, answer in sorted(answers.items()))
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def differences(now: Answers, before: Answers, complete: bool = True) -> list[str]:
    """Return one line for each answer that is not as it was.

    complete : whether an answer that was not stored is a difference too.
    """
    new = now.keys() - before.keys() if complete else ()
    found = [f"{name}: no stored answer; see `taosanode selftest --help`" for name in new]
    found += [f"{name}: a stored answer, but no such algorithm" for name in before.keys() - now.keys()]
    for name in now.keys() & before.keys():
        if not _same(now[name], before[name]):
            found.append(f"{name}: {json.dumps(now[name])}, stored is {json.dumps(before[name])}")
    return sorted(found)


def _cases() -> Iterator[tuple[str, tuple[Kind[Any], Algorithm, Any, Task]]]:
    known = algorithms()
    for kind in KINDS:
        for name, algorithm in known.of_kind(kind.wire_type).items():
            choices = {"": algorithm.params()}
            if any(field.name == fields.PERIOD for field in dataclasses.fields(algorithm.params)):
                choices[f" period={PERIOD}"] = algorithm.params(period=PERIOD)
            for label, params in choices.items():
                # a name that several kinds have is told apart by its kind
                shown = name if sum(one.name == name for one in known) == 1 else f"{kind.name}:{name}"
                for which, values in series().items():
                    yield f"{shown}{label} {which}", (kind, algorithm, params, kind.example(values))


def _answer(kind: Kind[Any], algorithm: Algorithm, params: Any, task: Task) -> dict[str, Any]:
    try:
        summary = kind.summary(algorithm.run(task, params))
    except AlgorithmError as refusal:
        return {"refused": str(refusal)}
    return {name: _rounded(values) for name, values in summary.items()}


def _rounded(values: NDArray[Any]) -> list[float]:
    return values.tolist() if values.dtype.kind == "i" else [float(f"{value:.10g}") for value in values]


def _same(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    if now.keys() != before.keys():
        return False
    return all(_close(now[key], before[key]) for key in now)


def _close(now: Any, before: Any) -> bool:
    if not isinstance(now, list) or not isinstance(before, list):
        return bool(now == before)
    if len(now) != len(before):
        return False
    scale = max([1.0, *(abs(value) for value in before)])
    return all(abs(a - b) <= TOLERANCE * scale for a, b in zip(now, before, strict=True))

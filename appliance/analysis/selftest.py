"""What every algorithm answers on built-in data: the reference of `taosanode selftest`.

Not a test of the mathematics (the tests do that) but of the build: the frozen program must answer as the source tree
did. So a few short series will do, and one command writes the answers of all algorithms anew, listed or not:
``taosanode selftest --record appliance/analysis/answers.json``.
"""

from __future__ import annotations

import dataclasses
import importlib.resources
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from appliance.analysis import catalog
from kernels import registry
from kernels.contract import Algorithm, AlgorithmError, Detector, Horizon, Series

# Relative to the largest number of an answer. Optimisers stop within about 1e-8 of an optimum, the autoencoder computes
# in single precision (2e-6 apart within one program, by where its arrays lie), and rounding differs between
# processors; a build that went wrong differs by far more.
TOLERANCE = 1e-4
PERIOD = 12
HORIZON = Horizon(rows=6, conf=0.9)

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


def algorithms() -> dict[str, Algorithm]:
    """Return all that the program itself computes: no model servers, and nothing of an operator's."""
    trained = {detector.name: detector for detector in catalog.with_weights(NO_MODELS)}
    return registry.discover() | trained


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


def differences(now: Answers, before: Answers) -> list[str]:
    """Return one line for each answer that is not as it was."""
    found = [f"{name}: no stored answer; see `taosanode selftest --help`" for name in now.keys() - before.keys()]
    found += [f"{name}: a stored answer, but no such algorithm" for name in before.keys() - now.keys()]
    for name in now.keys() & before.keys():
        if not _same(now[name], before[name]):
            found.append(f"{name}: {json.dumps(now[name])}, stored is {json.dumps(before[name])}")
    return sorted(found)


def _cases() -> Iterator[tuple[str, tuple[Algorithm, Any, Series]]]:
    for name, algorithm in sorted(algorithms().items()):
        choices = {"": algorithm.params()}
        if any(field.name == "period" for field in dataclasses.fields(algorithm.params)):
            choices[f" period={PERIOD}"] = algorithm.params(period=PERIOD)
        for label, params in choices.items():
            for which, values in series().items():
                yield f"{name}{label} {which}", (algorithm, params, values)


def _answer(algorithm: Algorithm, params: Any, values: Series) -> dict[str, Any]:
    try:
        if isinstance(algorithm, Detector):
            shaped = values.reshape(-1, 1) if algorithm.multivariate else values
            found = algorithm.detect(shaped, params)
            return {"anomalies": np.flatnonzero(found.flags < 0).tolist(), "score": _rounded(found.score)}
        ahead = algorithm.forecast(values, HORIZON, params)
        return {"value": _rounded(ahead.value), "low": _rounded(ahead.low), "high": _rounded(ahead.high)}
    except AlgorithmError as refusal:
        return {"refused": str(refusal)}


def _rounded(values: Series) -> list[float]:
    return [float(f"{value:.10g}") for value in values]


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

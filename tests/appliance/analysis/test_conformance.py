from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from appliance.analysis import conformance, selftest
from appliance.analysis.conformance import Fault
from appliance.analysis.kinds import BY_TYPE
from kernels.contract import ANOMALY, FORECAST, Algorithm, Detection, Forecast, Needs, Task, TooShort
from kernels.options import NoOptions, Options, option

OURS = list(selftest.algorithms())


def faults(algorithm: Algorithm) -> list[Fault]:
    return list(conformance.faults(algorithm, BY_TYPE[algorithm.kind], __file__))


@pytest.mark.parametrize("algorithm", OURS, ids=lambda one: f"{one.kind}-{one.name}")
def test_every_algorithm_of_ours_keeps_the_contract(algorithm: Algorithm) -> None:
    assert faults(algorithm) == []


def fine(task: Task, params: Any) -> Detection:
    values = np.asarray(task.series)
    if len(values) < 2 or not np.isfinite(values).all():
        raise TooShort("at least 2 finite values are needed")
    return Detection(np.ones(len(values), np.int8), np.zeros(len(values)))


DETECTOR = Algorithm("mine", "", ANOMALY, NoOptions, fine, Needs(rows=2))


def flat(task: Task, params: Any) -> Forecast:
    fine(task, params)
    value = np.full(task.rows, task.series[-1])
    return Forecast(value, value, value)


def changes(task: Task, params: Any) -> Detection:
    task.series[0] += 1.0
    return fine(task, params)


def masks(task: Task, params: Any) -> Detection:
    return replace(fine(task, params), flags=task.series > 60)  # type: ignore[arg-type]


def stumbles(task: Task, params: Any) -> Detection:
    return fine(task, params) if task.series.any() else {}["nothing"]


def takes_all(task: Task, params: Any) -> Detection:
    return Detection(np.ones(len(task.series), np.int8), np.zeros(len(task.series)))


def counts() -> Callable[[Task, Any], Detection]:
    calls: list[int] = []

    def run(task: Task, params: Any) -> Detection:
        calls.append(1)
        return replace(fine(task, params), score=np.full(len(task.series), float(len(calls))))

    return run


def refuses(task: Task, params: Any) -> Detection:
    raise ValueError("not today")


def test_what_is_in_order_has_no_fault() -> None:
    assert faults(DETECTOR) == []
    assert faults(Algorithm("mine", "", FORECAST, NoOptions, flat, Needs(rows=2))) == []


@pytest.mark.parametrize(
    ("run", "told", "severe"),
    [
        (changes, "on ordinary and 13 more series: it has changed the data it was given", True),
        (
            masks,
            "on ordinary and 13 more series: codes must be integers, 1 for normal and -1 for an anomaly",
            True,
        ),
        (stumbles, "on all zero: line ", True),
        (
            lambda task, params: fine(task, params).flags,
            "on ordinary and 13 more series: a Detection is expected, got ndarray",
            True,
        ),
        (counts(), "on ordinary and 13 more series: it answers differently when it is asked again", False),
        (takes_all, "it takes a value that is no number without a word", False),
        (refuses, "on ordinary: it refuses 120 rows: not today", False),
    ],
)
def test_every_fault_is_told(run: Callable[[Task, Any], Any], told: str, severe: bool) -> None:
    found = faults(replace(DETECTOR, run=run))
    assert (found[0].text[: len(told)], found[0].severe) == (told, severe)


def test_the_authors_line_comes_first() -> None:
    (fault,) = faults(replace(DETECTOR, run=stumbles))[:1]
    assert fault.text.endswith(
        """`return fine(task, params) if task.series.any() else {}["nothing"]`: KeyError: 'nothing'"""
    )


def test_a_range_that_is_declared_and_not_held_is_a_fault() -> None:
    @dataclass(frozen=True, slots=True)
    class Unchecked(Options):
        k: float = option(1.0, "a number", ge=0, lt=5)

        def __post_init__(self) -> None:
            """Forget to check."""

    told = [fault.text for fault in faults(replace(DETECTOR, params=Unchecked))]
    assert told == [
        "option k=-1 is taken, although it must be in [0, 5)",
        "option k=5 is taken, although it must be in [0, 5)",
    ]


def test_options_that_cannot_be_made_end_it() -> None:
    @dataclass(frozen=True, slots=True)
    class Needy(Options):
        k: float

    (fault,) = faults(replace(DETECTOR, params=Needy))
    assert "its options cannot be made" in fault.text


def test_who_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformance, "PATIENCE_S", 0.2)
    forever = threading.Event()
    (fault,) = faults(replace(DETECTOR, run=lambda task, params: forever.wait()))
    forever.set()
    assert fault == Fault("it has not answered within 0 s about 120 rows")

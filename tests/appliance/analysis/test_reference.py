from __future__ import annotations

from dataclasses import dataclass

import pytest

from appliance.analysis import reference
from appliance.analysis.kinds import BY_NAME, KINDS
from kernels.contract import ANOMALY, Algorithm, Detection, Task
from kernels.options import Declared, NoOptions, Options, Range, option


@dataclass(frozen=True, slots=True)
class Params(Options):
    k: float = option(2.5, "threshold", gt=0, aliases=("factor",))
    timeout: int = option(5, "of its own")
    on: bool = option(True, "switch")


def never(task: Task, params: Params) -> Detection:
    raise NotImplementedError


OWN = Algorithm("own", "an own one", ANOMALY, Params, never)


def test_what_is_shipped_are_the_algorithms_of_every_kind() -> None:
    shipped = reference.shipped()
    assert {kind.wire_type for kind in KINDS} <= set(shipped.kinds)
    assert {"ksigma", "sample_ad_model", "holtwinters", "timemoe-fc"} <= set(shipped.names)
    assert all(option.doc for algorithm in shipped for option in reference.own(algorithm))


def test_every_option_of_a_kind_says_what_it_means_and_takes() -> None:
    for kind in KINDS:
        assert all(option.doc and option.type for option in kind.options)
        assert len({option.name for option in kind.options}) == len(kind.options)


def test_the_options_of_a_class_of_the_operators_are_those_it_shows() -> None:
    plugin = Algorithm("mine", "a class", ANOMALY, NoOptions, never, shown={"k": 3, "name": None})
    assert reference.own(plugin) == [Declared("k", 3, "", ""), Declared("name", None, "", "")]


def test_what_an_algorithm_has_itself_is_not_shared() -> None:
    names = [option.name for option in reference.shared(BY_NAME["anomaly"], OWN)]
    assert "wncheck" in names
    assert "timeout" not in names


@pytest.mark.parametrize(
    ("option", "cells"),
    [
        (reference.own(OWN)[0], ("k", "2.5", "a number > 0", "threshold (also factor)")),
        (reference.own(OWN)[2], ("on", "1", "0 or 1", "switch")),
        (Declared("start", None, "first", "a time"), ("start", "-", "a time", "first")),
        (Declared("host", "", "", "text"), ("host", "-", "text", "")),
        (Declared("k", 3.0, "", "a number", Range(ge=1)), ("k", "3", "a number >= 1", "")),
    ],
)
def test_an_option_is_told_in_four_cells(option: Declared, cells: tuple[str, ...]) -> None:
    assert reference.cells(option) == cells

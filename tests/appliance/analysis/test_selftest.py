"""The stored answers of `taosanode selftest`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from appliance.analysis import selftest


def test_stored_answers_are_those_of_this_tree() -> None:
    again = "write them anew: taosanode selftest --record appliance/analysis/answers.json"
    assert selftest.differences(selftest.compute(), selftest.stored(), complete=False) == [], again


def test_every_algorithm_has_an_answer_that_is_no_refusal() -> None:
    answered = {name.split()[0] for name, answer in selftest.compute().items() if "refused" not in answer}
    assert {name.split(":")[-1] for name in answered} == set(selftest.algorithms().names)
    assert {"anomaly:auto", "forecast:auto"} < answered  # the one name that two kinds have


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a: a.pop("iqr line"), "iqr line: no stored answer"),
        (lambda a: a.update({"gone line": {}}), "gone line: a stored answer, but no such algorithm"),
        (lambda a: a["iqr spiked"].update(anomalies=[30]), 'iqr spiked: {"anomalies": [30, 71]'),
        (lambda a: a["iqr spiked"].pop("score"), "iqr spiked: "),
        (lambda a: a["iqr spiked"]["score"].pop(), "iqr spiked: "),
        (lambda a: a["iqr spiked"]["score"].__setitem__(0, 0.7), "iqr spiked: "),
    ],
)
def test_every_difference_is_told(change: Callable[[dict[str, Any]], object], told: str) -> None:
    now, before = selftest.stored(), copy.deepcopy(dict(selftest.stored()))
    change(before)
    (line,) = selftest.differences(now, before)
    assert line.startswith(told)


def test_rounding_is_no_difference() -> None:
    before = copy.deepcopy(dict(selftest.stored()))
    before["iqr spiked"]["score"][0] += 1e-9
    assert selftest.differences(selftest.stored(), before) == []


def test_an_answer_that_was_not_stored_counts_in_a_build_alone() -> None:
    before = {name: answer for name, answer in selftest.stored().items() if name != "iqr line"}
    assert selftest.differences(selftest.stored(), before, complete=False) == []
    assert selftest.differences(selftest.stored(), before) != []

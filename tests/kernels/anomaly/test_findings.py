from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly._findings import Expected, Finding, Reading, detection, union
from kernels.contract import Task
from kernels.numerics.alarms import Bounds

N = 200


def finding(by: str, events: list[list[int]], high: dict[int, float], gap: int = 16) -> Finding:
    """Return a finding of one reading whose score is about 1, and as given in some rows."""
    score = np.random.default_rng(1).uniform(0.5, 1.0, N)
    for row, value in high.items():
        score[row] = value
    reading = Reading(by, score, 2.0, Bounds.of(score, gap))
    return Finding(np.array(events, np.int64).reshape(-1, 2), (reading,), gap, N)


def test_the_ratio_is_the_largest_of_all_readings_over_their_bounds() -> None:
    both = union(finding("a", [], {7: 6.0}), finding("b", [], {8: 4.0}))
    assert both.ratio[[7, 8]].tolist() == [3.0, 2.0]
    assert Finding(np.empty((0, 2), np.int64), (), 16, 3).ratio.tolist() == [0.0, 0.0, 0.0]


def test_events_that_meet_are_one() -> None:
    both = union(finding("a", [[10, 12], [100, 110]], {}), finding("b", [[20, 21], [150, 160]], {}, gap=20))
    assert both.events.tolist() == [[10, 21], [100, 110], [150, 160]]
    assert both.gap == 16


def test_reasons_say_who_where_and_how_sure() -> None:
    both = union(finding("shape", [[10, 30]], {20: 50.0}), finding("spike", [[25, 26], [90, 91]], {25: 3.0, 90: 2.5}))
    answer = detection(Task.of(np.zeros(N), times=np.arange(N) * 1000), [both], extra={"period": 7})
    assert np.flatnonzero(answer.flags < 0).tolist() == [*range(10, 30), 90]
    assert answer.extra["period"] == 7
    first, second = answer.extra["reasons"]
    assert (first["row"], first["time"], first["by"]) == (20, 20_000, ["shape", "spike"])
    assert (second["row"], second["by"]) == (90, ["spike"])
    assert 0.0 <= second["certainty"] <= first["certainty"] <= 1.0
    assert "column" not in first
    assert "columns" not in first


def test_values_are_those_of_the_row_that_is_farthest_from_what_was_expected() -> None:
    x = np.zeros(N)
    x[[20, 22]] = [3.0, -8.0]
    expected = Expected(np.full(N, 1.0), np.full(N, 0.5), np.full(N, 1.5))
    (reason,) = detection(Task.of(x), [finding("spike", [[19, 24]], {20: 9.0})], [expected]).extra["reasons"]
    assert (reason["row"], reason["value"], reason["expected"], reason["low"], reason["high"]) == (20, -8, 1, 0.5, 1.5)


def test_of_several_columns_the_one_is_named_that_is_most_unusual() -> None:
    found = [finding("spike", [[20, 21]], {20: 4.0}), finding("spike", [[20, 21], [99, 100]], {20: 5.0, 99: 3.0})]
    answer = detection(Task.of(np.zeros((N, 2))), found)
    assert [(reason["row"], reason["column"]) for reason in answer.extra["reasons"]] == [(20, "val1"), (99, "val1")]
    assert answer.score[20] == pytest.approx(2.5)
    assert answer.extra["reasons"][0]["columns"] == {"val": pytest.approx(2.0), "val1": pytest.approx(2.5)}


def test_where_nothing_is_found_there_is_no_reason() -> None:
    answer = detection(Task.of(np.zeros(N)), [Finding(np.empty((0, 2), np.int64), (), 16, N)])
    assert answer.extra == {"reasons": []}
    assert (answer.flags == 1).all()

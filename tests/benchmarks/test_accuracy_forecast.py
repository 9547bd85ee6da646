"""What of the answers counts; the run itself takes an hour."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy_forecast import Answers, Case, Score, comparable, simulated

GOOD = Score(1.0, 10.0, 0.95, 4.0, 5.0, 0.1, 0.01)


def answers(method: str, failed: int) -> list[Answers]:
    """Ten series of one source, of which a method did not answer the first few."""
    case = Case("weekly", "w", 1, np.ones(5), np.ones(2), 0, 1)
    return [(case, {"base": GOOD, method: None if k < failed else GOOD}) for k in range(10)]


def test_a_series_that_one_method_did_not_answer_counts_for_none() -> None:
    found = comparable(answers("slow", 1))
    assert len(found) == 9
    assert all(set(row) == {"base", "slow"} for row in found)


def test_a_method_that_answered_too_few_is_left_out_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    found = comparable(answers("slow", 3))
    assert len(found) == 10
    assert all(set(row) == {"base"} for row in found)
    assert capsys.readouterr().out == "slow is left out: it answered 70% of weekly\n"


def test_simulated_series_are_the_same_every_time_and_have_a_calendar() -> None:
    first, again = simulated(3), simulated(3)
    assert [case.name for case in first] == ["simulated-0", "simulated-1", "simulated-2"]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.train, other.train)
        assert one.step_ms == 86_400_000 // one.period

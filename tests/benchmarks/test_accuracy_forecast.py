"""What of the answers counts; the run itself takes an hour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy_forecast import Answers, Case, Score, comparable, simulated, transformer

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


def test_the_windows_of_a_column_end_a_month_apart(tmp_path: Path) -> None:
    hours = np.datetime64("2016-07-01T00:00:00") + np.arange(4000).astype("timedelta64[h]")
    rows = [f"{str(hour).replace('T', ' ')},{t},{-t}" for t, hour in enumerate(hours)]
    (tmp_path / "ETTh1.csv").write_text("\n".join(["date,HUFL,OT", *rows]))
    found = transformer(tmp_path)
    assert [case.name for case in found][:3] == ["HUFL-0", "OT-0", "HUFL-1"]
    assert len(found) == 8
    newest, _, before = found[:3]
    assert (newest.train[0], newest.train[-1], newest.test[0], newest.test[-1]) == (2952.0, 3951.0, 3952.0, 3999.0)
    assert newest.test[0] - before.test[0] == 720
    assert newest.start_ms == 1467331200000 + 2952 * 3_600_000


def test_without_the_file_there_are_no_windows(tmp_path: Path) -> None:
    assert transformer(tmp_path) == []

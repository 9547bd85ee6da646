from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import BadParameter, BadSeries, Task
from kernels.forecast._trained_times import checked, last_row, rhythm
from tests.kernels.forecast.trained import HOUR, START, ask

MONTHS = np.arange("2015-01", "2023-01", dtype="datetime64[M]").astype("datetime64[ms]").astype(np.int64)


def test_months_keep_their_number_years_later() -> None:
    found = rhythm(MONTHS[:48], "ms")
    for begin in (0, 36, 80):
        task = Task.of(np.zeros(10), times=MONTHS[begin : begin + 10], start=0, step=1, rows=1)
        assert last_row(task, *found) == begin + 9


def test_units_do_not_matter() -> None:
    found = rhythm(ask(np.zeros(20)).times, "ms")
    assert found == (START * 1_000_000, HOUR * 1e6)
    assert last_row(ask(np.zeros(12), first=100, unit="us"), *found) == 111


def test_rows_out_of_step_are_not_learned_from() -> None:
    times = np.delete(ask(np.zeros(20)).times, 7)
    with pytest.raises(BadSeries, match="rows must be evenly spaced to be learned from; row 8 is out of step: fill"):
        rhythm(times, "ms")
    with pytest.raises(BadSeries, match="at least 2 rows with times"):
        rhythm(times[:1], "ms")


@pytest.mark.parametrize(("origin", "step"), [(0, 0.0), (0, np.nan), (0, 1e30), (2**101, 1.0)])
def test_what_is_no_rhythm_is_refused(origin: int, step: float) -> None:
    with pytest.raises(BadParameter, match="must be"):
        checked(origin, step)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kernels.contract import Filling, Series, Task
from kernels.imputation import _axis


def lines(values: Series, observed: NDArray[np.bool_]) -> tuple[Series, Series]:
    rows = np.arange(len(values), dtype=np.float64)
    return np.interp(rows, rows[observed], values[observed]), np.where(observed, 0.0, 1.0)


def filled(times: list[int], step: int) -> Filling:
    values = np.array(times, np.float64)  # a line in time
    task = Task({"val": values}, np.array(times, np.int64), step=step)
    return _axis.filled(task, lines)


def naive(times: list[int], step: int) -> list[int]:
    """Every time that was given, and every step between."""
    begin, end = times[0], times[-1]
    if any((time - begin) % step for time in times):
        begin, end = begin // step * step, -(-end // step) * step
    return sorted({*times, *range(begin, end + 1, step)})


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20), st.integers(1, 50), st.integers(-(10**6), 10**6))
def test_the_axis_holds_all_rows_and_every_step_between(gaps: list[int], step: int, start: int) -> None:
    times = [start]
    for gap in gaps:
        times.append(times[-1] + step + gap)
    found = filled(times, step)
    assert found.times.tolist() == naive(times, step)
    assert (~found.filled).sum() == len(times)
    assert found.times[~found.filled].tolist() == times
    assert found.value[~found.filled].tolist() == times
    assert found.error is not None
    assert (found.error[~found.filled] == 0.0).all()
    assert np.isfinite(found.value).all()
    assert np.isfinite(found.error).all()


def test_rows_on_a_grid_of_their_own_keep_it() -> None:
    found = filled([30, 90, 210, 270], 60)
    assert found.times.tolist() == [30, 90, 150, 210, 270]
    assert found.filled.tolist() == [False, False, True, False, False]
    assert found.value.tolist() == [30, 90, 150, 210, 270]


def test_rows_off_the_grid_stay_beside_it() -> None:
    found = filled([123, 419, 533, 918], 20)
    assert found.times[0] == 120
    assert found.times[-1] == 920
    assert len(found.times) == 41 + 4
    inside = (found.times >= 123) & (found.times <= 918)
    np.testing.assert_allclose(found.value[inside], found.times[inside], atol=20)
    assert found.error is not None
    assert (found.error[found.filled] > 0).all()


def test_nanoseconds_stay_exact() -> None:
    start = 1_700_000_000_000_000_001
    assert filled([start, start + 3, start + 9], 3).times.tolist() == [start, start + 3, start + 6, start + 9]


def test_the_size_is_known_before_the_axis_is_made() -> None:
    assert _axis.size(0, 10**18, 1) > 10**17
    for times, step in (([123, 419, 533, 918], 20), ([30, 90, 210], 60)):
        assert len(_axis.grid(np.array(times), step).times) <= _axis.size(times[0], times[-1], step)


def test_one_row_has_no_gaps() -> None:
    found = filled([7], 5)
    assert found.times.tolist() == [7]
    assert not found.filled.any()


@pytest.mark.parametrize("step", [1, 7, 60])
def test_places_are_apart(step: int) -> None:
    rng = np.random.default_rng(step)
    times = np.cumsum(step + rng.integers(0, 3 * step, 200))
    places = _axis.grid(times, step).places
    assert (np.diff(places) >= 1).all()

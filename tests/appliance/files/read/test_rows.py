from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from appliance.files.read.moments import NO_TIME
from appliance.files.read.rows import apart

NUMBERS = np.array([3, 3, 3, 4, 4, 6], np.int32)
NAMES = ("a", "b", "none", "c")
TIMES = np.array([1, 2, 3, 1, 5, 9])
VALUES = np.arange(6.0)


def naive(numbers: Any, times: Any, values: Any, number: int) -> tuple[list[Any], list[Any], bool]:
    """Return times, values and soundness of one series, row by row."""
    rows = [row for row in range(len(numbers)) if numbers[row] == number]
    own = [times[row] for row in rows]
    there = all(times[row] != NO_TIME and np.isfinite(values[row]) for row in rows)
    return own, [values[row] for row in rows], there and all(a < b for a, b in zip(own[:-1], own[1:], strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_series_are_taken_apart_however_their_rows_are_mixed(seed: int) -> None:
    random = np.random.default_rng(seed)
    numbers, times = random.integers(0, 12, 60).astype(np.int32), np.cumsum(random.integers(0, 3, 60))
    times[random.integers(0, 60, 2)] = NO_TIME
    values = np.where(random.random(60) < 0.05, np.nan, random.random(60))
    ahead = random.random(60) < 0.5
    found = apart(numbers, 0, list("abcdefghijkl"), times, {"v": values, "w": np.zeros(60)}, ahead)
    assert [(one.number, one.name) for one in found] == list(enumerate("abcdefghijkl"))
    assert {one.sound for one in found} == {True, False}
    for one in found:
        own, there, sound = naive(numbers, times, values, one.number)
        assert (one.times.tolist(), one.count, one.sound) == (own, len(own), sound)
        np.testing.assert_array_equal(one.columns["v"], there)
        np.testing.assert_array_equal(one.ahead, ahead[numbers == one.number])


def test_rows_in_order_are_not_copied() -> None:
    found = apart(NUMBERS, 3, NAMES, TIMES, {"v": VALUES}, None)
    assert all(np.shares_memory(one.columns["v"], VALUES) for one in found if one.count)
    assert [(one.number, one.count, one.sound) for one in found] == [
        (3, 3, True),
        (4, 2, True),
        (5, 0, True),
        (6, 1, True),
    ]


def test_a_file_of_one_series_has_no_numbers() -> None:
    (found,) = apart(None, 0, [""], TIMES, {"v": VALUES}, None)
    assert (found.name, found.count, found.sound, found.ahead) == ("", 6, False, None)


@pytest.mark.parametrize(("row", "what"), [(0, np.nan), (2, np.inf), (3, np.nan)])
def test_a_value_that_is_missing_makes_its_series_unsound_alone(row: int, what: float) -> None:
    values = VALUES.copy()
    values[row] = what
    found = apart(NUMBERS, 3, NAMES, TIMES, {"v": VALUES, "w": values}, None)
    assert [one.number for one in found if not one.sound] == [NUMBERS[row]]

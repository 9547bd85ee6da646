from __future__ import annotations

import numpy as np
import pytest

from appliance.analysis.explanation import EXPLAINED, MOST, with_explanations
from kernels.contract import Detection, Task
from kernels.explained import Expected, Explained

DAY = np.resize([0.0, 3.0, 1.0, 7.0, 2.0, 5.0, -4.0, 0.0, 6.0, 1.0], 200)


def task(columns: int = 1) -> Task:
    x = DAY + 0.01 * np.random.default_rng(1).normal(size=200)
    x[104] += 9.0
    return Task.of(np.column_stack([x] * columns), times=1000 + 10 * np.arange(200))


def flags(*rows: int) -> np.ndarray:
    found = np.ones(200, np.int8)
    found[list(rows)] = -1
    return found


def naive(x: np.ndarray, normal: np.ndarray, first: int, length: int, step: int) -> int:
    """The first row of the most similar rows of which all are normal."""
    places = [at for at in range(0, len(x) - length + 1, step) if normal[at : at + length].all()]
    return min(places, key=lambda at: float(np.sum((x[at : at + length] - x[first : first + length]) ** 2)))


@pytest.mark.parametrize("columns", [1, 2])
def test_the_nearest_rows_are_the_most_similar_normal_ones(columns: int) -> None:
    asked, codes = task(columns), flags(104)
    (told,) = with_explanations(asked, Detection(codes, np.zeros(200)), [(104, 105)]).extra[EXPLAINED]
    at = naive(asked.series, codes > 0, 97, 16, 2)
    assert told == {"nearest": [1000 + 10 * at, 1000 + 10 * (at + 15)]}
    assert (at - 97) % 10 in (0, 1, 9)  # the same time of another day


def test_expected_values_are_those_of_the_rows_of_the_window() -> None:
    usual = Expected(DAY, DAY - 1.0, DAY + 1.0)
    answer = Explained(flags(104, 105), np.zeros(200), {"period": 10}, (usual,))
    found = with_explanations(task(), answer, [(104, 106)])
    assert found.extra["period"] == 10
    assert found.extra[EXPLAINED][0]["expected"] == {
        "val": {"value": [2.0, 5.0], "low": [1.0, 4.0], "high": [3.0, 6.0]}
    }


def test_where_nothing_is_normal_nothing_is_near() -> None:
    everything = Detection(np.full(200, -1, np.int8), np.zeros(200))
    assert with_explanations(task(), everything, [(0, 200)]).extra[EXPLAINED] == [{}]
    assert with_explanations(task(), everything, [(0, 1)] * (MOST + 1)).extra[EXPLAINED] == [{}] * MOST


def test_short_and_constant_series_and_the_ends_of_the_range_are_explained() -> None:
    for x in (np.zeros(3), np.array([1.7e308, -1.7e308, 0.0, 0.0, 0.0])):
        asked = Task.of(x, times=np.arange(len(x)))
        codes = np.array([-1] + [1] * (len(x) - 1), np.int8)
        assert with_explanations(asked, Detection(codes, np.zeros(len(x))), [(0, 1)]).extra[EXPLAINED] == [{}]

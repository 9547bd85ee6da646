from __future__ import annotations

import numpy as np
import pytest

from kernels.contract import DISTANCE, BadParameter, BadSeries, Task
from kernels.correlation import dtw
from kernels.correlation.dtw import Params
from tests.kernels.numerics.test_warping import naive, naive_by_resolutions

PAIR = ([1, 1.1, 1, 1.2, 1.1], [1, 1.5, 1.3, 1.8, 1.6])
UP, DOWN = [1, 2, 3, 4, 5], [5, 4, 3, 2, 1]


def task(x, y) -> Task:
    return Task({"val": np.asarray(x, float), "val1": np.asarray(y, float)})


@pytest.mark.parametrize(
    ("x", "y", "radius", "distance", "path"),
    [
        (*PAIR, 1, 1.6, "00 10 20 31 32 33 44"),
        (*PAIR, 2, 1.6, "00 10 20 31 32 33 44"),
        (UP, [2, 3, 4, 5, 6], 1, 2.0, "00 10 21 32 43 44"),
        (UP, DOWN, 2, 12.0, "00 11 22 33 44"),
    ],
)
def test_the_answers_of_the_original(x, y, radius: int, distance: float, path: str) -> None:
    found = dtw.correlate(task(x, y), Params(radius))
    assert found.value == pytest.approx(distance, abs=1e-12)
    assert found.measure == DISTANCE
    assert found.path is not None
    assert " ".join(f"{i}{j}" for i, j in found.path.tolist()) == path


def test_the_answers_of_the_original_for_longer_series() -> None:
    wave = np.sin(np.arange(64) / 5)
    found = dtw.correlate(task(wave, np.roll(wave, 3) * 1.1 + 0.05))
    assert (found.value, len(found.path)) == (pytest.approx(5.168160167313108, abs=1e-12), 77)
    walks = task(*(np.random.RandomState(seed).randn(200).cumsum() for seed in (1, 2)))
    for params, distance, steps in (
        (Params(1), 1234.712651946779, 366),
        (Params(2), 1233.631821444707, 371),
        (Params(10), 1233.631821444707, 371),
        (Params(exact=True), 1233.631821444707, 371),
    ):
        found = dtw.correlate(walks, params)
        assert (found.value, len(found.path)) == (pytest.approx(distance, rel=1e-13), steps)


@pytest.mark.parametrize("exact", [False, True])
def test_equals_the_naive_recursion(exact: bool) -> None:
    x, y = np.random.default_rng(5).normal(size=(2, 40)).cumsum(axis=1).tolist()
    found = dtw.correlate(task(x, y[:31]), Params(radius=2, exact=exact))
    distance, path = naive(x, y[:31]) if exact else naive_by_resolutions(x, y[:31], 2)
    assert found.value == pytest.approx(distance)
    assert found.path.tolist() == path


def test_a_band_makes_the_way_longer() -> None:
    wave = np.sin(np.arange(30) / 3)
    free, bound = (dtw.correlate(task(wave, np.roll(wave, 4)), Params(exact=True, band=band)).value for band in (0, 1))
    assert free < bound


def test_a_radius_out_of_range_and_columns_that_are_none_are_refused() -> None:
    for radius in (0, 11):
        with pytest.raises(BadParameter, match=r"^radius value out of range, valid range \[1, 10\]"):
            Params(radius)
    with pytest.raises(BadSeries, match="^empty time-series data to perform dtw$"):
        dtw.correlate(task([], []))
    with pytest.raises(BadSeries, match="a second data column is required for dtw"):
        dtw.correlate(Task.of([1.0, 2.0]))
    with pytest.raises(BadSeries, match="dtw looks at two columns, got 3"):
        dtw.correlate(Task.of(np.ones((5, 3))))

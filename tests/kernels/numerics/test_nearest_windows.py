from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.nearest_windows import centred_windows, kth_distances


def naive_windows(x: np.ndarray, width: int, step: int, fixed: float, least: float) -> list[np.ndarray]:
    found = []
    for end in range(len(x), width - 1, -step):
        window = x[end - width : end] - np.mean(x[end - width : end])
        found.append(window / (fixed or max(np.std(window), least)))
    return found[::-1]


def naive_distance(windows: np.ndarray, places: list[int], i: int, k: int, apart: int) -> float:
    others = [windows[place] for place in places if abs(place - i) >= apart]
    distances = sorted(float(np.linalg.norm(windows[i] - other)) for other in others)
    return distances[k - 1] if len(distances) >= k else np.inf


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("fixed", [0.0, 2.5])
def test_windows_equal_the_naive_ones(step: int, fixed: float) -> None:
    x = np.random.default_rng(step).normal(size=50)
    x[:10] = 4.0
    np.testing.assert_allclose(
        centred_windows(x, 8, step, fixed, 0.1), naive_windows(x, 8, step, fixed, 0.1), rtol=1e-6, atol=1e-7
    )


@pytest.mark.parametrize(("count", "k", "apart"), [(5, 1, 2), (30, 3, 4), (60, 3, 8), (60, 1, 1)])
def test_distances_equal_the_naive_ones(count: int, k: int, apart: int) -> None:
    rng = np.random.default_rng(count)
    windows = rng.normal(size=(count, 8)).astype(np.float32)
    places = np.flatnonzero(rng.random(count) < 0.7)
    found = kth_distances(windows, np.ascontiguousarray(windows[places].T), places, k, apart)
    expected = [naive_distance(windows, places.tolist(), i, k, apart) for i in range(count)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)  # single precision


def test_the_same_place_is_no_neighbour_and_equal_windows_elsewhere_are_at_distance_0() -> None:
    windows = np.ones((4, 4), np.float32)
    windows[3] = 5.0
    places = np.arange(4)
    found = kth_distances(windows, np.ascontiguousarray(windows.T), places, 1, 1)
    assert found.tolist() == [0.0, 0.0, 0.0, 8.0]


def test_where_all_references_are_too_near_the_distance_is_infinite() -> None:
    windows = np.zeros((3, 4), np.float32)
    assert np.isinf(kth_distances(windows, np.ascontiguousarray(windows.T), np.arange(3), 1, 3)).all()

from __future__ import annotations

import numpy as np
import pytest

from kernels.anomaly._shape_views import GOLDEN, profile


def naive(x: np.ndarray, rows: int, sized: bool) -> np.ndarray:
    """Distances of all windows one by one."""
    n, block = len(x), -(-rows // 24)
    width = max(1, round(rows / (4 * block))) * 4
    skipped = n % block
    blocks = [np.mean(x[at : at + block]) for at in range(skipped, n, block)]
    step = max(1, width // 8)
    begins = list(range((len(blocks) - width) % step, len(blocks) - width + 1, step))
    windows = []
    for begin in begins:
        window = np.array(blocks[begin : begin + width]) - np.mean(blocks[begin : begin + width])
        windows.append(window / (np.std(x) if sized else max(np.std(window), 0.05 * np.std(x))))
    places = set(range(len(windows)))
    if len(windows) > 512:
        places = {int((i * GOLDEN) % 1.0 * len(windows)) for i in range(1, 513)}
    apart = -(-width // step)
    found = []
    for i, window in enumerate(windows):
        distances = sorted(np.linalg.norm(window - windows[p]) for p in places if abs(p - i) >= apart)
        found.append(distances[2])
    middles = [skipped + begin * block + width * block // 2 for begin in begins]
    return np.interp(np.arange(n), middles, found)


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize(("n", "rows"), [(120, 8), (301, 30)])
def test_equals_the_naive_distances(n: int, rows: int, sized: bool) -> None:
    x = np.random.default_rng(n).normal(size=n).cumsum()
    np.testing.assert_allclose(profile(x, rows, sized), naive(x, rows, sized), rtol=1e-5)  # single precision


@pytest.mark.compiled_only("a sample is drawn only of long series")
def test_equals_the_naive_distances_to_a_sample() -> None:
    x = np.random.default_rng(1).normal(size=2000).cumsum()
    np.testing.assert_allclose(profile(x, 24, True), naive(x, 24, True), rtol=1e-5)


def test_a_form_that_is_missing_is_farthest_even_from_a_sample() -> None:
    x = np.tile(np.sin(2 * np.pi * np.arange(20) / 20), 30)
    x[300:320] = 0.0
    assert abs(int(np.argmax(profile(x, 20, True))) - 310) <= 10


def test_what_repeats_exactly_is_at_the_distance_of_rounding_everywhere() -> None:
    x = np.tile(np.sin(2 * np.pi * np.arange(20) / 20), 30)
    np.testing.assert_array_equal(profile(x, 20, False), np.full(600, 1e-6))


def test_differences_within_the_rounding_of_the_values_count_as_none() -> None:
    x = np.tile(np.sin(2 * np.pi * np.arange(20) / 20), 30)
    x += 1e-7 * np.random.default_rng(2).normal(size=600)
    np.testing.assert_array_equal(profile(x, 20, True, rounding=1e-6), np.full(600, 1e-6))

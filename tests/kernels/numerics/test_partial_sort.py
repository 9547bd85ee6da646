from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.numerics.partial_sort import rs_median


def naive(size: np.ndarray) -> float:
    """The two middle ranks, asked for in falling order."""
    n = len(size)
    upper = n // 2 + 1
    lower = n - upper + 1
    a = partial_sort(size, [upper - 1, lower - 1])
    return 0.5 * (a[upper - 1] + a[lower - 1])


def partial_sort(values: np.ndarray, ranks: list[int]) -> list[float]:
    """Sort until the given ranks (from 0, ascending) are in place.

    R. C. Singleton, "Algorithm 347", CACM 12 (1969), as changed by J. M. Chambers, "Algorithm 410: Partial sorting",
    CACM 14 (1971): segments without a wanted rank are left alone.
    """
    a = list(values)
    waiting = [(0, len(a) - 1, ranks)]
    while waiting:
        first, last, wanted = waiting.pop()
        while wanted and last - first > 10:
            low, high = _partition(a, first, last)
            if high - first > last - low:  # the longer part waits
                cut = next((i for i, rank in enumerate(wanted) if rank >= low), len(wanted))
                waiting.append((first, high, wanted[:cut]))
                first, wanted = low, wanted[cut:]
            else:
                cut = next((i for i in range(len(wanted), 0, -1) if wanted[i - 1] <= high), 0)
                waiting.append((low, last, wanted[cut:]))
                last, wanted = high, wanted[:cut]
        if wanted:
            a[first : last + 1] = sorted(a[first : last + 1])
    return a


def _partition(a: list[float], first: int, last: int) -> tuple[int, int]:
    """Part a segment by the median of three; return where the upper part begins and where the lower one ends."""
    middle = (first + last + 2) // 2 - 1
    a[first], a[middle], a[last] = sorted((a[first], a[middle], a[last]))
    pivot, low, high = a[middle], first, last
    while True:
        high -= 1
        while a[high] > pivot:
            high -= 1
        low += 1
        while a[low] < pivot:
            low += 1
        if low > high:
            return low, high
        a[low], a[high] = a[high], a[low]


@given(st.lists(st.integers(0, 50) | st.floats(0, 1e9), min_size=1, max_size=300))
def test_equals_the_naive_median(values: list[float]) -> None:
    x = np.array(values, dtype=np.float64)
    before = x.copy()
    assert rs_median(x) == naive(x)
    assert (x == before).all()


@pytest.mark.parametrize("n", [1, 2, 10, 11, 12, 13, 101, 1000, 1001, 40_000])
def test_is_the_median_or_next_to_it(n: int) -> None:
    x = np.random.default_rng(n).normal(size=n)
    found, ordered = rs_median(x), np.sort(x)
    if n % 2:
        assert found == np.median(x)
    else:
        rank = np.searchsorted(ordered, found)
        assert abs(rank - n / 2) <= max(2, 0.2 * n)


def test_sorted_and_equal_values() -> None:
    assert rs_median(np.arange(1000.0)) == 499.5
    assert rs_median(np.ones(1000)) == 1.0

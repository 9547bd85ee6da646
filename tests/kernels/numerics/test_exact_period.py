from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.exact_period import exact_period
from kernels.numerics.quantiles import median


def found(x: np.ndarray, longest: int) -> int:
    level = median(x)
    return exact_period(x, longest, level, median(np.abs(x - level)))


def naive(x: np.ndarray, longest: int) -> int:
    """The period that leaves the fewest rows off the medians of the phases; at most one may be."""
    off = {1: int(np.sum(x != np.median(x)))}
    for period in range(2, longest + 1):
        season = [np.median(x[phase::period]) for phase in range(period)]
        off[period] = int(np.sum(x != np.resize(season, len(x))))
    best = min(off, key=lambda period: off[period])
    return best if off[best] <= 1 and off[1] > 4 else 0


@pytest.mark.parametrize("row", [None, 0, 11, 38])
@pytest.mark.parametrize("pattern", [[0, 5], [1, 2, 3, 9, 2], [0] * 4 + [7] * 5, [3, 0, 0, 0, 0, 0, 0]])
def test_equals_the_naive_count(pattern: list[float], row: int | None) -> None:
    x = np.resize(pattern, 39).astype(np.float64)
    if row is not None:
        x[row] += 50.0
    assert found(x, 13) == naive(x, 13) == len(pattern)


def test_several_rows_may_be_off_in_a_longer_series() -> None:
    x = np.resize(np.arange(24.0), 480)
    rows = np.random.default_rng(1).choice(480, 40, replace=False)
    x[rows[:10]] += 100.0
    assert found(x, 160) == 24
    x[rows[10:]] -= 50.0
    assert found(x, 160) == 0


def test_a_computed_sine_repeats_and_its_unit_and_zero_do_not_matter() -> None:
    x = np.sin(2.0 * np.pi * np.arange(2000) / 24)
    for same in (x, 1e-12 * x, x + 1e6):
        assert found(same, 600) == 24


@pytest.mark.parametrize("choices", [2, 3])
@pytest.mark.parametrize("n", [20, 40, 200])
def test_few_values_in_any_order_are_no_pattern(n: int, choices: int) -> None:
    for seed in range(100):
        assert found(np.random.default_rng(seed).integers(0, choices, n).astype(np.float64), n // 3) == 0


def test_what_is_flat_but_for_few_rows_has_no_period() -> None:
    x = np.zeros(90)
    assert found(x, 30) == 0
    x[[10, 40, 70]] = 1.0
    assert found(x, 30) == 0

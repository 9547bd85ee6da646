from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.periodic_fit import fit_periodic


def naive(x: np.ndarray, period: int) -> np.ndarray:
    """Median slope of the differences, then the median of each phase."""
    slope = np.median([x[i + period] - x[i] for i in range(len(x) - period)]) / period
    level = x - slope * np.arange(len(x))
    season = [np.median([level[i] for i in range(len(x)) if i % period == phase]) for phase in range(period)]
    return np.array([season[i % period] + slope * i for i in range(len(x))])


@pytest.mark.parametrize(("n", "period"), [(9, 3), (41, 7), (100, 25)])
def test_equals_the_naive_fit(n: int, period: int) -> None:
    x = np.random.default_rng(n).normal(size=n) + 0.3 * np.arange(n)
    np.testing.assert_allclose(fit_periodic(x, period), naive(x, period), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("row", [0, 17, 63])
def test_a_spike_moves_nothing(row: int) -> None:
    pattern = np.resize([0.0, 4.0, 9.0, 2.0, -1.0, 0.0], 64) + 0.5 * np.arange(64)
    x = pattern.copy()
    x[row] += 1e6
    np.testing.assert_allclose(fit_periodic(x, 6), pattern, atol=1e-9)


@pytest.mark.parametrize("row", range(17))
def test_of_two_values_in_a_phase_the_one_counts_that_is_like_its_neighbours(row: int) -> None:
    pattern = np.resize([0.1, 0.1, 0.1, 0.1, 20.0, 20.0, 20.0, 20.0], 17)
    x = pattern.copy()
    x[row] += 50.0
    np.testing.assert_allclose(fit_periodic(x, 8), pattern, atol=1e-12)

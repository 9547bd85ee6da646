from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.phase_medians import without_season


def naive(x: np.ndarray, season: int) -> np.ndarray:
    """Less the median, for each phase, of what a mean over one season leaves; whole seasons from the first row on."""
    n = len(x)
    rest = []
    for i in range(n):
        first = min(max(i - season // 2, 0), n - season)
        rest.append(x[i] - np.mean(x[first : first + season]))
    whole = n // season * season
    pattern = np.array([np.median(rest[phase:whole:season]) for phase in range(season)])
    pattern -= pattern.mean()
    return np.array([x[i] - pattern[i % season] for i in range(n)])


@pytest.mark.parametrize(("n", "season"), [(40, 2), (41, 7), (100, 24)])
def test_equals_the_naive_medians(n: int, season: int) -> None:
    x = np.random.default_rng(n).normal(size=n)
    np.testing.assert_allclose(without_season(x, season), naive(x, season), atol=1e-12)


def test_a_step_stays_where_it_is() -> None:
    pattern = np.resize([0.0, 5.0, 1.0, -6.0], 200)
    left = without_season(pattern + np.repeat([0.0, 30.0], 100), 4)
    np.testing.assert_allclose(left, np.repeat([0.0, 30.0], 100), atol=1e-12)


def test_without_a_season_nothing_is_taken() -> None:
    x = np.arange(9.0)
    assert without_season(x, 0) is x

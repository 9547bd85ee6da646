import numpy as np
import pytest

from kernels.contract import Series
from kernels.forecast._ets_simple import best_alpha


def naive(y: Series, alpha: float) -> float:
    """Sum the squared one-step errors for one alpha."""
    level, total = y[0], 0.0
    for value in y[1:]:
        total += (value - level) ** 2
        level += alpha * (value - level)
    return float(total)


@pytest.mark.parametrize("noise", [0.0, 0.3, 3.0, 100.0])
def test_no_alpha_of_a_fine_grid_is_better(noise: float) -> None:
    rng = np.random.default_rng(3)
    y = np.cumsum(rng.normal(size=120)) + noise * rng.normal(size=120)
    alpha = best_alpha(y)
    least = min(naive(y, a) for a in np.linspace(0.0, 1.0, 2001))
    assert naive(y, alpha) <= least * (1.0 + 1e-9)


def test_alpha_is_exact_to_a_millionth() -> None:
    y = np.array([5, 14, 15, 15, 14, 19, 17, 16, 20, 22, 8, 21, 28, 11, 9, 29, 40], np.float64)
    assert best_alpha(y) == pytest.approx(0.43111, abs=2e-6)


def test_a_random_walk_is_followed_and_a_first_value_that_is_right_is_kept() -> None:
    assert best_alpha(np.arange(30.0)) == 1.0
    assert best_alpha(np.array([0.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0])) == 0.0
    assert best_alpha(np.full(5, 2.0)) == 0.0

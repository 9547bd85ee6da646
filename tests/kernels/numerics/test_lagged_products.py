from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.lagged_products import FEW, lagged_products


def naive(x: list[float], count: int) -> list[float]:
    return [sum(x[t] * x[t + lag] for t in range(len(x) - lag)) for lag in range(count)]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 9, 130])
def test_equal_the_naive_sums_by_either_way(n: int) -> None:
    x = np.random.default_rng(n).normal(size=n)
    for count in {1, 2, 3, 4, 7, FEW, FEW + 1, n}:
        if count <= n:
            np.testing.assert_allclose(lagged_products(x, count), naive(x.tolist(), count), atol=1e-12)


def test_a_length_that_is_a_prime_is_as_good_as_any() -> None:
    x = np.random.default_rng(0).normal(size=997)
    np.testing.assert_allclose(lagged_products(x, 997), np.correlate(x, x, "full")[996:], atol=1e-11)

from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics import lof_space
from kernels.numerics.lof_space import factors_in_space
from tests.kernels.anomaly.test_lof import naive


@pytest.mark.parametrize("k", [1, 5, 40])
def test_equals_the_naive_factors_with_equal_rows(k: int) -> None:
    table = np.random.default_rng(k).integers(0, 5, (150, 3)).astype(np.float64)
    points, place, counts = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    factors = factors_in_space(np.ascontiguousarray(points), counts.astype(np.float64), k, 1e-10)
    np.testing.assert_allclose(factors[place.ravel()], naive(table, k), rtol=1e-9)


def test_room_for_kept_neighbours_is_bounded() -> None:
    # a grid ties far more rows than k; what finds no room is searched again, with the same result
    grid = np.stack(np.meshgrid(*[np.arange(6.0)] * 3), axis=-1).reshape(-1, 3).copy()
    assert len(grid) * 2 < lof_space.STORED
    np.testing.assert_allclose(factors_in_space(grid, np.ones(len(grid)), 1, 1e-10), naive(grid, 1), rtol=1e-9)

from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.lof_line import factors_on_line
from kernels.numerics.lof_space import factors_in_space
from tests.kernels.anomaly.test_lof import naive


@pytest.mark.parametrize("k", [1, 4, 49])
def test_equals_the_naive_factors(k: int) -> None:
    rng = np.random.default_rng(k)
    for series in (rng.normal(size=50), np.round(rng.normal(size=50) * 2), np.repeat([0.0, 1.0], 25)):
        series = np.sort(series)
        np.testing.assert_allclose(factors_on_line(series, k, 1e-10), naive(series, k), rtol=1e-9)


def test_agrees_with_the_tree_on_a_tied_grid() -> None:
    values, counts = np.unique(np.random.default_rng(2).integers(0, 60, 400), return_counts=True)
    on_line = factors_on_line(np.repeat(values, counts).astype(np.float64), 7, 1e-10)
    in_space = factors_in_space(values.reshape(-1, 1).astype(np.float64), counts.astype(np.float64), 7, 1e-10)
    np.testing.assert_allclose(on_line, np.repeat(in_space, counts), rtol=1e-12)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from kernels.numerics.rolling_median import rolling_median


def naive(x: np.ndarray, reach: int) -> list[float]:
    return [float(np.median(x[max(i - reach, 0) : i + reach + 1])) for i in range(len(x))]


@pytest.mark.parametrize("n", [1, 2, 7, 100])
@pytest.mark.parametrize("reach", [0, 1, 5, 60])
def test_equals_the_naive_medians(n: int, reach: int) -> None:
    x = np.random.default_rng(n).standard_cauchy(n)
    np.testing.assert_array_equal(rolling_median(x, reach), naive(x, reach))


@given(arrays(np.float64, st.integers(1, 30), elements=st.integers(-3, 3).map(float)), st.integers(0, 40))
def test_equal_values_are_kept_apart_as_well(x: np.ndarray, reach: int) -> None:
    np.testing.assert_array_equal(rolling_median(x, reach), naive(x, reach))


def test_a_spike_moves_nothing_and_a_step_stays_where_it_is() -> None:
    x = np.repeat([0.0, 1.0], 50)
    x[20] = 1e9
    assert rolling_median(x, 5).tolist() == [0.0] * 50 + [1.0] * 50

from __future__ import annotations

import numpy as np
import pytest

from kernels.forecast._arima_scale import differenced, scaled


@pytest.mark.parametrize(
    "y", [[1.0, 2.0, 4.0], [1e308, -1e308, 5e307], [1e-300, 3e-300, 2e-300], [1e12, 1e12 + 1.0, 1e12]]
)
def test_scaling_and_back_is_the_identity(y: list[float]) -> None:
    values = np.array(y)
    z = scaled(values)
    assert np.max(np.abs(z.values)) <= 1.0
    np.testing.assert_allclose(z.back(z.values), values, rtol=1e-14)
    np.testing.assert_array_equal(z.into(values), z.values)


def test_the_origin_stays_where_it_costs_nothing() -> None:
    assert scaled(np.array([1.0, -2.0, 3.0])).centre == 0.0
    assert scaled(np.array([1001.0, 1002.0, 1000.0])).centre == 1000.0


def test_what_leaves_the_range_of_a_double_is_held_inside() -> None:
    z = scaled(np.array([1e308, -1e308, 0.0]))
    assert np.all(np.isfinite(z.back(np.array([50.0, -50.0]))))


def test_differences_of_both_kinds() -> None:
    t = np.arange(20.0)
    np.testing.assert_allclose(differenced(t**2 + 5.0 * (t % 4), 1, 1, 4), 8.0)

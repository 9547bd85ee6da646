from __future__ import annotations

from math import ldexp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.numerics.scaling import scale_to_unit


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_the_largest_magnitude_comes_to_between_a_quarter_and_a_half(values: list[float]) -> None:
    series = np.array(values)
    exponent = scale_to_unit(series)
    largest = abs(series).max()
    assert 0.25 <= largest < 0.5 or (largest == 0 and exponent == 0)


@pytest.mark.parametrize("size", [1.0, 1e-310, 5e-324, 1.7e308, 1e200])
def test_scaling_is_exact(size: float) -> None:
    series = np.array([size, size / 2, 0.0, -size])
    kept = series.copy()
    exponent = scale_to_unit(series)
    assert [ldexp(x, exponent) for x in series] == kept.tolist()

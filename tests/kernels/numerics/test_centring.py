from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.centring import LARGEST, Centred
from tests.kernels.golden import NASTY


@pytest.mark.parametrize("name", NASTY)
def test_values_come_back_as_they_were(name: str) -> None:
    x = NASTY[name]
    column = Centred.of(x)
    rounding = 1e-14 * float(np.abs(x).max() or 1.0) + 1e-320
    np.testing.assert_allclose(column.back(column.values), x, rtol=1e-14, atol=rounding)
    assert np.abs(column.values).max() < 0.5


def test_the_median_is_0_and_the_size_that_of_a_half() -> None:
    values = Centred.of(np.array([7.0, 107.0, 1007.0])).values
    assert values[1] == 0.0
    assert 0.25 <= np.abs(values).max() < 0.5


def test_rounding_is_that_of_the_median_in_units_of_what_is_left() -> None:
    far, near = (Centred.of(offset + np.array([0.0, 1.0, 2.0])) for offset in (1e9, 0.0))
    assert far.rounding == pytest.approx(4 * 2.0**-52 * 1e9 / 4.0, rel=1e-6)
    assert near.rounding < 1e-15


def test_what_lies_beyond_the_range_of_numbers_is_its_end() -> None:
    column = Centred.of(np.array([1.7e308, -1.7e308, 0.0]))
    assert column.back(4.0 * column.values).tolist() == [LARGEST, -LARGEST, 0.0]


def test_the_series_is_not_modified() -> None:
    x = np.arange(5.0)
    Centred.of(x)
    assert x.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]

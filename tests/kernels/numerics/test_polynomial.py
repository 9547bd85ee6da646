from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest

from kernels.numerics import polynomial

TABLE = np.random.default_rng(3).normal(size=(7, 3))


def naive(row: np.ndarray, degree: int, *, crossed: bool) -> list[float]:
    """All products of 1 to `degree` columns, sorted by how many columns and then by which."""
    highest = 1 if crossed else degree
    powers = [each for each in product(range(highest + 1), repeat=len(row)) if 1 <= sum(each) <= degree]
    powers.sort(key=lambda each: (sum(each), [-power for power in each]))
    return [prod(value**power for value, power in zip(row, each, strict=True)) for each in powers]


@pytest.mark.parametrize("crossed", [False, True])
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_products_equal_the_naive_ones(degree, crossed):
    factors = polynomial.all_factors(3, degree, crossed=crossed)
    expected = np.array([naive(row, degree, crossed=crossed) for row in TABLE])
    np.testing.assert_allclose(polynomial.expanded(TABLE, factors), expected, rtol=1e-14)
    assert polynomial.count(3, degree, crossed=crossed) == len(factors)
    coef = np.arange(1.0, len(factors) + 1)
    np.testing.assert_allclose(polynomial.weighed(TABLE, factors, coef, 0.5), expected @ coef + 0.5, rtol=1e-12)


def test_powers_and_factors_say_the_same():
    powers = [[0, 0, 0], [1, 0, 0], [0, 2, 1], [0, 0, 3]]
    factors = polynomial.factors_of(powers)
    assert polynomial.powers_of(factors, 3) == powers
    np.testing.assert_allclose(polynomial.expanded(TABLE, factors)[:, 2], TABLE[:, 1] ** 2 * TABLE[:, 2], rtol=1e-14)
    assert polynomial.factors_of([[0, 0]]).tolist() == [[-1]]

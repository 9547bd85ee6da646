"""Products of powers of columns, up to a degree: what a polynomial regression weighs.

Each product is a row of `factors`: the columns that are multiplied, a column as often as its power says, then -1.
Cost: O(rows terms degree).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, combinations, combinations_with_replacement
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels._jit import kernel
from kernels.contract import Series

Indices = NDArray[Any]
NONE = -1


def count(width: int, degree: int, *, crossed: bool) -> int:
    """Return how many products there are of 1 to `degree` of `width` columns; crossed : of different columns only."""
    if crossed:
        return sum(comb(width, each) for each in range(1, degree + 1))
    return comb(width + degree, degree) - 1


def all_factors(width: int, degree: int, *, crossed: bool) -> Indices:
    """Return those products, int64 (terms, degree): of one column first, in the order of the columns."""
    choose = combinations if crossed else combinations_with_replacement
    found = list(chain.from_iterable(choose(range(width), each) for each in range(1, degree + 1)))
    return np.array([[*each, *[NONE] * (degree - len(each))] for each in found], dtype=np.int64)


def factors_of(powers: Sequence[Sequence[int]]) -> Indices:
    """Return the products that have these powers of the columns, int64 (terms, largest sum of a row, at least 1)."""
    table = np.array(powers, dtype=np.int64)
    found = np.full((len(table), max(1, int(table.sum(axis=1).max()))), NONE)
    for term, row in enumerate(table):
        found[term, : row.sum()] = np.repeat(np.arange(len(row)), row)
    return found


def powers_of(factors: Indices, width: int) -> list[list[int]]:
    """Return the power of each column in each product."""
    return [np.bincount(row[row != NONE], minlength=width).tolist() for row in factors]


@kernel()
def _product(values: Series, columns: Indices) -> float:
    found = 1.0
    for at in range(columns.shape[0]):
        if columns[at] < 0:
            break
        found *= values[columns[at]]
    return found


@kernel("f8[:,::1](f8[:,::1], i8[:,::1])")
def expanded(table: Series, factors: Indices) -> Series:
    """Return the products of each row of a table, (rows, terms)."""
    found = np.empty((table.shape[0], factors.shape[0]))
    for row in range(table.shape[0]):
        for term in range(factors.shape[0]):
            found[row, term] = _product(table[row], factors[term])
    return found


@kernel("f8[::1](f8[:,::1], i8[:,::1], f8[::1], f8)")
def weighed(table: Series, factors: Indices, coef: Series, intercept: float) -> Series:
    """Return the sum of the products of each row, each times its coefficient, and the intercept, (rows,)."""
    found = np.empty(table.shape[0])
    for row in range(table.shape[0]):
        total = intercept
        for term in range(factors.shape[0]):
            total += coef[term] * _product(table[row], factors[term])
        found[row] = total
    return found

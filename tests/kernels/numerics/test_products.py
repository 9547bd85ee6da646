from __future__ import annotations

import numpy as np
import pytest

from kernels.numerics.products import ON_ONE_THREAD, SLAB, in_slabs, times, times_slabs


def naive(rows: list[list[float]], matrix: list[list[float]]) -> list[list[float]]:
    inner, columns = range(len(matrix)), range(len(matrix[0]))
    return [[sum(row[i] * matrix[i][j] for i in inner) for j in columns] for row in rows]


@pytest.mark.parametrize(("m", "inner", "columns"), [(1, 3, 2), (7, 5, 4), (40, 9, 1)])
def test_equals_the_naive_product(m: int, inner: int, columns: int) -> None:
    random = np.random.default_rng(m)
    rows, matrix = random.normal(size=(m, inner)), random.normal(size=(inner, columns))
    np.testing.assert_allclose(times(rows, matrix), naive(rows.tolist(), matrix.tolist()), rtol=1e-12)


@pytest.mark.parametrize("m", [0, 1, 3, 4, 50, 300])
def test_slices_of_large_matrices_cover_all_rows(m: int) -> None:
    random = np.random.default_rng(1)
    matrix = random.normal(size=(400, 420)).astype(np.float32)
    assert matrix.size * 3 < ON_ONE_THREAD < matrix.size * 4
    rows = random.normal(size=(m, 400)).astype(np.float32)
    np.testing.assert_allclose(times(rows, matrix), rows @ matrix, atol=1e-4)


def test_a_matrix_that_is_too_large_for_one_slice_is_multiplied_row_by_row() -> None:
    matrix = np.ones((800, 800))
    np.testing.assert_array_equal(times(np.ones((2, 800)), matrix), np.full((2, 800), 800.0))


@pytest.mark.parametrize(("m", "columns"), [(0, 64), (1, 64), (300, 64), (300, 420)])
def test_slabs_are_multiplied_like_the_matrix_that_they_were_made_of(m: int, columns: int) -> None:
    random = np.random.default_rng(2)
    rows, matrix = (random.normal(size=shape).astype(np.float32) for shape in ((m, 400), (400, columns)))
    slabs = in_slabs(matrix)
    assert slabs.shape[2] in (SLAB, columns)
    np.testing.assert_allclose(times_slabs(rows, slabs), rows @ matrix, atol=1e-4)

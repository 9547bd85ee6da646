import numpy as np
import pytest

from kernels.contract import Series
from kernels.numerics.cholesky import solve_positive


def naive(matrix: Series, right: Series) -> Series:
    """Gauss-Jordan elimination without pivoting: a positive definite matrix needs none."""
    n = len(right)
    work = np.column_stack([matrix, right])
    for j in range(n):
        work[j] /= work[j, j]
        for i in range(n):
            if i != j:
                work[i] -= work[i, j] * work[j]
    return work[:, n]


def positive(n: int) -> Series:
    factor = np.random.default_rng(n).normal(size=(n + 3, n))
    return np.ascontiguousarray(factor.T @ factor + 0.1 * np.eye(n))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 30])
def test_solution_is_that_of_elimination(n: int) -> None:
    matrix, right = positive(n), np.random.default_rng(1).normal(size=n)
    solution = right.copy()
    assert solve_positive(matrix.copy(), solution, n)
    np.testing.assert_allclose(solution, naive(matrix, right), rtol=1e-9, atol=1e-12)


def test_only_the_leading_block_and_its_upper_triangle_matter() -> None:
    matrix, right = positive(4), np.ones(4)
    inner = np.full((6, 6), np.nan)
    inner[:4, :4] = np.where(np.tri(4, k=-1) > 0, np.nan, matrix)
    solution = np.append(right, [7.0, 8.0])
    assert solve_positive(inner, solution, 4)
    np.testing.assert_allclose(solution, np.append(naive(matrix, right), [7.0, 8.0]), rtol=1e-9)


@pytest.mark.parametrize("matrix", [[[0.0]], [[1.0, 2.0], [2.0, 1.0]], [[np.nan]]])
def test_a_matrix_that_is_not_positive_definite_is_refused(matrix: list[list[float]]) -> None:
    assert not solve_positive(np.array(matrix), np.ones(len(matrix)), len(matrix))

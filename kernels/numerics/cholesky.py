"""Small symmetric positive definite systems.

Source: G. H. Golub and C. F. Van Loan, "Matrix Computations", algorithm 4.2.2 (outer product form, whose inner loop
vectorises).    Cost: O(n**3 / 3) time, in place.
"""

from __future__ import annotations

from math import sqrt

from kernels._jit import kernel
from kernels.contract import Series


@kernel()
def factor(matrix: Series, n: int) -> bool:
    """Replace the upper triangle by U with U'U = matrix; False where a pivot is not positive."""
    for j in range(n):
        pivot = matrix[j, j]
        if not pivot > 0.0:
            return False
        root = sqrt(pivot)
        source = matrix[j]
        for k in range(j, n):
            source[k] /= root
        for i in range(j + 1, n):
            factor = source[i]
            target = matrix[i]
            for k in range(i, n):
                target[k] -= factor * source[k]
    return True


@kernel()
def solve_factored(matrix: Series, right: Series, n: int) -> None:
    """Solve U'U x = right in place, U in the leading upper triangle."""
    for i in range(n):  # U'z = right
        right[i] /= matrix[i, i]
        for k in range(i + 1, n):
            right[k] -= matrix[i, k] * right[i]
    for i in range(n - 1, -1, -1):  # U x = z
        total = right[i]
        for k in range(i + 1, n):
            total -= matrix[i, k] * right[k]
        right[i] = total / matrix[i, i]


@kernel("b1(f8[:,::1], f8[::1], i8)")
def solve_positive(matrix: Series, right: Series, n: int) -> bool:
    """Solve the leading n x n system in place: `right` becomes the solution, `matrix` is overwritten.

    Only the upper triangle is read. False where the matrix is not positive definite; then nothing is solved.
    """
    if not factor(matrix, n):
        return False
    solve_factored(matrix, right, n)
    return True

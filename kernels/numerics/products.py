"""Products of matrices on the calling thread: a worker of the node has one core, and its siblings have the others.

OpenBLAS keeps small products on the calling thread. Spread over threads, products as narrow as those here take longer,
and many times longer on a busy machine.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

ON_ONE_THREAD = 131072  # multiply-adds up to which OpenBLAS does so

Float = TypeVar("Float", np.float32, np.float64)


def times(rows: NDArray[Float], matrix: NDArray[Float]) -> NDArray[Float]:
    """Return ``rows @ matrix``, (m, inner) by (inner, columns), computed in slices on the calling thread."""
    inner, columns = matrix.shape
    size = max(1, ON_ONE_THREAD // matrix.size)
    whole = len(rows) // size * size
    product = np.empty((len(rows), columns), rows.dtype)
    np.matmul(rows[:whole].reshape(-1, size, inner), matrix, out=product[:whole].reshape(-1, size, columns))
    np.matmul(rows[whole:], matrix, out=product[whole:])
    return product

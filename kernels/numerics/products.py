"""Products of matrices on the calling thread: a worker of the node has one core, and its siblings have the others.

OpenBLAS keeps small products on the calling thread. Spread over threads, products as narrow as those here take longer,
and many times longer on a busy machine.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

ON_ONE_THREAD = 131072  # multiply-adds up to which OpenBLAS does so

MANY = 32  # rows from which on a product is split by columns too
TOGETHER = 8  # rows in a slice then, at least

Float = TypeVar("Float", np.float32, np.float64)


def times(rows: NDArray[Float], matrix: NDArray[Float]) -> NDArray[Float]:
    """Return ``rows @ matrix``, (m, inner) by (inner, columns), computed in slices on the calling thread.

    Many rows are multiplied by some columns at a time, so that a slice has more rows to each.
    """
    inner, columns = matrix.shape
    product = np.empty((len(rows), columns), rows.dtype)
    widest = max(1, ON_ONE_THREAD // (TOGETHER * inner)) if len(rows) >= MANY else columns
    width = -(-columns // -(-columns // widest))  # all slices are about as wide
    for first in range(0, columns, width):
        part, out = matrix[:, first : first + width], product[:, first : first + width]
        size = max(1, ON_ONE_THREAD // part.size)
        whole = len(rows) // size * size
        sliced = product[:whole].reshape(-1, size, columns)[:, :, first : first + width]
        np.matmul(rows[:whole].reshape(-1, size, inner), part, out=sliced)
        np.matmul(rows[whole:], part, out=out[whole:])
    return product

"""Products of matrices on the calling thread: a worker of the node has one core, and its siblings have the others.

OpenBLAS keeps small products on the calling thread. Spread over threads, products as narrow as those here take longer,
and many times longer on a busy machine.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

ON_ONE_THREAD = 524287  # multiply-adds up to which OpenBLAS does so: below twice what it gives to a thread
TOGETHER = 12  # rows in a slice, at least, where there are so many: fewer are slow
TILE = 4  # rows that OpenBLAS multiplies at once

Float = TypeVar("Float", np.float32, np.float64)


def times(rows: NDArray[Float], matrix: NDArray[Float]) -> NDArray[Float]:
    """Return ``rows @ matrix``, (m, inner) by (inner, columns), computed in slices on the calling thread.

    A slice is some rows, times all columns or, where too few rows would fit, times some of them.
    """
    inner, columns = matrix.shape
    if len(rows) * matrix.size <= ON_ONE_THREAD:
        return rows @ matrix
    product = np.empty((len(rows), columns), rows.dtype)
    widest = max(1, ON_ONE_THREAD // (TOGETHER * inner)) if len(rows) >= TOGETHER else columns
    width = -(-columns // -(-columns // widest))  # all slices are about as wide
    for first in range(0, columns, width):
        part, out = matrix[:, first : first + width], product[:, first : first + width]
        size = max(1, ON_ONE_THREAD // part.size)
        size -= size % TILE if size > TILE else 0
        whole = len(rows) // size * size
        sliced = product[:whole].reshape(-1, size, columns)[:, :, first : first + width]
        np.matmul(rows[:whole].reshape(-1, size, inner), part, out=sliced)
        np.matmul(rows[whole:], part, out=out[whole:])
    return product

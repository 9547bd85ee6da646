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
SLAB = 32  # columns side by side that take some dozens of rows at once on one thread

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


def in_slabs(matrix: NDArray[Float]) -> NDArray[Float]:
    """Return a matrix (inner, columns) as slabs for `times_slabs`, (columns / SLAB, inner, SLAB), each in one piece.

    One slab, however wide, where `SLAB` does not divide the columns.
    """
    inner, columns = matrix.shape
    width = columns if columns % SLAB else SLAB
    return np.ascontiguousarray(matrix.reshape(inner, -1, width).transpose(1, 0, 2))


def times_slabs(rows: NDArray[Float], slabs: NDArray[Float]) -> NDArray[Float]:
    """Return the product of (m, inner) and what `in_slabs` made of a matrix, computed on the calling thread.

    For dozens of rows or more it takes four fifths of the time that `times` takes.
    """
    count, inner, width = slabs.shape
    product = np.empty((len(rows), count * width), rows.dtype)
    apart = product.reshape(len(rows), count, width).transpose(1, 0, 2)
    size = max(1, ON_ONE_THREAD // (inner * width))
    for first in range(0, len(rows), size):
        np.matmul(rows[first : first + size], slabs, out=apart[:, first : first + size])
    return product
